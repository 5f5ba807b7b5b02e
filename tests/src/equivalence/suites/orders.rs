use std::sync::Arc;

use commerce::{EventFeed, Inventory, Orders};
use seam::equivalence::{Fake, Instance, Suite};
use serde_json::{Value, json};

use super::{cases, rules::allowed_by};
use crate::equivalence::{
    Reach, Storage,
    models::{FakePayments, OrdersModel, log, stock},
};

/// The suite of Orders: a subject for each reach, compared with its event log, a fake Inventory and a fake
/// Payments.
pub fn orders(storage: &Storage, reaches: &[Reach]) -> Suite<OrdersModel> {
    reaches.iter().fold(suite("orders"), |suite, reach| {
        let (storage, reach) = (storage.clone(), *reach);
        suite.subject(reach.name(), move || open_orders(storage.clone(), reach))
    })
}

/// The suite of Orders, without subjects.
pub(crate) fn suite(name: &str) -> Suite<OrdersModel> {
    allowed_by("orders", Suite::new(name, OrdersModel::begin()))
        .cases(cases::ORDERS)
        .calls(cases::ORDERS_CALLS)
}

/// Opens an orders module on this storage.
pub async fn open_orders(storage: Storage, reach: Reach) -> Result<Instance<dyn Orders>, String> {
    let test = storage.environment("orders", &[]).await?;
    let inventory: Arc<dyn Inventory> = Fake::begin(OrdersModel::begin().inventory().clone());
    let fake_payments = Arc::new(FakePayments::default());
    let dependencies = orders::Dependencies {
        inventory: Arc::clone(&inventory),
        payments: Arc::clone(&fake_payments) as _,
        payments_feed: log::silent(),
    };
    let module = orders::open(&test.environment, dependencies).await;
    let module = module.map_err(|error| error.to_string())?;
    let feed = Arc::clone(&module.feed);
    let client = |transport| Arc::new(commerce::http::orders::Client::new(transport)) as _;
    let instance = reach.instance(test, module, client).await?;
    Ok(instance.with_effects(move || effects(Arc::clone(&feed), Arc::clone(&inventory), Arc::clone(&fake_payments))))
}

pub(super) async fn effects(
    feed: Arc<dyn EventFeed>,
    inventory: Arc<dyn Inventory>,
    fake_payments: Arc<FakePayments>,
) -> Result<Vec<Value>, String> {
    let events = json!({ "events": log::read(&*feed).await? });
    let stock = json!({ "stock": stock(&*inventory).await? });
    Ok(vec![events, stock, fake_payments.refunds()])
}
