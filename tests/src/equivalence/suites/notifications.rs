use std::{net::SocketAddr, sync::Arc};

use ::notifications::Dependencies;
use ::outside::{MailSink, Message, Push, PushSink};
use commerce::{EventFeed, Notifications};
use seam::equivalence::{Instance, Suite};
use serde_json::{Value, json};

use super::{cases, outside, rules::allowed_by};
use crate::equivalence::{
    Reach, Storage,
    models::{NotificationsModel, log, mails, pushes},
};

/// The suite of Notifications: a subject for each reach, compared with its event log and with the messages that
/// a mail server and a push endpoint of its own accepted.
pub fn notifications(storage: &Storage, reaches: &[Reach]) -> Suite<NotificationsModel> {
    reaches.iter().fold(suite("notifications"), |suite, reach| {
        let (storage, reach) = (storage.clone(), *reach);
        suite.subject(reach.name(), move || open_notifications(storage.clone(), reach))
    })
}

/// The suite of Notifications, without subjects.
pub(super) fn suite(name: &str) -> Suite<NotificationsModel> {
    allowed_by("notifications", Suite::new(name, NotificationsModel::default())).cases(cases::NOTIFICATIONS)
}

/// Opens a notifications module on this storage.
pub async fn open_notifications(storage: Storage, reach: Reach) -> Result<Instance<dyn Notifications>, String> {
    let mail = MailSink::start(outside::listener()?, outside::listener()?, None).map_err(|error| error.to_string())?;
    let push = PushSink::start(outside::listener()?, None).map_err(|error| error.to_string())?;
    // A timeout would be a reply of its own; here only a stalled machine may cause one.
    let settings = [
        ("SMTP_ADDRESS", &*mail.smtp_address().to_string()),
        ("PUSH_URL", &*format!("http://{}", push.address())),
        ("CALL_TIMEOUT_MS", "9000"),
        ("LEASE_MS", "60000"),
    ];
    let test = storage.environment("notifications", &settings).await?;
    let dependencies = Dependencies {
        orders_feed: log::silent(),
        payments_feed: log::silent(),
    };
    let module = ::notifications::open(&test.environment, dependencies).await;
    let module = module.map_err(|error| error.to_string())?;
    let feed = Arc::clone(&module.feed);
    let (mail_api, push_api) = (mail.http_address(), push.address());
    let client = |transport| Arc::new(commerce::http::notifications::Client::new(transport)) as _;
    let instance = reach.instance(test, module, client).await?;
    let instance = instance.keeping(mail).keeping(push);
    Ok(instance.with_effects(move || effects(Arc::clone(&feed), mail_api, push_api)))
}

pub(super) async fn effects(
    feed: Arc<dyn EventFeed>,
    mail: SocketAddr,
    push: SocketAddr,
) -> Result<Vec<Value>, String> {
    let events = json!({ "events": log::read(&*feed).await? });
    let mails = mails(&outside::shown::<Vec<Message>>(mail, "/messages").await?);
    let pushes = pushes(&outside::shown::<Vec<Push>>(push, "/messages").await?);
    Ok(vec![events, mails, pushes])
}
