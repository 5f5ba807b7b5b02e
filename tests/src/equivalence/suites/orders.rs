use std::sync::Arc;

use commerce::{EventFeed, Inventory, Orders};
use seam::equivalence::{Fake, Instance, Suite};
use serde_json::{Value, json};

use super::{cases, rules::allowed_by};
use crate::equivalence::{
    Ground, Reach,
    models::{OrdersModel, Till, log, stock},
};

/// Orders on this ground, reached in these ways, beside its event log, a modelled Inventory and a till.
pub fn orders(ground: &Ground, reaches: &[Reach]) -> Suite<OrdersModel> {
    reaches.iter().fold(suite("orders"), |suite, reach| {
        let (ground, reach) = (ground.clone(), *reach);
        suite.subject(reach.name(), move || open_orders(ground.clone(), reach))
    })
}

/// A suite without subjects, of Orders.
pub(crate) fn suite(name: &str) -> Suite<OrdersModel> {
    allowed_by("orders", Suite::new(name, OrdersModel::begin()))
        .cases(cases::ORDERS)
        .calls(cases::ORDERS_CALLS)
}

/// An orders module on this ground, reached this way.
pub async fn open_orders(ground: Ground, reach: Reach) -> Result<Instance<dyn Orders>, String> {
    let fresh = ground.fresh("orders", &[]).await?;
    let inventory: Arc<dyn Inventory> = Fake::begin(OrdersModel::begin().inventory().clone());
    let till = Arc::new(Till::default());
    let needs = orders::Needs {
        inventory: Arc::clone(&inventory),
        payments: Arc::clone(&till) as _,
        payments_feed: log::silent(),
    };
    let module = orders::open(&fresh.environment, needs).await;
    let module = module.map_err(|error| error.to_string())?;
    let feed = Arc::clone(&module.feed);
    let client = |transport| Arc::new(commerce::http::orders::Client::new(transport)) as _;
    let instance = reach.instance(fresh, module, client).await?;
    Ok(instance.with_effects(move || effects(Arc::clone(&feed), Arc::clone(&inventory), Arc::clone(&till))))
}

pub(super) async fn effects(
    feed: Arc<dyn EventFeed>,
    inventory: Arc<dyn Inventory>,
    till: Arc<Till>,
) -> Result<Vec<Value>, String> {
    let events = json!({ "events": log::read(&*feed).await? });
    let stock = json!({ "stock": stock(&*inventory).await? });
    Ok(vec![events, stock, till.refunds()])
}
