//! Payments of orders that are heard of through the log.

use commerce::{Order, OrderEvent, OrderStatus, PaymentStatus};
use shared::testing::{Log, commits, until};

use crate::support::{Fixture, order};

pub(crate) fn created(order: &Order) -> OrderEvent {
    OrderEvent::OrderCreated {
        order_id: order.id,
        customer_id: order.customer_id.clone(),
        contact: order.contact.clone(),
        lines: order.lines.clone(),
        total: order.total,
    }
}

pub(crate) async fn payment_of(fixture: &Fixture, order: &Order) -> commerce::Payment {
    let payment = until("a payment", async || {
        let service = fixture.payments();
        let page = service.list_payments_for_order(order.id, Default::default()).await;
        page.expect("a page").items.into_iter().next()
    })
    .await;
    fixture.settled(payment).await
}

#[tokio::test]
async fn an_order_that_is_created_is_charged_with_three_commits() {
    let fixture = Fixture::new().await;
    let first = fixture.order("first", "tok_ok");
    fixture.feed.append(&created(&first));
    payment_of(&fixture, &first).await;
    let before = commits(fixture.module()).await;
    let order = fixture.order("o", "tok_ok");

    let event = fixture.feed.append(&created(&order));
    let payment = payment_of(&fixture, &order).await;

    assert_eq!(payment.status, PaymentStatus::Captured);
    assert_eq!(
        commits(fixture.module()).await - before,
        4,
        "the intent, the authorisation, the outcome, and the count itself"
    );
    let metadata = &fixture.events().await[1].metadata;
    assert_eq!(metadata.correlation_id, Log::CORRELATION);
    assert_eq!(metadata.causation_id, Some(event.event_id.to_string()));
}

#[tokio::test]
async fn an_order_that_is_cancelled_before_it_is_heard_of_fails_without_a_charge() {
    let fixture = Fixture::new().await;
    let mut cancelled = order("o", "tok_ok");
    cancelled.status = OrderStatus::Cancelled;
    fixture.orders.put(cancelled.clone());

    fixture.feed.append(&created(&cancelled));
    let payment = payment_of(&fixture, &cancelled).await;

    assert_eq!(payment.status, PaymentStatus::Failed);
    assert_eq!(fixture.ledger().await.authorizations, []);
}

#[tokio::test]
async fn an_event_and_a_command_for_one_order_are_one_payment() {
    let fixture = Fixture::new().await;
    let order = fixture.order("o", "tok_ok");

    fixture.feed.append(&created(&order));
    let by_command = fixture.payments().process_payment(order.id).await.expect("it is begun");
    let by_command = fixture.settled(by_command).await;
    let by_event = payment_of(&fixture, &order).await;

    assert_eq!(by_command, by_event);
    assert_eq!(fixture.ledger().await.charges.len(), 1);
}

#[tokio::test]
async fn fifty_orders_are_all_charged_once() {
    let fixture = Fixture::new().await;
    let orders: Vec<_> = (0..50)
        .map(|index| fixture.order(&format!("o{index}"), "tok_ok"))
        .collect();

    for order in &orders {
        fixture.feed.append(&created(order));
    }
    for order in &orders {
        assert_eq!(payment_of(&fixture, order).await.status, PaymentStatus::Captured);
    }

    let ledger = fixture.ledger().await;
    assert_eq!(ledger.charges.len(), 50);
    assert!(
        ledger.requests.values().all(|count| *count == 1),
        "{:?}",
        ledger.requests
    );
}
