//! Notifications tells customers what happens to their orders and their money.

use std::{net::TcpListener, sync::Arc};

use commerce::{EventFeed, Money, OrderEvent, OrderId, OrderStatus, PaymentEvent, PaymentStatus};
use outside::{MailSink, Message as Mail};
use shared::testing::Log;

use super::{
    events::{self, Event},
    feed,
    fixtures::{self, PRICE, SKU, TOTAL, contact, euros, ordered, paid_by, payment_id},
    incoming::IncomingMessage,
    matchers::money,
    message::Message,
    neighbours::silence,
    opened,
    states::{self, State},
    suite::Pact,
};

/// Messages to customers about their orders.
pub(crate) fn and_orders() -> Pact {
    let id = order_id();
    let cases = [
        (events::order_created(id), 1, OrderStatus::Pending, "Total: 13.50 EUR"),
        (
            events::order_confirmed(id),
            2,
            OrderStatus::Confirmed,
            "Your order is paid",
        ),
        (
            events::order_cancelled(id),
            2,
            OrderStatus::Cancelled,
            "Reason: changed my mind",
        ),
        (
            events::order_shipped(id),
            3,
            OrderStatus::Shipped,
            "Carrier: Post\nTracking number: T-1",
        ),
        (
            events::order_delivered(id),
            4,
            OrderStatus::Delivered,
            "Your order was handed over",
        ),
    ];
    let pact = Pact::between("notifications", "orders");
    let pact = cases.into_iter().fold(pact, |pact, (event, version, status, wanted)| {
        let message = Message::of(event, version).given(states::stocked(SKU, PRICE, 100));
        pact.message(message.given(ordered(status)), move |message| async move {
            let message = message.after(&events::history(order_id(), version));
            let mails = mails_about_orders(&message).await;
            assert_eq!(i64::try_from(mails.len()).unwrap(), version);
            is_told(mails.last().unwrap(), wanted);
        })
    });
    let stocked = states::stocked(SKU, PRICE, 100);
    feed::read(pact, "orders", vec![stocked, ordered(OrderStatus::Pending)])
}

/// Messages to customers about refunds. The order's own events announce that money was taken.
pub(crate) fn and_payments() -> Pact {
    let id = order_id();
    let none = euros(0);
    let cases: [(Event, i64, State, Option<&str>); 3] = [
        (
            events::payment_captured(id, money(TOTAL)),
            1,
            paid(PaymentStatus::Captured, "tok_ok", none),
            None,
        ),
        (
            events::payment_failed(id),
            1,
            paid(PaymentStatus::Failed, "tok_decline", none),
            None,
        ),
        (
            events::payment_refunded(id),
            2,
            paid(PaymentStatus::Refunded, "tok_ok", TOTAL),
            Some("Given back: 13.50 EUR\nIn all: 13.50 EUR"),
        ),
    ];
    let pact = Pact::between("notifications", "payments");
    let pact = cases.into_iter().fold(pact, |pact, (event, version, state, wanted)| {
        pact.message(Message::of(event, version).given(state), move |message| async move {
            let message = if version > 1 {
                message.after(&[captured()])
            } else {
                message
            };
            let mails = mails_about_payments(&message).await;
            // The first mail announces that the order was placed.
            match wanted {
                Some(wanted) => is_told(&mails[1], wanted),
                None => assert_eq!(mails.len(), 1),
            }
        })
    });
    feed::read(pact, "payments", vec![paid(PaymentStatus::Captured, "tok_ok", none)])
}

fn order_id() -> OrderId {
    fixtures::order_id("notifications")
}

fn paid(status: PaymentStatus, token: &str, refunded: Money) -> State {
    states::payment(status, &paid_by(token), TOTAL, refunded)
}

fn created() -> OrderEvent {
    events::history(order_id(), 2).remove(0)
}

fn captured() -> PaymentEvent {
    PaymentEvent::PaymentCaptured {
        payment_id: payment_id(),
        order_id: order_id(),
        amount: TOTAL,
    }
}

fn is_told(mail: &Mail, wanted: &str) {
    assert_eq!(mail.to, contact().email);
    assert!(mail.body.contains(wanted), "{wanted:?} in {mail:?}");
}

/// The mails after a log of orders that ends with the message.
async fn mails_about_orders(message: &IncomingMessage) -> Vec<Mail> {
    let post = Post::open();
    let notifications = post.notifications(message.feed(), silence()).await;
    notifications.handles("notifications.orders", message).await;
    notifications.close().await;
    post.mails().await
}

/// The mails of one order, and then of a log of payments that ends with the message.
async fn mails_about_payments(message: &IncomingMessage) -> Vec<Mail> {
    let (post, orders) = (Post::open(), Arc::new(Log::default()));
    orders.append(&created());
    let notifications = post.notifications(orders, message.feed()).await;
    // A refund is announced to the address that came with the order.
    notifications.reaches("notifications.orders", 1).await;
    notifications.handles("notifications.payments", message).await;
    notifications.close().await;
    post.mails().await
}

/// A mail server.
struct Post(MailSink);

impl Post {
    fn open() -> Self {
        let listen = || TcpListener::bind("127.0.0.1:0").unwrap();
        Self(MailSink::start(listen(), listen(), None).unwrap())
    }

    async fn notifications(
        &self,
        orders: Arc<dyn EventFeed>,
        payments: Arc<dyn EventFeed>,
    ) -> opened::Opened<dyn commerce::Notifications> {
        opened::notifications(orders, payments, &self.0.smtp_address().to_string()).await
    }

    async fn mails(&self) -> Vec<Mail> {
        let url = format!("http://{}/messages", self.0.http_address());
        reqwest::get(url).await.unwrap().json().await.unwrap()
    }
}
