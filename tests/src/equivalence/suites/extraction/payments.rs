use std::sync::Arc;

use ::outside::PaymentProvider;
use commerce::{Payments, http};
use payments::Dependencies;
use seam::equivalence::{Instance, Suite};

use super::{Found, Way, extracted::Extracted, in_every_way, neighbours::Neighbours};
use crate::equivalence::{
    Storage,
    models::{FixedOrders, PaymentsModel},
    suites::{
        outside,
        payments::{effects, suite},
    },
};

const FOUND: Found<dyn Payments> = Found {
    name: "payments",
    endpoint: |platform| &platform.payments,
    client: |router| Arc::new(http::payments::Client::new(router)),
};

/// The suite of Payments inside the monolith, and extracted from it. The monolith calls a fake Orders.
pub fn payments_in_and_out_of_the_monolith() -> Suite<PaymentsModel> {
    in_every_way(suite("payments extraction"), open)
}

/// Configures Notifications as extracted: inside, it would look for the orders of these payments in an empty
/// log.
async fn open(way: Way) -> Result<Instance<dyn Payments>, String> {
    let provider = PaymentProvider::start(outside::listener()?, None).await;
    let provider = provider.map_err(|error| error.to_string())?;
    let address = provider.address();
    let routes = http::orders::router(Arc::new(FixedOrders));
    let neighbours = Neighbours::serve(routes, &["orders"]).await?;
    // A timeout would be a reply of its own; here only a stalled machine may cause one.
    let mut settings = vec![
        ("ORDERS_URL", &*neighbours.base),
        ("CALL_TIMEOUT_MS", "9000"),
        ("NOTIFICATIONS_URL", &*neighbours.base),
    ];
    let provider_url = format!("http://{address}");
    let own = [settings[0], settings[1], ("PROVIDER_URL", &*provider_url)];
    let extracted = if way.extracted {
        Some(extracted(&own).await?)
    } else {
        None
    };
    settings.push(match &extracted {
        Some(extracted) => extracted.at("PAYMENTS_URL"),
        None => own[2],
    });
    let (instance, feed) = FOUND.in_monolith(way, &settings).await?;
    let instance = Extracted::end_after(extracted, instance);
    let instance = instance.keeping(neighbours).keeping(provider);
    Ok(instance.with_effects(move || effects(Arc::clone(&feed), address)))
}

async fn extracted(settings: &[(&str, &str)]) -> Result<Extracted, String> {
    let own = Storage::Sqlite.environment("payments", settings).await?;
    let dependencies = Dependencies::over_http(&own.environment).map_err(|error| error.to_string())?;
    let module = payments::open(&own.environment, dependencies).await;
    Extracted::serve(own, module).await
}
