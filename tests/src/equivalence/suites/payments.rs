use std::{net::SocketAddr, sync::Arc};

use ::outside::PaymentProvider;
use ::payments::Dependencies;
use commerce::{EventFeed, Payments};
use seam::equivalence::{Instance, Suite};
use serde_json::{Value, json};

use super::{cases, outside, rules::allowed_by};
use crate::equivalence::{
    Ground, Reach,
    models::{FixedOrders, PaymentsModel, log, provider_books},
};

/// Payments on this ground, reached in these ways, beside its event log and the books of a payment provider of its own.
pub fn payments(ground: &Ground, reaches: &[Reach]) -> Suite<PaymentsModel> {
    reaches.iter().fold(suite("payments"), |suite, reach| {
        let (ground, reach) = (ground.clone(), *reach);
        suite.subject(reach.name(), move || open_payments(ground.clone(), reach))
    })
}

/// A suite without subjects, of Payments.
pub(super) fn suite(name: &str) -> Suite<PaymentsModel> {
    allowed_by("payments", Suite::new(name, PaymentsModel::default())).cases(cases::PAYMENTS)
}

/// A payments module on this ground, reached this way.
pub async fn open_payments(ground: Ground, reach: Reach) -> Result<Instance<dyn Payments>, String> {
    let provider = PaymentProvider::start(outside::listener()?, None).await;
    let provider = provider.map_err(|error| error.to_string())?;
    let address = provider.address();
    // No answer in time is an answer of its own, which only a machine that stands still may cause here.
    let settings = [
        ("PROVIDER_URL", &*format!("http://{address}")),
        ("CALL_TIMEOUT_MS", "9000"),
    ];
    let fresh = ground.fresh("payments", &settings).await?;
    let dependencies = Dependencies {
        orders: Arc::new(FixedOrders),
        orders_feed: log::silent(),
    };
    let module = ::payments::open(&fresh.environment, dependencies).await;
    let module = module.map_err(|error| error.to_string())?;
    let feed = Arc::clone(&module.feed);
    let client = |transport| Arc::new(commerce::http::payments::Client::new(transport)) as _;
    let instance = reach.instance(fresh, module, client).await?.keeping(provider);
    Ok(instance.with_effects(move || effects(Arc::clone(&feed), address)))
}

pub(super) async fn effects(feed: Arc<dyn EventFeed>, provider: SocketAddr) -> Result<Vec<Value>, String> {
    let events = json!({ "events": log::read(&*feed).await? });
    let ledger = outside::shown(provider, "/ledger").await?;
    Ok(vec![events, provider_books(&ledger)])
}
