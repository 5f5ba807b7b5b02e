use std::sync::Arc;

use ::outside::{MailSink, PushSink};
use commerce::{Inventory, Orders, http};
use orders::Needs;
use seam::equivalence::{Fake, Instance, Suite};
use shared::{StartError, settings::standard};

use super::{Found, Way, extracted::Extracted, in_every_way, neighbours::Neighbours};
use crate::equivalence::{
    Ground,
    ground::Fresh,
    models::{OrdersModel, Till},
    suites::{
        orders::{effects, suite},
        outside,
    },
};

const FOUND: Found<dyn Orders> = Found {
    name: "orders",
    seat: |platform| &platform.orders,
    client: |router| Arc::new(http::orders::Client::new(router)),
};

/// Orders inside the monolith, and extracted from it; the Inventory and the Payments that the monolith reaches are modelled.
pub fn orders_in_and_out_of_the_monolith() -> Suite<OrdersModel> {
    in_every_way(suite("orders extraction"), open)
}

/// Notifications is in the monolith and follows the orders: it has somebody to hand its messages to.
async fn open(way: Way) -> Result<Instance<dyn Orders>, String> {
    let shop: Arc<dyn Inventory> = Fake::begin(OrdersModel::begin().inventory().clone());
    let till = Arc::new(Till::default());
    let routes = http::inventory::router(Arc::clone(&shop)).merge(http::payments::router(Arc::clone(&till) as _));
    let neighbours = Neighbours::serve(routes, &["inventory", "payments"]).await?;
    let mail = MailSink::start(outside::listener()?, outside::listener()?, None).map_err(|error| error.to_string())?;
    let push = PushSink::start(outside::listener()?, None).map_err(|error| error.to_string())?;
    let (smtp, push_url) = (mail.smtp_address().to_string(), format!("http://{}", push.address()));
    let needs = [
        ("INVENTORY_URL", &*neighbours.base),
        ("PAYMENTS_URL", &*neighbours.base),
    ];
    let extracted = if way.extracted {
        Some(extracted(&needs).await?)
    } else {
        None
    };
    let mut settings = vec![("SMTP_ADDRESS", &*smtp), ("PUSH_URL", &*push_url)];
    settings.extend(needs);
    settings.extend(extracted.as_ref().map(|extracted| extracted.at("ORDERS_URL")));
    let (instance, feed) = FOUND.in_monolith(way, &settings).await?;
    let instance = Extracted::end_after(extracted, instance);
    let instance = instance.keeping(neighbours).keeping(mail).keeping(push);
    Ok(instance.with_effects(move || effects(Arc::clone(&feed), Arc::clone(&shop), Arc::clone(&till))))
}

async fn extracted(settings: &[(&str, &str)]) -> Result<Extracted, String> {
    let own = Ground::Sqlite.fresh("orders", settings).await?;
    let needs = needs(&own).map_err(|error| error.to_string())?;
    let module = orders::open(&own.environment, needs).await;
    Extracted::serve(own, module).await
}

/// As the service of its own ties them.
fn needs(own: &Fresh) -> Result<Needs, StartError> {
    let inventory = own.environment.needed_socket(&standard::INVENTORY_URL)?;
    let payments = own.environment.needed_socket(&standard::PAYMENTS_URL)?;
    Ok(Needs {
        inventory: Arc::new(http::inventory::Client::new(inventory)),
        payments: Arc::new(http::payments::Client::new(Arc::clone(&payments))),
        payments_feed: Arc::new(http::feed::Client::new("payments", payments)),
    })
}
