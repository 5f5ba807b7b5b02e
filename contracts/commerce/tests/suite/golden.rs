//! JSON that consumers read and logs store: a test fails before a change of its form is shipped.

use std::{fmt::Write, path::PathBuf};

use commerce::{
    DomainEvent, DomainEventPayload, InventoryReply, NotificationsReply, Orders, OrdersReply, PaymentsReply, http,
};
use seam::Contract;
use serde_json::Value;

use crate::{
    events::recorded,
    recorded::Recorded,
    requests::ask,
    samples::{self, order_id},
};

const ACCEPT: &str = "UPDATE_GOLDEN=1 cargo test -p commerce --test suite golden";

/// Compares `seen` with the file of this name; with `UPDATE_GOLDEN=1`, replaces the file.
pub(crate) fn golden(name: &str, seen: &Value) -> Value {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name);
    let text = format!("{seen:#}\n");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == text,
        "tests/golden/{name} has changed: consumers and logs may hold the old form.\n{}\n\
         if it is meant: {ACCEPT}, then read the diff",
        difference(&kept, &text),
    );
    serde_json::from_str(&kept).unwrap()
}

/// Shows the first lines between the common beginning and the common end.
fn difference(old: &str, new: &str) -> String {
    const MOST: usize = 30;
    let (old, new): (Vec<_>, Vec<_>) = (old.lines().collect(), new.lines().collect());
    let same = |pair: &(&&str, &&str)| pair.0 == pair.1;
    let head = old.iter().zip(&new).take_while(same).count();
    let most = old.len().min(new.len()) - head;
    let tail = old
        .iter()
        .rev()
        .zip(new.iter().rev())
        .take(most)
        .take_while(same)
        .count();
    let mut text = format!("@@ line {}\n", head + 1);
    for (sign, lines) in [('-', &old), ('+', &new)] {
        let changed = &lines[head..lines.len() - tail];
        for line in changed.iter().take(MOST) {
            let _ = writeln!(text, "{sign} {line}");
        }
        if changed.len() > MOST {
            let _ = writeln!(text, "{sign} ... and {} more lines", changed.len() - MOST);
        }
    }
    text
}

fn log<E: DomainEventPayload + PartialEq + std::fmt::Debug>(name: &str, source: &str, events: Vec<E>) {
    let numbered = events.iter().zip(1..);
    let written: Vec<_> = numbered
        .map(|(event, version)| recorded(event, version, source))
        .collect();

    let kept = golden(name, &serde_json::to_value(written).unwrap());

    let kept: Vec<DomainEvent> = serde_json::from_value(kept).unwrap();
    let read: Vec<E> = kept.iter().map(|event| event.parse().unwrap()).collect();
    assert_eq!(read, events, "what lies in a log can still be read");
}

#[test]
fn events_keep_their_form() {
    log("order_events.json", "orders", samples::order_events());
    log("payment_events.json", "payments", samples::payment_events());
    log("inventory_events.json", "inventory", samples::inventory_events());
    log(
        "notification_events.json",
        "notifications",
        samples::notification_events(),
    );
}

/// Returns the reply to a request with its envelope, but without the part that differs from run to run.
async fn reply<C: Contract + ?Sized>(
    answer: C::Reply,
    router: fn(std::sync::Arc<C>) -> axum::Router,
    request: &str,
) -> Value {
    let router = router(Recorded::<C>::answering(answer).service());
    let mut json = ask(&router, request, &[("x-request-id", "r-1")], "").await.json();
    let timestamp: commerce::Timestamp = serde_json::from_value(json["timestamp"].clone()).unwrap();
    assert!(timestamp.as_micros() > samples::AT);
    json["timestamp"] = samples::at().to_string().into();
    json
}

#[tokio::test]
async fn replies_keep_their_form() {
    let order = || OrdersReply::GetOrder(Ok(samples::order()));
    let orders = http::orders::router;
    let v1 = reply::<dyn Orders>(order(), orders, &format!("GET /v1/orders/{}", order_id())).await;
    golden("order_v1.json", &v1);
    let v2 = reply::<dyn Orders>(order(), orders, &format!("GET /v2/orders/{}", order_id())).await;
    golden("order_v2.json", &v2);

    let payment = PaymentsReply::GetPayment(Ok(samples::payment()));
    let request = format!("GET /v2/payments/{}", samples::payment_id());
    golden(
        "payment.json",
        &reply::<dyn commerce::Payments>(payment, http::payments::router, &request).await,
    );

    let product = InventoryReply::GetProduct(Ok(samples::product(3)));
    let request = "GET /v2/products/a%2Fb%25";
    golden(
        "product.json",
        &reply::<dyn commerce::Inventory>(product, http::inventory::router, request).await,
    );

    let reservation = InventoryReply::Commit(Ok(samples::reservation()));
    let request = format!("POST /v2/reservations/{}/commit", order_id());
    golden(
        "reservation.json",
        &reply::<dyn commerce::Inventory>(reservation, http::inventory::router, &request).await,
    );

    let notification = NotificationsReply::GetNotification(Ok(samples::notification()));
    let request = format!("GET /v2/notifications/{}", samples::notification().id);
    let notifications = http::notifications::router;
    golden(
        "notification.json",
        &reply::<dyn commerce::Notifications>(notification, notifications, &request).await,
    );
}

#[tokio::test]
async fn failures_keep_their_form() {
    let mut replies = Vec::new();
    for (error, ..) in samples::failures() {
        let answer = OrdersReply::GetOrder(Err(error));
        let request = format!("GET /v2/orders/{}", order_id());
        replies.push(reply::<dyn Orders>(answer, http::orders::router, &request).await);
    }
    golden("failures.json", &replies.into());
}
