//! Messages that callers ask for.

use commerce::{Delivery, NewNotification, NotificationConflict, NotificationError, NotificationKind, OrderId};
use futures::future::join_all;
use seam::{Context, original};
use shared::testing::until;

use crate::support::{Fixture, contact};

fn command(key: &str, email: &str) -> NewNotification {
    NewNotification {
        key: key.parse().expect("a key"),
        order_id: OrderId::derive(&["order"]),
        contact: contact(email, None),
        kind: NotificationKind::OrderShipped,
        note: Some("Look under the mat.".to_owned()),
    }
}

#[tokio::test]
async fn a_message_is_sent_once_for_a_key_and_the_answer_repeated() {
    let fixture = Fixture::new().await;
    let send = || Context::root("desk").scope(original::capture(notify(&fixture, command("k", "ann@example.com"))));

    let first = send().await;
    let again = send().await;

    assert_eq!(again, first);
    let sent = first.0.expect("it is sent");
    assert_eq!((sent.email, sent.push), (Delivery::Sent, None));
    let mails = fixture.mails().await;
    assert_eq!((mails.len(), mails[0].deliveries), (1, 1));
    assert!(mails[0].body.contains("Look under the mat."));
    assert_eq!(fixture.service().get_notification(sent.id).await, Ok(sent));
}

#[tokio::test]
async fn the_same_key_at_the_same_time_sends_once() {
    let fixture = Fixture::new().await;

    let answers =
        join_all((0..8).map(|_| Context::root("desk").scope(notify(&fixture, command("k", "ann@example.com"))))).await;

    assert!(answers.iter().any(Result::is_ok), "{answers:?}");
    let fine = |answer: &Result<_, _>| matches!(answer, Ok(_) | Err(NotificationError::InFlight { .. }));
    assert!(answers.iter().all(fine), "{answers:?}");
    let mails = fixture.mails().await;
    assert_eq!((mails.len(), mails[0].deliveries), (1, 1));
}

#[tokio::test]
async fn the_same_key_with_another_message_is_refused() {
    let fixture = Fixture::new().await;
    let context = Context::root("desk");
    context
        .clone()
        .scope(notify(&fixture, command("k", "ann@example.com")))
        .await
        .expect("it is sent");

    let other = context.scope(notify(&fixture, command("k", "bob@example.com"))).await;

    assert_eq!(other, Err(NotificationError::KeyReused { key: "k".to_owned() }));
}

#[tokio::test]
async fn a_refused_recipient_is_a_conflict_that_is_remembered() {
    let fixture = Fixture::new().await;
    let context = Context::root("desk");

    let first = context
        .clone()
        .scope(notify(&fixture, command("k", "refused@example.com")))
        .await;
    let again = context
        .scope(notify(&fixture, command("k", "refused@example.com")))
        .await;

    let Err(NotificationError::Conflict(NotificationConflict::RecipientRefused { notification_id })) = first else {
        panic!("{first:?}");
    };
    assert_eq!(again, first);
    let known = fixture
        .service()
        .get_notification(notification_id)
        .await
        .expect("it is written down");
    assert_eq!(known.email, Delivery::Refused);
}

#[tokio::test]
async fn a_message_that_can_not_be_sent_now_is_sent_later_whoever_asks() {
    let mut fixture = Fixture::new().await;
    fixture.mail_down().await;
    let answer = Context::root("desk")
        .scope(notify(&fixture, command("k", "ann@example.com")))
        .await;
    fixture.stop().await;

    fixture.mail_up().await;
    fixture.start().await;
    until("a mail", async || fixture.mails().await.pop()).await;
    let again = until("the answer", async || {
        let repeated = notify(&fixture, command("k", "ann@example.com"));
        Context::root("desk").scope(repeated).await.ok()
    })
    .await;

    // It is sent later, so "not available" would be wrong.
    assert!(
        matches!(&answer, Err(NotificationError::Transport(failure)) if !failure.reason.contains("ann")),
        "{answer:?}"
    );
    assert_eq!(again.email, Delivery::Sent);
    assert_eq!(fixture.mails().await[0].deliveries, 1);
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_and_not_remembered() {
    let fixture = Fixture::new().await;

    let bad = notify(&fixture, command("k", "not an address")).await;
    let missing = fixture
        .service()
        .get_notification(commerce::NotificationId::derive(&["none"]))
        .await;

    assert!(matches!(bad, Err(NotificationError::InvalidInput(_))), "{bad:?}");
    assert!(
        matches!(missing, Err(NotificationError::NotFound { .. })),
        "{missing:?}"
    );
    notify(&fixture, command("k", "ann@example.com"))
        .await
        .expect("the key is still new");
}

async fn notify(fixture: &Fixture, command: NewNotification) -> Result<commerce::Notification, NotificationError> {
    fixture.service().notify(command).await
}

#[tokio::test]
async fn a_note_whose_carriage_returns_stand_alone_ends_no_mail() {
    let fixture = Fixture::new().await;
    let mut command = command("k", "ann@example.com");
    command.note = Some("x\r.\rQUIT".to_owned());

    notify(&fixture, command).await.expect("it is sent");

    let mail = fixture.mails().await.remove(0);
    // The sink shows CRLF as a line feed, and anything else as it came.
    assert!(mail.body.contains("x\n.\nQUIT\n"), "{:?}", mail.body);
    assert!(!mail.body.contains('\r'), "{:?}", mail.body);
}
