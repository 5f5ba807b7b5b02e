//! An orders module on its own SQLite file, beside fakes of its neighbours.

#![allow(dead_code, unreachable_pub, reason = "every test binary uses its part of it")]

mod fake_inventory;
mod fake_payments;

use std::{sync::Arc, time::Duration};

use commerce::{Contact, CustomerId, Item, NewOrder, Order, OrderError, OrderId, OrderStatus, Orders, PaymentMethod};
pub use fake_inventory::{Conduct, FakeInventory};
pub use fake_payments::FakePayments;
use orders::Dependencies;
use seam::Context;
use shared::{
    Environment, Module,
    testing::{self, Log, until},
};
use tempfile::TempDir;

/// The module, its neighbours, and the folder that outlives it.
pub struct World {
    pub folder: Arc<TempDir>,
    pub inventory: Arc<FakeInventory>,
    pub payments: Arc<FakePayments>,
    pub payments_log: Arc<Log>,
    pub environment: Environment,
    pub module: Module<dyn Orders>,
}

/// Lease of a claim in these tests: long enough for a request, short enough to wait for.
pub const LEASE: Duration = Duration::from_millis(300);
/// Limit of a call to a neighbour.
pub const PATIENCE: Duration = Duration::from_millis(150);

impl World {
    /// A new world with 10 of the product "lamp" at 20.00 EUR.
    pub async fn begin() -> Self {
        let inventory = Arc::new(FakeInventory::default());
        inventory.put("lamp", 2_000, "EUR", 10);
        let folder = Arc::new(TempDir::new().unwrap());
        Self::open(folder, inventory, Arc::default(), Arc::default()).await
    }

    /// Restarts the process: the database stays, all memory is lost.
    pub async fn restart(self) -> Self {
        let Self {
            folder,
            inventory,
            payments,
            payments_log,
            environment,
            module,
        } = self;
        testing::stop(&environment, &module).await;
        inventory.conduct(Conduct::Answers);
        Self::open(folder, inventory, payments, payments_log).await
    }

    async fn open(
        folder: Arc<TempDir>,
        inventory: Arc<FakeInventory>,
        payments: Arc<FakePayments>,
        payments_log: Arc<Log>,
    ) -> Self {
        let (lease, patience) = (LEASE.as_millis().to_string(), PATIENCE.as_millis().to_string());
        let settings = [("LEASE_MS", &*lease), ("CALL_TIMEOUT_MS", &patience)];
        let environment = testing::environment(folder.path(), orders::SETTINGS, &settings);
        let dependencies = Dependencies {
            inventory: Arc::clone(&inventory) as _,
            payments: Arc::clone(&payments) as _,
            payments_feed: Arc::clone(&payments_log) as _,
        };
        let module = orders::open(&environment, dependencies).await.unwrap();
        Self {
            folder,
            inventory,
            payments,
            payments_log,
            environment,
            module,
        }
    }

    pub fn orders(&self) -> Arc<dyn Orders> {
        Arc::clone(&self.module.service)
    }

    /// The order that the caller "shop" creates under this key.
    pub async fn order(&self, key: &str) -> Result<Order, OrderError> {
        self.module.service.get_order(order_id(key)).await
    }

    /// Waits until the order exists and has this status.
    pub async fn until(&self, key: &str, status: OrderStatus) -> Order {
        until(&format!("order {key} is {status:?}"), async || {
            self.order(key).await.ok().filter(|o| o.status == status)
        })
        .await
    }

    /// The types of the events in the module's log, oldest first.
    pub async fn events(&self) -> Vec<String> {
        let events = testing::events(&self.module).await;
        events.into_iter().map(|event| event.event_type).collect()
    }
}

/// Creates as the caller "shop", in a request of its own.
pub async fn create(orders: &Arc<dyn Orders>, order: NewOrder) -> Result<Order, OrderError> {
    Context::root("shop").scope(orders.create_order(order)).await
}

/// A request for this number of lamps.
pub fn lamps(key: &str, quantity: i64) -> NewOrder {
    items(key, &[("lamp", quantity)])
}

pub fn items(key: &str, items: &[(&str, i64)]) -> NewOrder {
    NewOrder {
        key: key.parse().unwrap(),
        customer_id: customer(),
        contact: Contact {
            email: "ada@example.org".to_owned(),
            push_token: None,
        },
        payment_method: PaymentMethod("tok_ok".to_owned()),
        items: items
            .iter()
            .map(|(sku, quantity)| Item {
                sku: sku.parse().unwrap(),
                quantity: *quantity,
            })
            .collect(),
    }
}

pub fn customer() -> CustomerId {
    "ada".parse().unwrap()
}

pub fn order_id(key: &str) -> OrderId {
    OrderId::derive(&["shop", key])
}
