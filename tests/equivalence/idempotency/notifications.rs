use commerce::{
    Contact, ErrorCode, NewNotification, NotificationKind, Notifications, NotificationsCall, NotificationsReply,
};
use seam::equivalence::Instance;
use serde_json::{Value, json};
use tests::equivalence::{Reach, Storage, models::fixed_order, suites::open_notifications};

use super::write::{Bodies, Done, KEY, Opened, Refusable, Write, happened};

pub(super) struct Notify;

impl Opened for dyn Notifications {
    async fn open(storage: Storage, reach: Reach) -> Result<Instance<Self>, String> {
        open_notifications(storage, reach).await
    }

    fn error(reply: &NotificationsReply) -> Option<ErrorCode> {
        match reply {
            NotificationsReply::Notify(answer) => answer.as_ref().err().map(commerce::Error::code),
            other => panic!("{other:?} answers a read"),
        }
    }
}

const KINDS: [NotificationKind; 5] = [
    NotificationKind::OrderCreated,
    NotificationKind::OrderConfirmed,
    NotificationKind::OrderCancelled,
    NotificationKind::OrderShipped,
    NotificationKind::OrderDelivered,
];

fn message(key: &str, mailbox: &str, body: i64) -> NotificationsCall {
    let contact = Contact {
        email: format!("{mailbox}@{body}.example"),
        push_token: Some(format!("device-{body}")),
    };
    let notification = NewNotification {
        key: key.parse().unwrap(),
        order_id: fixed_order("card"),
        contact,
        kind: KINDS[usize::try_from(body).unwrap()],
        note: None,
    };
    NotificationsCall::Notify { notification }
}

/// The body shows in the address of a message, and in the order that the log names.
impl Write for Notify {
    type Contract = dyn Notifications;

    fn call(body: i64) -> NotificationsCall {
        message(KEY, "ada", body)
    }

    async fn done(instance: &Instance<dyn Notifications>) -> Done {
        let effects = instance.effects().await.unwrap().unwrap();
        let kind = |kind: &Value| {
            let position = KINDS.iter().position(|known| *kind == json!(known));
            i64::try_from(position.unwrap()).unwrap()
        };
        let sent = happened(&effects, "NotificationSent").map(|payload| kind(&payload["kind"]));
        let bodies = |messages: &Value, to: &str| {
            let digits = |message: &Value| message[to].as_str().unwrap().replace(|c: char| !c.is_ascii_digit(), "");
            let bodies = messages.as_array().unwrap().iter().map(digits);
            bodies.map(|body| body.parse::<i64>().unwrap()).sum()
        };
        Done {
            own: vec![sent.sum()],
            outside: vec![
                bodies(&effects[1]["mails"], "to"),
                bodies(&effects[2]["pushes"], "token"),
            ],
        }
    }
}

impl Bodies for Notify {}

impl Refusable for Notify {
    fn refused() -> NotificationsCall {
        message("refused", "refused", 1)
    }
}
