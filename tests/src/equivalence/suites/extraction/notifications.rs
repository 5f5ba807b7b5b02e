use std::sync::Arc;

use ::outside::{MailSink, PushSink};
use commerce::{Notifications, http};
use notifications::Dependencies;
use seam::equivalence::{Instance, Suite};

use super::{Found, NOBODYS_URL, Way, extracted::Extracted, in_every_way};
use crate::equivalence::{
    Storage,
    models::{NotificationsModel, log},
    suites::{
        notifications::{effects, suite},
        outside,
    },
};

const FOUND: Found<dyn Notifications> = Found {
    name: "notifications",
    endpoint: |platform| &platform.notifications,
    client: |router| Arc::new(http::notifications::Client::new(router)),
};

/// The suite of Notifications inside the monolith, and extracted from it.
pub fn notifications_in_and_out_of_the_monolith() -> Suite<NotificationsModel> {
    in_every_way(suite("notifications extraction"), open)
}

/// Starts the other modules too; without orders they publish nothing.
async fn open(way: Way) -> Result<Instance<dyn Notifications>, String> {
    let mail = MailSink::start(outside::listener()?, outside::listener()?, None).map_err(|error| error.to_string())?;
    let push = PushSink::start(outside::listener()?, None).map_err(|error| error.to_string())?;
    let (mail_api, push_api) = (mail.http_address(), push.address());
    let (smtp, push_url) = (mail.smtp_address().to_string(), format!("http://{push_api}"));
    // A timeout would be a reply of its own; here only a stalled machine may cause one.
    let mut settings = vec![
        ("SMTP_ADDRESS", &*smtp),
        ("PUSH_URL", &*push_url),
        ("CALL_TIMEOUT_MS", "9000"),
        ("LEASE_MS", "60000"),
    ];
    let extracted = if way.extracted {
        Some(extracted(&settings).await?)
    } else {
        None
    };
    settings.push(("PROVIDER_URL", NOBODYS_URL));
    settings.extend(extracted.as_ref().map(|extracted| extracted.at("NOTIFICATIONS_URL")));
    let (instance, feed) = FOUND.in_monolith(way, &settings).await?;
    let instance = Extracted::end_after(extracted, instance);
    let instance = instance.keeping(mail).keeping(push);
    Ok(instance.with_effects(move || effects(Arc::clone(&feed), mail_api, push_api)))
}

async fn extracted(settings: &[(&str, &str)]) -> Result<Extracted, String> {
    let own = Storage::Sqlite.environment("notifications", settings).await?;
    let dependencies = Dependencies {
        orders_feed: log::silent(),
        payments_feed: log::silent(),
    };
    let module = notifications::open(&own.environment, dependencies).await;
    Extracted::serve(own, module).await
}
