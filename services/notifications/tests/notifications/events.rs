//! Customers are told what the logs of orders and payments mean to them.

use commerce::{
    Currency, Delivery, Money, NotificationEvent, NotificationKind, OrderEvent, OrderId, PaymentEvent, PaymentId,
    Shipment,
};
use shared::testing::{commits, until};

use crate::support::{Fixture, contact, created};

fn order() -> OrderId {
    OrderId::derive(&["order"])
}

#[tokio::test]
async fn each_change_of_an_order_is_told_once_by_mail_and_push() {
    let fixture = Fixture::new().await;
    let order_id = order();
    let payment_id = PaymentId::derive(&["payment"]);
    let shipment = Shipment {
        carrier: "Post".to_owned(),
        tracking_number: "T-1".to_owned(),
    };

    fixture
        .orders
        .append(&created(order_id, contact("ann@example.com", Some("device"))));
    fixture
        .orders
        .append(&OrderEvent::OrderConfirmed { order_id, payment_id });
    fixture.orders.append(&OrderEvent::OrderShipped { order_id, shipment });
    fixture.orders.append(&OrderEvent::OrderDelivered { order_id });
    let told = fixture.told(order_id, 4).await;

    let kinds: Vec<_> = told.iter().map(|notification| notification.kind).collect();
    assert_eq!(
        kinds,
        [
            NotificationKind::OrderCreated,
            NotificationKind::OrderConfirmed,
            NotificationKind::OrderShipped,
            NotificationKind::OrderDelivered
        ]
    );
    assert!(
        told.iter()
            .all(|told| told.email == Delivery::Sent && told.push == Some(Delivery::Sent)),
        "{told:?}"
    );
    let mails = fixture.mails().await;
    assert_eq!(mails.len(), 4);
    assert!(
        mails
            .iter()
            .all(|mail| mail.to == "ann@example.com" && mail.deliveries == 1)
    );
    assert_eq!(mails[0].subject, format!("We have your order ({order_id})"));
    assert!(mails[0].body.contains("Total: 25.00 EUR\n"), "{}", mails[0].body);
    assert!(
        mails[2].body.contains("Carrier: Post\nTracking number: T-1"),
        "{}",
        mails[2].body
    );
    assert_eq!(mails[0].headers["x-order-id"], order_id.to_string());
    assert_eq!(mails[0].headers["x-notification-kind"], "order_created");
    assert_eq!(mails[0].headers["content-type"], "text/plain; charset=utf-8");
    let pushes = fixture.pushes().await;
    assert_eq!(pushes.len(), 4);
    assert!(pushes.iter().all(|push| push.token == "device" && push.deliveries == 1));
}

#[tokio::test]
async fn cancellation_and_refund_are_told_with_their_reason_and_amount() {
    let fixture = Fixture::new().await;
    let order_id = order();
    fixture
        .orders
        .append(&created(order_id, contact("ann@example.com", None)));
    fixture.orders.append(&OrderEvent::OrderCancelled {
        order_id,
        reason: "zu spät".to_owned(),
    });
    let (amount, refunded) = (Money::new(500, Currency::EUR), Money::new(750, Currency::EUR));
    let payment_id = PaymentId::derive(&["payment"]);
    fixture.payments.append(&PaymentEvent::PaymentCaptured {
        payment_id,
        order_id,
        amount,
    });
    fixture.payments.append(&PaymentEvent::PaymentRefunded {
        payment_id,
        order_id,
        amount,
        refunded,
    });

    let told = fixture.told(order_id, 3).await;

    assert!(told.iter().all(|told| told.push.is_none()), "{told:?}");
    let mails = fixture.mails().await;
    assert_eq!(
        mails.len(),
        3,
        "a captured payment is told as a confirmed order, not by itself"
    );
    let cancelled = mails
        .iter()
        .find(|mail| mail.subject.contains("cancelled"))
        .expect("the cancellation is told");
    assert!(cancelled.body.contains("Reason: zu sp=C3=A4t"), "{}", cancelled.body);
    let refund = mails
        .iter()
        .find(|mail| mail.subject.contains("back"))
        .expect("the refund is told");
    assert!(
        refund.body.contains("Given back: 5.00 EUR\nIn all: 7.50 EUR"),
        "{}",
        refund.body
    );
}

#[tokio::test]
async fn an_order_needs_one_commit_for_each_of_its_messages() {
    let fixture = Fixture::new().await;
    let (first, second) = (OrderId::derive(&["first"]), OrderId::derive(&["second"]));
    fixture.orders.append(&created(first, contact("ann@example.com", None)));
    fixture.told(first, 1).await;
    let before = commits(fixture.module()).await;

    fixture
        .orders
        .append(&created(second, contact("ann@example.com", None)));
    fixture.told(second, 1).await;

    let after = commits(fixture.module()).await;
    assert_eq!(after - before, 2, "one for the message, and one for the count itself");
}

#[tokio::test]
async fn while_the_mail_server_is_down_messages_wait_and_readiness_says_why() {
    let mut fixture = Fixture::new().await;
    fixture
        .orders
        .append(&created(OrderId::derive(&["before"]), contact("ann@example.com", None)));
    fixture.told(OrderId::derive(&["before"]), 1).await;

    fixture.mail_down().await;
    fixture
        .orders
        .append(&created(order(), contact("ann@example.com", None)));
    let reason = unready(&fixture).await;
    fixture.mail_up().await;
    fixture.told(order(), 1).await;

    assert!(
        reason.contains("mail server: can't connect") && !reason.contains("ann@example.com"),
        "{reason}"
    );
    let counts: Vec<_> = fixture.mails().await.into_iter().map(|mail| mail.deliveries).collect();
    assert_eq!(counts, [1, 1]);
}

#[tokio::test]
async fn what_waits_is_told_by_the_next_process() {
    let mut fixture = Fixture::new().await;
    fixture.mail_down().await;
    fixture
        .orders
        .append(&created(order(), contact("ann@example.com", None)));
    unready(&fixture).await;
    fixture.stop().await;

    fixture.mail_up().await;
    fixture.start().await;
    fixture.told(order(), 1).await;

    assert_eq!(fixture.mails().await.len(), 1);
}

#[tokio::test]
async fn while_the_push_service_is_down_the_mail_goes_out_once() {
    let mut fixture = Fixture::new().await;
    fixture.push_down().await;
    fixture
        .orders
        .append(&created(order(), contact("ann@example.com", Some("device"))));
    unready(&fixture).await;

    fixture.push_up().await;
    fixture.told(order(), 1).await;

    let counts: Vec<_> = fixture.mails().await.into_iter().map(|mail| mail.deliveries).collect();
    assert_eq!(counts, [1]);
    assert_eq!(fixture.pushes().await.len(), 1);
}

#[tokio::test]
async fn after_both_channels_were_down_the_mail_does_not_wait_for_the_push_service() {
    let mut fixture = Fixture::new().await;
    fixture.mail_down().await;
    fixture.push_down().await;
    fixture
        .orders
        .append(&created(order(), contact("ann@example.com", Some("device"))));
    unready(&fixture).await;

    fixture.mail_up().await;
    let mail = until("a mail", async || fixture.mails().await.pop()).await;
    fixture.push_up().await;
    fixture.told(order(), 1).await;

    assert_eq!(mail.deliveries, 1);
    assert_eq!(fixture.mails().await[0].deliveries, 1);
}

#[tokio::test]
async fn a_push_message_does_not_stand_for_the_mail_that_waits() {
    let mut fixture = Fixture::new().await;
    fixture.mail_down().await;
    fixture
        .orders
        .append(&created(order(), contact("ann@example.com", Some("device"))));
    until("a push message", async || fixture.pushes().await.pop()).await;
    unready(&fixture).await;

    fixture.mail_up().await;
    let told = fixture.told(order(), 1).await;

    assert_eq!((told[0].email, told[0].push), (Delivery::Sent, Some(Delivery::Sent)));
    assert_eq!(fixture.mails().await.len(), 1);
}

#[tokio::test]
async fn of_two_channels_that_refuse_a_message_the_mail_server_gives_the_reason() {
    let fixture = Fixture::new().await;
    fixture.orders.append(&created(
        order(),
        contact("refused@example.com", Some("refused-device")),
    ));

    let told = fixture.told(order(), 1).await;

    assert_eq!(
        (told[0].email, told[0].push),
        (Delivery::Refused, Some(Delivery::Refused))
    );
    let events = fixture.events().await;
    let [NotificationEvent::NotificationRefused { reason, .. }] = &events[..] else {
        panic!("{events:?}");
    };
    assert_eq!(reason, "mail: SMTP reply 550");
}

#[tokio::test]
async fn a_refused_recipient_is_noted_and_not_tried_again() {
    let fixture = Fixture::new().await;
    let (order_id, device) = (order(), OrderId::derive(&["device"]));

    fixture
        .orders
        .append(&created(order_id, contact("refused@example.com", None)));
    fixture
        .orders
        .append(&created(device, contact("ann@example.com", Some("refused-device"))));
    let by_mail = fixture.told(order_id, 1).await.remove(0);
    let by_push = fixture.told(device, 1).await.remove(0);

    assert_eq!((by_mail.email, by_mail.push), (Delivery::Refused, None));
    assert_eq!((by_push.email, by_push.push), (Delivery::Sent, Some(Delivery::Refused)));
    let reasons: Vec<_> = fixture
        .events()
        .await
        .into_iter()
        .map(|event| match event {
            NotificationEvent::NotificationRefused { reason, .. } => reason,
            NotificationEvent::NotificationSent { .. } => "sent".to_owned(),
        })
        .collect();
    assert_eq!(reasons.len(), 2);
    assert!(reasons.contains(&"mail: SMTP reply 550".to_owned()), "{reasons:?}");
    assert!(
        reasons.contains(&"push: push endpoint answered 410 Gone".to_owned()),
        "{reasons:?}"
    );
}

#[tokio::test]
async fn a_refund_heard_of_before_its_order_waits_for_it() {
    let fixture = Fixture::new().await;
    let order_id = order();
    let amount = Money::new(500, Currency::EUR);
    let payment_id = PaymentId::derive(&["payment"]);
    fixture.payments.append(&PaymentEvent::PaymentRefunded {
        payment_id,
        order_id,
        amount,
        refunded: amount,
    });
    unready(&fixture).await;

    fixture
        .orders
        .append(&created(order_id, contact("ann@example.com", None)));
    let told = fixture.told(order_id, 2).await;

    assert_eq!(told.len(), 2);
}

/// Why the module is not ready, once it is not.
async fn unready(fixture: &Fixture) -> String {
    until("it is not ready", async || {
        let report = fixture.environment().health.report().await;
        report.checks.into_iter().find_map(|check| check.reason)
    })
    .await
}

#[tokio::test]
async fn a_mail_server_that_falls_silent_holds_a_mail_no_longer_than_the_limit() {
    let mut fixture = Fixture::new().await;
    fixture.mail_down().await;
    let silent = fixture.silent_mail_server().await;
    fixture
        .orders
        .append(&created(order(), contact("ann@example.com", None)));
    let reason = unready(&fixture).await;

    drop(silent);
    fixture.mail_up().await;
    fixture.told(order(), 1).await;

    assert!(reason.contains("no reply within 1s"), "{reason}");
    assert_eq!(fixture.mails().await.len(), 1);
}
