use std::{net::SocketAddr, sync::Arc};

use ::outside::PaymentProvider;
use ::payments::Dependencies;
use commerce::{EventFeed, Payments};
use seam::equivalence::{Instance, Suite};
use serde_json::{Value, json};

use super::{cases, outside, rules::allowed_by};
use crate::equivalence::{
    Reach, Storage,
    models::{FixedOrders, PaymentsModel, log, provider_books},
};

/// The suite of Payments: a subject for each reach, compared with its event log and the ledger of a payment
/// provider of its own.
pub fn payments(storage: &Storage, reaches: &[Reach]) -> Suite<PaymentsModel> {
    reaches.iter().fold(suite("payments"), |suite, reach| {
        let (storage, reach) = (storage.clone(), *reach);
        suite.subject(reach.name(), move || open_payments(storage.clone(), reach))
    })
}

/// The suite of Payments, without subjects.
pub(super) fn suite(name: &str) -> Suite<PaymentsModel> {
    allowed_by("payments", Suite::new(name, PaymentsModel::default())).cases(cases::PAYMENTS)
}

/// Opens a payments module on this storage.
pub async fn open_payments(storage: Storage, reach: Reach) -> Result<Instance<dyn Payments>, String> {
    let provider = PaymentProvider::start(outside::listener()?, None).await;
    let provider = provider.map_err(|error| error.to_string())?;
    let address = provider.address();
    // A timeout would be a reply of its own; here only a stalled machine may cause one.
    let settings = [
        ("PROVIDER_URL", &*format!("http://{address}")),
        ("CALL_TIMEOUT_MS", "9000"),
    ];
    let test = storage.environment("payments", &settings).await?;
    let dependencies = Dependencies {
        orders: Arc::new(FixedOrders),
        orders_feed: log::silent(),
    };
    let module = ::payments::open(&test.environment, dependencies).await;
    let module = module.map_err(|error| error.to_string())?;
    let feed = Arc::clone(&module.feed);
    let client = |transport| Arc::new(commerce::http::payments::Client::new(transport)) as _;
    let instance = reach.instance(test, module, client).await?.keeping(provider);
    Ok(instance.with_effects(move || effects(Arc::clone(&feed), address)))
}

pub(super) async fn effects(feed: Arc<dyn EventFeed>, provider: SocketAddr) -> Result<Vec<Value>, String> {
    let events = json!({ "events": log::read(&*feed).await? });
    let ledger = outside::shown(provider, "/ledger").await?;
    Ok(vec![events, provider_books(&ledger)])
}
