use std::sync::Arc;

use commerce::{Inventory, Notifications, Orders, Payments};
use seam::Deferred;
use shared::{Environment, Mounted, StartError};

use crate::{
    deferred_feed::DeferredFeed,
    endpoint::Endpoint,
    modules::{self, INVENTORY, NOTIFICATIONS, ORDERS, PAYMENTS},
};

/// The modules, wired to each other.
#[derive(Debug)]
pub struct Platform {
    /// The orders module.
    pub orders: Endpoint<dyn Orders>,
    /// The payments module.
    pub payments: Endpoint<dyn Payments>,
    /// The inventory module.
    pub inventory: Endpoint<dyn Inventory>,
    /// The notifications module.
    pub notifications: Endpoint<dyn Notifications>,
}

impl Platform {
    /// Opens every module without a URL in the settings, and reaches the others at theirs.
    ///
    /// Fails if all of them have a URL, if a module that runs here lacks a setting, and if one can't be opened.
    pub async fn assemble(env: &Environment) -> Result<Self, StartError> {
        modules::check(&env.settings)?;
        // Orders and Payments need each other, and Inventory follows Orders: until Orders is opened, these stand for it.
        let (orders_slot, orders_later) = Deferred::<dyn Orders>::new();
        let (feed_slot, orders_feed) = DeferredFeed::with_slot();

        let dependencies = inventory::Dependencies {
            orders_feed: Arc::clone(&orders_feed),
        };
        let inventory = INVENTORY.endpoint(env, inventory::open(env, dependencies)).await?;

        let dependencies = payments::Dependencies {
            orders: orders_later,
            orders_feed,
        };
        let payments = PAYMENTS.endpoint(env, payments::open(env, dependencies)).await?;

        let dependencies = orders::Dependencies {
            inventory: Arc::clone(&inventory.service),
            payments: Arc::clone(&payments.service),
            payments_feed: Arc::clone(&payments.feed),
        };
        let orders = ORDERS.endpoint(env, orders::open(env, dependencies)).await?;
        orders_slot.set(Arc::clone(&orders.service));
        feed_slot.set(Arc::clone(&orders.feed));

        let dependencies = notifications::Dependencies {
            orders_feed: Arc::clone(&orders.feed),
            payments_feed: Arc::clone(&payments.feed),
        };
        let notifications = NOTIFICATIONS
            .endpoint(env, notifications::open(env, dependencies))
            .await?;
        Ok(Self {
            orders,
            payments,
            inventory,
            notifications,
        })
    }

    /// The modules as a server mounts them.
    pub fn into_mounted(self) -> Vec<Mounted> {
        vec![
            self.orders.mounted,
            self.payments.mounted,
            self.inventory.mounted,
            self.notifications.mounted,
        ]
    }
}

/// Opens every module without a URL in the settings, and reaches the others at theirs, for a server.
///
/// Fails as [`Platform::assemble`] does.
pub async fn open(env: Environment) -> Result<Vec<Mounted>, StartError> {
    Ok(Platform::assemble(&env).await?.into_mounted())
}
