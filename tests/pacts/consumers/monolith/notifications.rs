use std::sync::Arc;

use commerce::{
    Contact, Delivery, Error, NewNotification, Notification, NotificationConflict, NotificationError, NotificationId,
    NotificationKind, Notifications, OrderId, PageRequest, http::notifications::Client,
};
use pact_consumer::patterns::JsonPattern;
use seam::http::Socket;
use serde_json::json;

use super::{conflicts, invalid, is_invalid, is_missing, is_reused, shape};
use crate::consumers::{
    call::{Call, minted},
    feed,
    fixtures::{self, contact, key, page},
    matchers::{exactly, uuid},
    states,
    suite::{Link, Pact},
};

const KIND: NotificationKind = NotificationKind::OrderShipped;

pub(crate) fn pact() -> Pact {
    let pact = lists(lookups(refusals(telling(Pact::between("monolith", "notifications")))));
    feed::read(
        pact,
        "notifications",
        vec![states::notification(&about("monolith-log"))],
    )
}

fn telling(pact: Pact) -> Pact {
    let again = tell("tell a customer once more", &about("monolith-again"));
    pact.call(
        tell("tell a customer", &about("monolith-new")).answers(told()),
        |notifications| async {
            is_told(client(notifications).notify(about("monolith-new")).await);
        },
    )
    .call(
        again
            .given(states::notification(&about("monolith-again")))
            .answers(told()),
        |notifications| async {
            is_told(client(notifications).notify(about("monolith-again")).await);
        },
    )
}

fn refusals(pact: Pact) -> Pact {
    let to = |key, email: &str| NewNotification {
        contact: Contact {
            email: email.to_owned(),
            push_token: None,
        },
        ..about(key)
    };
    let (gone, wrong, other) = (
        to("monolith-gone", "refused@example.org"),
        to("monolith-wrong", "nowhere"),
        to("monolith-used", "eve@example.org"),
    );
    let refused = json_pattern!({ "kind": exactly("recipient_refused"), "notification_id": uuid(id()) });
    let reused = tell("tell another customer under a key that was used", &other);
    let reused = reused.given(states::notification(&about("monolith-used")));
    let (notification_id, used) = (id(), "monolith-used".to_owned());
    let cases = [
        (
            conflicts(tell("tell a customer whose address is gone", &gone), refused),
            gone,
            Error::Conflict(NotificationConflict::RecipientRefused { notification_id }),
        ),
        (
            is_invalid(
                tell("tell a customer who has no address", &wrong),
                "contact.email",
                "(not shown)",
            ),
            wrong,
            Error::InvalidInput(invalid("contact.email", "(not shown)")),
        ),
        (
            is_reused(reused, "monolith-used"),
            other,
            Error::KeyReused { key: used },
        ),
    ];
    cases.into_iter().fold(pact, |pact, (call, asked, wanted)| {
        pact.call(call, move |notifications| {
            let (asked, wanted) = (asked.clone(), wanted.clone());
            async move { assert_eq!(client(notifications).notify(asked).await, Err(wanted)) }
        })
    })
}

fn lookups(pact: Pact) -> Pact {
    let place = minted("/v2/notifications/${notification_id}", id());
    let found = Call::get("get a notification", place).given(states::notification(&about("monolith-get")));
    let unknown = NotificationId::derive(&["monolith", "unknown"]);
    let missing = Call::get(
        "get a notification that does not exist",
        format!("/v2/notifications/{unknown}"),
    );
    pact.call(found.answers(told()), |notifications| async {
        is_told(client(notifications).get_notification(id()).await);
    })
    .call(
        is_missing(missing, "notification", &unknown.to_string()),
        move |notifications| async move {
            let (what, id) = ("notification".to_owned(), unknown.to_string());
            let missing = client(notifications).get_notification(unknown).await;
            assert_eq!(missing, Err(Error::NotFound { what, id }));
        },
    )
}

fn lists(pact: Pact) -> Pact {
    let three = fixtures::order_id("monolith-told-thrice");
    let none = fixtures::order_id("monolith-never-told");
    let list = |description, order: OrderId, number| {
        Call::get(description, format!("/v2/orders/{order}/notifications")).page(number, 2)
    };
    let given = || states::notifications_about(three, KIND, 3);
    let one = || fixtures::notification(id(), three, KIND);
    let full = page(vec![one(), one()], 1, 2, 3);
    let last = page(vec![one()], 2, 2, 3);
    let cases = [
        (
            three,
            1,
            (2, 1, 3),
            list("list notifications", three, 1).given(given()).answers(full),
        ),
        (
            three,
            2,
            (1, 2, 3),
            list("list the last page of notifications", three, 2)
                .given(given())
                .answers(last),
        ),
        (
            none,
            1,
            (0, 1, 0),
            list("list the notifications of an order that has none", none, 1).answers(page(Vec::new(), 1, 2, 0)),
        ),
    ];
    cases.into_iter().fold(pact, |pact, (order, number, wanted, call)| {
        pact.call(call, move |notifications| async move {
            let asked = PageRequest {
                page: number,
                page_size: 2,
            };
            let listed = client(notifications).list_notifications_for_order(order, asked).await;
            assert_eq!(shape(&listed.unwrap()), wanted);
        })
    })
}

fn tell(description: &str, asked: &NewNotification) -> Call {
    let mut message = json!(asked);
    message.as_object_mut().unwrap().remove("key");
    Call::post(description, "/v2/notifications")
        .key(&asked.key)
        .body(message)
}

fn about(text: &str) -> NewNotification {
    NewNotification {
        key: key(text),
        order_id: order_id(),
        contact: contact(),
        kind: KIND,
        note: None,
    }
}

fn told() -> JsonPattern {
    fixtures::notification(id(), order_id(), KIND)
}

fn id() -> NotificationId {
    NotificationId::derive(&["monolith"])
}

fn order_id() -> OrderId {
    fixtures::order_id("monolith-notifications")
}

fn client(notifications: Link) -> Client<Arc<Socket>> {
    Client::new(notifications.socket())
}

fn is_told(notification: Result<Notification, NotificationError>) {
    let told = notification.unwrap();
    assert_eq!((told.id, told.order_id, told.kind), (id(), order_id(), KIND));
    assert_eq!(told.email, Delivery::Sent);
}
