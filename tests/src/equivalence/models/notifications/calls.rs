use commerce::{Contact, NewNotification, NotificationKind, NotificationsCall};
use proptest::{prelude::*, sample::select, strategy::Union};

use super::{NotificationsModel, notification_id};
use crate::equivalence::models::values::{idempotency_key, order_id, page};

const KINDS: [NotificationKind; 6] = [
    NotificationKind::OrderCreated,
    NotificationKind::OrderConfirmed,
    NotificationKind::OrderCancelled,
    NotificationKind::OrderShipped,
    NotificationKind::OrderDelivered,
    NotificationKind::PaymentRefunded,
];

/// Strategy for commands, repetitions of them and queries, legal or not.
pub(super) fn call(model: &NotificationsModel) -> BoxedStrategy<NotificationsCall> {
    let get = |notification_id| NotificationsCall::GetNotification { notification_id };
    let mut calls = vec![
        (
            8,
            message()
                .prop_map(|notification| NotificationsCall::Notify { notification })
                .boxed(),
        ),
        (
            1,
            idempotency_key()
                .prop_map(move |key| get(notification_id(&key)))
                .boxed(),
        ),
        (
            2,
            (order_id(), page())
                .prop_map(|(order_id, page)| NotificationsCall::ListNotificationsForOrder { order_id, page })
                .boxed(),
        ),
    ];
    if !model.told.is_empty() {
        let told: Vec<_> = model.told.iter().map(|told| get(told.id)).collect();
        let asked: Vec<_> = model.answers.values().map(|known| known.asked.clone()).collect();
        calls.push((1, select(told).boxed()));
        calls.push((3, again(asked).boxed()));
    }
    Union::new_weighted(calls).boxed()
}

fn message() -> impl Strategy<Value = NewNotification> {
    let parts = (idempotency_key(), order_id(), contact(), select(&KINDS[..]), note());
    parts.prop_map(|(key, order_id, contact, kind, note)| NewNotification {
        key,
        order_id,
        contact,
        kind,
        note,
    })
}

/// Repeats an earlier command, or changes one field under the same key.
fn again(asked: Vec<NewNotification>) -> impl Strategy<Value = NotificationsCall> {
    (select(asked), message(), 0..10).prop_map(|(mut notification, other, changed)| {
        match changed {
            0 => notification.order_id = other.order_id,
            1 => notification.contact.email = other.contact.email,
            2 => notification.contact.push_token = other.contact.push_token,
            3 => notification.kind = other.kind,
            4 => notification.note = other.note,
            _ => {}
        }
        NotificationsCall::Notify { notification }
    })
}

/// Strategy for mail addresses and devices: known, unknown, and some that no server accepts.
fn contact() -> impl Strategy<Value = Contact> {
    let label = "d".repeat(63);
    let longest = format!("{}@{label}.{label}.{}", "l".repeat(64), "t".repeat(61));
    let known = vec![
        "ada@example.org".to_owned(),
        "o'neil+#$%&*/{x}=?^_`|~!@a-1.example".to_owned(),
        "a@b".to_owned(),
        "Ada@Example.ORG".to_owned(),
        "refused.not@1.2".to_owned(),
        longest.clone(),
    ];
    let email = prop_oneof![
        8 => select(known),
        2 => select(texts(&["refused@example.org", "ReFused@b"])),
        1 => select(texts(&["", "ada", "a@b@c", "ada@-x.org", "ad\u{e9}@b", "a b@c", "<a@b>", "a@b\r\n"])),
        1 => Just(format!("{longest}t")),
    ];
    let known = vec!["device-1".to_owned(), "Refused?\"\\/%20".to_owned(), "~".repeat(1_000)];
    let token = prop_oneof![
        6 => select(known),
        2 => select(texts(&["refused-1", "refused"])),
        1 => select(texts(&["", "a b", "ger\u{e4}t", "a\n"])),
        1 => Just("~".repeat(1_001)),
    ];
    let push_token = prop_oneof![2 => Just(None), 3 => token.prop_map(Some)];
    (email, push_token).prop_map(|(email, push_token)| Contact { email, push_token })
}

fn note() -> impl Strategy<Value = Option<String>> {
    let illegal = vec![
        String::new(),
        " \n".to_owned(),
        "bell\u{7}".to_owned(),
        "\u{0}".to_owned(),
        "x".repeat(1_001),
    ];
    prop_oneof![
        4 => Just(None),
        8 => select(notes()).prop_map(Some),
        1 => select(illegal).prop_map(Some),
    ]
}

/// Notes that may be sent, none a part of another: one that could end a mail early, one to escape, one that is
/// long.
pub(super) fn notes() -> Vec<String> {
    vec![
        "Ring twice, please.".to_owned(),
        "one\r\n.\r\nRSET\n.\n..two\rthree".to_owned(),
        "\"quoted\" \\u0041 =3D =\t</script> &amp;".to_owned(),
        "Gr\u{fc}\u{df}e \u{1f600}\u{2028}\u{10ffff}".to_owned(),
        "x".repeat(1_000),
        "\u{1f600}".repeat(1_000),
    ]
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}
