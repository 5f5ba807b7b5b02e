use std::sync::Arc;

use ::outside::{MailSink, PushSink};
use commerce::{Inventory, Orders, http};
use orders::Dependencies;
use seam::equivalence::{Fake, Instance, Suite};

use super::{Found, Way, extracted::Extracted, in_every_way, neighbours::Neighbours};
use crate::equivalence::{
    Storage,
    models::{FakePayments, OrdersModel},
    suites::{
        orders::{effects, suite},
        outside,
    },
};

const FOUND: Found<dyn Orders> = Found {
    name: "orders",
    endpoint: |platform| &platform.orders,
    client: |router| Arc::new(http::orders::Client::new(router)),
};

/// The suite of Orders inside the monolith, and extracted from it. The monolith calls a fake Inventory and a
/// fake Payments.
pub fn orders_in_and_out_of_the_monolith() -> Suite<OrdersModel> {
    in_every_way(suite("orders extraction"), open)
}

/// Gives Notifications, which is inside the monolith and follows the orders, a place to deliver its messages
/// to.
async fn open(way: Way) -> Result<Instance<dyn Orders>, String> {
    let shop: Arc<dyn Inventory> = Fake::begin(OrdersModel::begin().inventory().clone());
    let fake_payments = Arc::new(FakePayments::default());
    let routes =
        http::inventory::router(Arc::clone(&shop)).merge(http::payments::router(Arc::clone(&fake_payments) as _));
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
    Ok(instance.with_effects(move || effects(Arc::clone(&feed), Arc::clone(&shop), Arc::clone(&fake_payments))))
}

async fn extracted(settings: &[(&str, &str)]) -> Result<Extracted, String> {
    let own = Storage::Sqlite.environment("orders", settings).await?;
    let dependencies = Dependencies::over_http(&own.environment).map_err(|error| error.to_string())?;
    let module = orders::open(&own.environment, dependencies).await;
    Extracted::serve(own, module).await
}
