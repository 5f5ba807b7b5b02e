//! Payments of orders, at the real provider of the outside world.

use crate::support::{Fixture, euros, in_a_hurry, order};
use commerce::{OrderStatus, PageRequest, PaymentConflict, PaymentError, PaymentEvent, PaymentStatus};
use futures::future::join_all;
use outside::OperationStatus;
use seam::Context;
use shared::testing::until;
use std::time::Duration;

/// Long enough for a request to arrive, however slow the machine; the answer never does.
const ARRIVES: Duration = Duration::from_secs(2);

#[tokio::test]
async fn an_order_is_charged_once_and_booked_on_both_sides() {
    let fixture = Fixture::new().await;
    let order = fixture.order("o", "tok_ok");

    let begun = fixture.payments().process_payment(order.id).await.expect("it is begun");
    let payment = fixture.settled(begun).await;

    assert_eq!(
        (payment.status, payment.captured),
        (PaymentStatus::Captured, euros(1000))
    );
    let ledger = fixture.ledger().await;
    assert_eq!(ledger.charges.len(), 1);
    assert_eq!(ledger.charges[0].capture.reference, order.id.to_string());
    assert_eq!(
        fixture.own_ledger().await,
        [("customer".to_owned(), -1000), ("provider".to_owned(), 1000)]
    );
    assert_eq!(
        fixture.events().await[0].parse::<PaymentEvent>().expect("our event"),
        PaymentEvent::PaymentCaptured {
            payment_id: payment.id,
            order_id: order.id,
            amount: euros(1000)
        }
    );
}

#[tokio::test]
async fn the_event_carries_the_correlation_of_what_set_it_off() {
    let fixture = Fixture::new().await;
    let order = fixture.order("o", "tok_ok");
    let context = Context::root("shop");

    let payment = context
        .clone()
        .scope(fixture.payments().process_payment(order.id))
        .await
        .expect("it is begun");
    fixture.settled(payment).await;

    let metadata = &fixture.events().await[0].metadata;
    assert_eq!(metadata.correlation_id, context.correlation_id);
    assert_eq!(metadata.causation_id, Some(context.request_id));
}

#[tokio::test]
async fn the_same_order_asked_for_eight_times_at_once_is_charged_once() {
    let fixture = Fixture::new().await;
    let order = fixture.order("o", "tok_ok");

    let payments = join_all((0..8).map(|_| {
        let (service, fixture) = (fixture.payments(), &fixture);
        async move {
            let begun = service.process_payment(order.id).await.expect("it is begun");
            fixture.settled(begun).await
        }
    }))
    .await;

    assert!(payments.iter().all(|payment| *payment == payments[0]), "{payments:?}");
    assert_eq!(fixture.ledger().await.charges.len(), 1);
    let page = fixture
        .payments()
        .list_payments_for_order(order.id, PageRequest::default())
        .await
        .expect("a page");
    assert_eq!((page.items, page.total), (vec![payments[0].clone()], 1));
}

#[tokio::test]
async fn a_declined_payment_fails_and_is_not_charged() {
    let fixture = Fixture::new().await;

    let payment = fixture.captured("o", "tok_decline").await;

    assert_eq!((payment.status, payment.captured), (PaymentStatus::Failed, euros(0)));
    assert_eq!(payment.failure.as_deref(), Some("card declined"));
    assert_eq!(fixture.ledger().await.charges, []);
    assert_eq!(fixture.own_ledger().await, []);
    assert_eq!(fixture.events().await[0].event_type, "PaymentFailed");
}

#[tokio::test]
async fn an_authorization_without_an_answer_is_unknown_and_then_found_and_charged_once() {
    let fixture = Fixture::waiting(ARRIVES).await;
    let order = fixture.order("o", "tok_timeout");

    // The caller's time ends before the provider answers: the outcome is not known yet.
    let early = Context::root("shop").within(Duration::from_millis(250));
    let first = early
        .scope(fixture.payments().process_payment(order.id))
        .await
        .expect("it is begun");
    let unknown = fixture
        .until(first.clone(), |status| status == PaymentStatus::Unknown)
        .await;
    let payment = fixture.settled(first.clone()).await;

    assert_eq!(
        [first.status, unknown.status, payment.status],
        [PaymentStatus::Pending, PaymentStatus::Unknown, PaymentStatus::Captured]
    );
    let ledger = fixture.ledger().await;
    assert_eq!((ledger.authorizations.len(), ledger.charges.len()), (1, 1));
    assert_eq!(
        ledger.requests.get(&format!("{}:authorize", payment.id)),
        Some(&1),
        "it was asked about, not repeated"
    );
    assert_eq!(fixture.events().await.len(), 1);
}

#[tokio::test]
async fn a_charge_answered_with_an_error_is_found_and_not_repeated() {
    let fixture = Fixture::new().await;

    let payment = fixture.captured("o", "tok_error_after_charge").await;

    assert_eq!(payment.status, PaymentStatus::Captured);
    let ledger = fixture.ledger().await;
    assert_eq!(ledger.charges.len(), 1);
    assert_eq!(
        ledger.requests.get(&format!("{}:capture", payment.id)),
        Some(&1),
        "it was asked about, not repeated"
    );
    assert_eq!(fixture.own_ledger().await.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_fifty_charges_at_once_that_are_answered_with_an_error_none_is_repeated() {
    let fixture = Fixture::new().await;

    join_all((0..50).map(|order| {
        let (fixture, name) = (&fixture, order.to_string());
        async move { fixture.captured(&name, "tok_error_after_charge").await }
    }))
    .await;

    let ledger = fixture.ledger().await;
    assert_eq!(ledger.charges.len(), 50);
    let repeated: Vec<_> = ledger.requests.iter().filter(|(_, times)| **times > 1).collect();
    assert!(repeated.is_empty(), "they were asked about: {repeated:?}");
}

#[tokio::test]
async fn a_payment_that_the_provider_never_heard_of_is_sent_again_under_the_same_key() {
    let mut fixture = Fixture::without_provider().await;
    let order = fixture.order("o", "tok_ok");
    let payment = fixture.payments().process_payment(order.id).await.expect("it is begun");
    fixture
        .until(payment.clone(), |status| status == PaymentStatus::Unknown)
        .await;

    fixture.provider_up().await;
    let settled = fixture.settled(payment.clone()).await;

    assert_eq!(settled.status, PaymentStatus::Captured);
    let requests: Vec<_> = fixture.ledger().await.requests.into_keys().collect();
    assert_eq!(
        requests,
        [format!("{}:authorize", payment.id), format!("{}:capture", payment.id)]
    );
}

#[tokio::test]
async fn an_order_cancelled_before_the_provider_heard_of_it_fails_without_a_charge() {
    let mut fixture = Fixture::without_provider().await;

    let settled = fixture.cancelled_unasked().await;

    assert_eq!(settled.status, PaymentStatus::Failed);
    let ledger = fixture.ledger().await;
    assert_eq!((ledger.authorizations, ledger.charges), (vec![], vec![]));
}

#[tokio::test]
async fn what_is_held_for_an_order_that_was_cancelled_meanwhile_is_let_go_of() {
    let fixture = Fixture::waiting(ARRIVES).await;
    let mut order = fixture.order("o", "tok_timeout");
    let early = Context::root("shop").within(Duration::from_millis(100));
    let payment = early
        .scope(fixture.payments().process_payment(order.id))
        .await
        .expect("it is begun");

    order.status = OrderStatus::Cancelled;
    fixture.orders.put(order);
    let settled = fixture.settled(payment).await;

    assert_eq!(settled.status, PaymentStatus::Failed);
    let ledger = fixture.ledger().await;
    assert_eq!(
        (ledger.authorizations.len(), ledger.voids.len(), ledger.charges.len()),
        (1, 1, 0)
    );
    assert_eq!(ledger.voids[0].status, OperationStatus::Succeeded);
}

#[tokio::test]
async fn a_payment_begun_by_a_process_that_died_is_finished_by_the_next_one() {
    let mut fixture = Fixture::without_provider().await;
    let order = fixture.order("o", "tok_ok");
    let early = Context::root("shop").within(Duration::from_millis(60));
    let payment = early
        .scope(fixture.payments().process_payment(order.id))
        .await
        .expect("it is begun");
    fixture.stop().await;

    fixture.provider_up().await;
    fixture.start().await;
    let settled = fixture.settled(payment).await;

    assert_eq!(settled.status, PaymentStatus::Captured);
    assert_eq!(fixture.ledger().await.charges.len(), 1);
}

#[tokio::test]
async fn only_a_pending_order_can_be_paid() {
    let fixture = Fixture::new().await;
    let mut cancelled = order("o", "tok_ok");
    cancelled.status = OrderStatus::Cancelled;
    fixture.orders.put(cancelled.clone());

    let refused = fixture.payments().process_payment(cancelled.id).await;
    let missing = fixture.payments().process_payment(order("nobody's", "tok_ok").id).await;

    let conflict = PaymentConflict::OrderNotPayable {
        order_id: cancelled.id,
        status: "cancelled".to_owned(),
    };
    assert_eq!(refused, Err(PaymentError::Conflict(conflict)));
    assert!(matches!(missing, Err(PaymentError::NotFound { what, .. }) if what == "order"));
}

#[tokio::test]
async fn one_slow_payment_delays_no_other() {
    let fixture = Fixture::new().await;
    for index in 0..8 {
        let slow = fixture.order(&format!("slow {index}"), "tok_timeout");
        let early = Context::root("shop").within(Duration::from_millis(60));
        early
            .scope(fixture.payments().process_payment(slow.id))
            .await
            .expect("it is begun");
    }

    let quick = fixture.order("quick", "tok_ok");
    let payment = fixture.payments().process_payment(quick.id).await.expect("it is paid");

    assert_eq!(
        payment.status,
        PaymentStatus::Captured,
        "it is answered while the slow ones wait"
    );
}

#[tokio::test]
async fn what_was_booked_never_changes() {
    let fixture = Fixture::new().await;
    fixture.captured("o", "tok_ok").await;
    let db = fixture.module().database.clone();

    for statement in ["UPDATE ledger SET amount = 1", "DELETE FROM ledger"] {
        let refused: Result<(), shared::DatabaseError> = db
            .write(move |tx| {
                Box::pin(async move {
                    sqlx::query(statement).execute(tx.connection()).await?;
                    Ok(())
                })
            })
            .await;
        assert!(
            refused.is_err_and(|error| error.to_string().contains("ledger rows never")),
            "{statement}"
        );
    }
    assert_eq!(fixture.own_ledger().await.len(), 2);
}

#[tokio::test]
async fn a_caller_waits_for_a_payment_no_longer_than_its_deadline() {
    let fixture = Fixture::new().await;
    let order = fixture.order("o", "tok_timeout");

    let begun = in_a_hurry(fixture.payments().process_payment(order.id)).await;

    assert_eq!(begun.expect("it is begun").status, PaymentStatus::Pending);
}

#[tokio::test]
async fn each_attempt_that_is_not_answered_is_counted_and_puts_the_next_one_off() {
    let fixture = Fixture::without_provider().await;
    let order = fixture.order("o", "tok_ok");
    fixture.payments().process_payment(order.id).await.expect("it is begun");

    let due_after = async |wanted: i64| {
        until("these attempts were made", async || {
            let read: (i64, i64) = sqlx::query_as("SELECT attempts, due_at FROM payments")
                .fetch_one(fixture.module().database.readers())
                .await
                .expect("the payment is there");
            (read.0 >= wanted).then_some(read)
        })
        .await
    };
    let (attempts, first) = due_after(3).await;
    let (attempts, later) = due_after(attempts + 1).await;

    // 100 ms after the first attempt, and twice as long after each further one.
    let pause = 100_000 << (attempts - 1);
    assert!(
        later - first >= pause,
        "{} us after {attempts} attempts, wanted {pause}",
        later - first
    );
}

#[tokio::test]
async fn a_settled_payment_is_never_looked_at_again() {
    let fixture = Fixture::new().await;

    fixture.captured("o", "tok_ok").await;
    fixture.captured("declined", "tok_decline").await;

    let due: Vec<String> = sqlx::query_scalar("SELECT status FROM payments WHERE due_at IS NOT NULL")
        .fetch_all(fixture.module().database.readers())
        .await
        .expect("the payments can be read");
    assert_eq!(due, Vec::<String>::new());
}
