use std::sync::Arc;

use commerce::{
    Currency, ErrorCode, Inventory, InventoryCall, InventoryReply, Item, Money, OrderId, Product, ProductUpdate,
    ReservationRequest, Sku,
};
use seam::equivalence::Instance;
use serde_json::json;
use tests::equivalence::{Reach, Storage, models::fixed_order, suites::open_inventory};

use super::write::{Bodies, Done, Opened, Write, happened, number};

pub(super) struct Reserve;
pub(super) struct Release;
pub(super) struct Commit;

impl Opened for dyn Inventory {
    async fn open(storage: Storage, reach: Reach) -> Result<Instance<Self>, String> {
        open_inventory(storage, reach).await
    }

    fn error(reply: &InventoryReply) -> Option<ErrorCode> {
        match reply {
            InventoryReply::Reserve(answer) | InventoryReply::Release(answer) | InventoryReply::Commit(answer) => {
                answer.as_ref().err().map(commerce::Error::code)
            }
            other => panic!("{other:?} answers a read"),
        }
    }
}

/// The initial stock of the product.
const STOCK: i64 = 100;

fn tea() -> Sku {
    "tea".parse().unwrap()
}

fn order() -> OrderId {
    fixed_order("card")
}

fn items(quantity: i64) -> ReservationRequest {
    ReservationRequest {
        order_id: order(),
        items: vec![Item { sku: tea(), quantity }],
    }
}

async fn stocked(inventory: &dyn Inventory) {
    let product = ProductUpdate {
        sku: tea(),
        price: Money::new(1, Currency::EUR),
        stock: STOCK,
    };
    inventory.put_product(product).await.unwrap();
}

/// Two observations of a write: the log's events of one kind, by quantity or by number, and `counted` on the
/// product.
async fn of_stock(instance: &Instance<dyn Inventory>, event: &str, counted: fn(&Product) -> i64) -> Done {
    let effects = [json!({ "events": instance.effects().await.unwrap() })];
    let told =
        happened(&effects, event).map(|payload| payload.pointer("/lines/0/quantity").map_or(1, |n| number(n, "")));
    let product = instance.service().get_product(tea()).await.unwrap();
    Done {
        own: vec![told.sum(), counted(&product)],
        outside: Vec::new(),
    }
}

impl Write for Reserve {
    type Contract = dyn Inventory;

    async fn prepare(inventory: Arc<dyn Inventory>) {
        stocked(&*inventory).await;
    }

    fn call(body: i64) -> InventoryCall {
        InventoryCall::Reserve { request: items(body) }
    }

    async fn done(instance: &Instance<dyn Inventory>) -> Done {
        of_stock(instance, "StockReserved", |tea| tea.reserved).await
    }
}

impl Bodies for Reserve {
    const OTHER_BODY: ErrorCode = ErrorCode::Conflict;
}

impl Write for Release {
    type Contract = dyn Inventory;

    async fn prepare(inventory: Arc<dyn Inventory>) {
        stocked(&*inventory).await;
        inventory.reserve(items(1)).await.unwrap();
    }

    fn call(_: i64) -> InventoryCall {
        InventoryCall::Release { order_id: order() }
    }

    fn once(_: i64) -> i64 {
        1
    }

    async fn done(instance: &Instance<dyn Inventory>) -> Done {
        of_stock(instance, "StockReleased", |tea| tea.stock - (STOCK - 1)).await
    }
}

impl Write for Commit {
    type Contract = dyn Inventory;

    async fn prepare(inventory: Arc<dyn Inventory>) {
        Release::prepare(inventory).await;
    }

    fn call(_: i64) -> InventoryCall {
        InventoryCall::Commit { order_id: order() }
    }

    fn once(_: i64) -> i64 {
        1
    }

    async fn done(instance: &Instance<dyn Inventory>) -> Done {
        of_stock(instance, "StockCommitted", |tea| tea.committed).await
    }
}
