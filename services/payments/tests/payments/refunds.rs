//! Refunds, at the real provider of the outside world.

use crate::support::{Fixture, IMPATIENT, euros, in_a_hurry, refund};
use commerce::{OrderId, PaymentConflict, PaymentError, PaymentEvent, PaymentId, PaymentStatus, Refund};
use futures::future::join_all;
use seam::original;
use shared::testing::until;

#[tokio::test]
async fn a_refund_gives_money_back_and_is_booked_on_both_sides() {
    let fixture = Fixture::new().await;
    let payment = fixture.captured("o", "tok_ok").await;

    let part = refund(fixture.payments(), "shop", &payment, "k1", 400)
        .await
        .expect("a part is given back");
    let rest = refund(fixture.payments(), "shop", &payment, "k2", 600)
        .await
        .expect("the rest is given back");

    assert_eq!(
        (part.status, part.refunded),
        (PaymentStatus::PartiallyRefunded, euros(400))
    );
    assert_eq!((rest.status, rest.refunded), (PaymentStatus::Refunded, euros(1000)));
    assert_eq!(fixture.ledger().await.charges[0].refunded_cents, 1000);
    let rows = fixture.own_ledger().await;
    assert_eq!(rows.len(), 6);
    assert_eq!(rows.iter().map(|(_, cents)| cents).sum::<i64>(), 0);
    let last = fixture
        .events()
        .await
        .pop()
        .expect("an event")
        .parse::<PaymentEvent>()
        .expect("our event");
    assert_eq!(
        last,
        PaymentEvent::PaymentRefunded {
            payment_id: payment.id,
            order_id: payment.order_id,
            amount: euros(600),
            refunded: euros(1000)
        }
    );
}

#[tokio::test]
async fn eight_refunds_at_once_never_exceed_what_was_captured() {
    let fixture = Fixture::new().await;
    let payment = fixture.captured("o", "tok_ok").await;

    let answers = join_all((0..8).map(|index| {
        let (service, payment) = (fixture.payments(), payment.clone());
        async move { refund(service, "shop", &payment, &format!("k{index}"), 300).await }
    }))
    .await;

    let given = answers.iter().filter(|answer| answer.is_ok()).count();
    let refused = answers.iter().filter(|answer| {
        matches!(
            answer,
            Err(PaymentError::Conflict(PaymentConflict::RefundExceedsCaptured { .. }))
        )
    });
    assert_eq!((given, refused.count()), (3, 5));
    let after = fixture.payments().get_payment(payment.id).await.expect("the payment");
    assert_eq!(after.refunded, euros(900));
    assert_eq!(fixture.ledger().await.charges[0].refunded_cents, 900);
}

#[tokio::test]
async fn the_same_key_eight_times_at_once_is_one_refund_with_one_answer() {
    let fixture = Fixture::new().await;
    let payment = fixture.captured("o", "tok_ok").await;

    let answers = join_all((0..8).map(|_| {
        let (service, payment) = (fixture.payments(), payment.clone());
        async move {
            refund(service, "shop", &payment, "k", 100)
                .await
                .expect("it is given back")
        }
    }))
    .await;

    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    assert_eq!(answers[0].refunded, euros(100));
    assert_eq!(fixture.ledger().await.refunds.len(), 1);
}

#[tokio::test]
async fn a_repetition_is_answered_with_the_first_answer_whatever_happened_since() {
    let fixture = Fixture::new().await;
    let payment = fixture.captured("o", "tok_ok").await;
    let first = original::capture(refund(fixture.payments(), "shop", &payment, "k1", 100)).await;
    refund(fixture.payments(), "shop", &payment, "k2", 100)
        .await
        .expect("it is given back");

    let again = original::capture(refund(fixture.payments(), "shop", &payment, "k1", 100)).await;

    assert!(first.1.is_some(), "the first answer says when it was given");
    assert_eq!(again, first);
}

#[tokio::test]
async fn a_key_names_one_refund_of_one_caller() {
    let fixture = Fixture::new().await;
    let payment = fixture.captured("o", "tok_ok").await;
    let other = fixture.captured("p", "tok_ok").await;
    refund(fixture.payments(), "shop", &payment, "k", 100)
        .await
        .expect("it is given back");

    let other_amount = refund(fixture.payments(), "shop", &payment, "k", 200).await;
    let other_payment = refund(fixture.payments(), "shop", &other, "k", 100).await;
    let other_caller = refund(fixture.payments(), "desk", &payment, "k", 100).await;

    let reused = Err(PaymentError::KeyReused { key: "k".to_owned() });
    assert_eq!((other_amount, other_payment), (reused.clone(), reused));
    assert_eq!(other_caller.expect("it is another refund").refunded, euros(200));
}

#[tokio::test]
async fn a_refund_answered_with_an_error_is_found_and_not_repeated() {
    let fixture = Fixture::new().await;
    let payment = fixture.captured("o", "tok_error_after_refund").await;

    let answer = refund(fixture.payments(), "shop", &payment, "k", 100)
        .await
        .expect("it is given back");

    assert_eq!(answer.refunded, euros(100));
    let ledger = fixture.ledger().await;
    assert_eq!(ledger.refunds.len(), 1);
    assert_eq!(
        ledger.requests.get(&ledger.refunds[0].key),
        Some(&1),
        "it was asked about, not repeated"
    );
}

#[tokio::test]
async fn a_refund_that_can_not_be_asked_for_goes_on_and_the_same_key_hears_of_it() {
    let mut fixture = Fixture::waiting(IMPATIENT).await;
    let payment = fixture.captured("o", "tok_ok").await;
    fixture.provider_down().await;

    let down = refund(fixture.payments(), "shop", &payment, "k", 100).await;
    let others = refund(fixture.payments(), "shop", &payment, "k2", 901).await;
    fixture.provider_up().await;
    let up = until("the refund is answered", async || {
        refund(fixture.payments(), "shop", &payment, "k", 100).await.ok()
    })
    .await;

    assert!(matches!(down, Err(PaymentError::Transport(_))), "{down:?}");
    assert!(
        matches!(others, Err(PaymentError::Conflict(_))),
        "what is on its way is set aside: {others:?}"
    );
    assert_eq!(up.refunded, euros(100));
    assert_eq!(fixture.ledger().await.refunds.len(), 1);
    assert!(still_due(&fixture).await.is_empty());
}

/// The keys of the refunds that the dispatch still has to look at.
async fn still_due(fixture: &Fixture) -> Vec<String> {
    sqlx::query_scalar("SELECT key FROM refunds WHERE due_at IS NOT NULL")
        .fetch_all(fixture.module().database.readers())
        .await
        .expect("the refunds can be read")
}

#[tokio::test]
async fn a_refund_that_is_answered_is_never_looked_at_again() {
    let fixture = Fixture::new().await;
    let made = fixture.captured("o", "tok_ok").await;
    let refused = fixture.captured("p", "tok_refund_refused").await;

    refund(fixture.payments(), "shop", &made, "made", 100)
        .await
        .expect("it is given back");
    refund(fixture.payments(), "shop", &refused, "refused", 100)
        .await
        .expect_err("it is refused");

    assert_eq!(still_due(&fixture).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_caller_waits_for_a_refund_no_longer_than_its_deadline() {
    let mut fixture = Fixture::new().await;
    let payment = fixture.captured("o", "tok_ok").await;
    fixture.provider_down().await;

    let key = "k".parse().expect("a key");
    let amount = euros(100);
    let answer = in_a_hurry(fixture.payments().refund_payment(payment.id, Refund { key, amount })).await;

    assert!(matches!(answer, Err(PaymentError::Transport(_))), "{answer:?}");
}

#[tokio::test]
async fn each_attempt_that_is_not_answered_puts_the_next_one_off() {
    let mut fixture = Fixture::waiting(IMPATIENT).await;
    let payment = fixture.captured("o", "tok_ok").await;
    fixture.provider_down().await;

    let down = refund(fixture.payments(), "shop", &payment, "k", 100).await;

    assert!(matches!(down, Err(PaymentError::Transport(_))), "{down:?}");
    let due_after = async |wanted: i64| {
        until("these attempts were made", async || {
            let (attempts, due_at): (i64, i64) = sqlx::query_as("SELECT attempts, due_at FROM refunds")
                .fetch_one(fixture.module().database.readers())
                .await
                .expect("the refund is there");
            (attempts >= wanted).then_some((attempts, due_at))
        })
        .await
    };
    let (attempts, first) = due_after(1).await;
    let (_, later) = due_after(attempts + 1).await;
    assert!(later > first, "{later} is not after {first}");
}

#[tokio::test]
async fn a_refund_begun_by_a_process_that_died_is_finished_by_the_next_one_unasked() {
    let mut fixture = Fixture::waiting(IMPATIENT).await;
    let payment = fixture.captured("o", "tok_ok").await;
    fixture.provider_down().await;
    refund(fixture.payments(), "shop", &payment, "k", 100)
        .await
        .expect_err("the provider is down");
    fixture.stop().await;

    fixture.provider_up().await;
    fixture.start().await;
    let after = fixture
        .until(payment, |status| status == PaymentStatus::PartiallyRefunded)
        .await;

    assert_eq!(after.refunded, euros(100));
}

#[tokio::test]
async fn a_refused_refund_is_remembered_and_sets_nothing_aside() {
    let fixture = Fixture::new().await;
    let payment = fixture.captured("o", "tok_refund_refused").await;

    let first = refund(fixture.payments(), "shop", &payment, "k1", 1000).await;
    let again = refund(fixture.payments(), "shop", &payment, "k1", 1000).await;
    let other = refund(fixture.payments(), "shop", &payment, "k2", 1000).await;

    let refused = PaymentConflict::RefundRefused {
        reason: "account closed".to_owned(),
    };
    assert_eq!(first, Err(PaymentError::Conflict(refused)));
    assert_eq!(
        (&again, &other),
        (&first, &first),
        "the second asks the provider again: the money was free again"
    );
    assert_eq!(fixture.ledger().await.refunds.len(), 2);
}

#[tokio::test]
async fn what_can_not_be_refunded_is_refused_and_not_remembered() {
    let fixture = Fixture::new().await;
    let failed = fixture.captured("declined", "tok_decline").await;
    let captured = fixture.captured("o", "tok_ok").await;
    let nobodys = commerce::Payment {
        id: PaymentId::derive(&["none"]),
        order_id: OrderId::derive(&["none"]),
        ..failed.clone()
    };
    let dollars = Refund {
        key: "k".parse().expect("a key"),
        amount: commerce::Money {
            currency: "USD".to_owned().try_into().expect("a currency"),
            ..euros(1)
        },
    };

    let of_failed = refund(fixture.payments(), "shop", &failed, "k", 1).await;
    let of_nobody = refund(fixture.payments(), "shop", &nobodys, "k", 1).await;
    let in_dollars = fixture.payments().refund_payment(captured.id, dollars).await;
    let of_nothing = refund(fixture.payments(), "shop", &captured, "k", 0).await;
    let of_less = refund(fixture.payments(), "shop", &captured, "k", i64::MIN).await;
    let of_too_much = refund(fixture.payments(), "shop", &captured, "k", i64::MAX).await;
    let of_one = refund(fixture.payments(), "shop", &captured, "k", 1).await;

    assert!(matches!(
        of_failed,
        Err(PaymentError::Conflict(PaymentConflict::IllegalTransition { .. }))
    ));
    assert!(matches!(of_nobody, Err(PaymentError::NotFound { .. })));
    for invalid in [in_dollars, of_nothing, of_less] {
        assert!(matches!(invalid, Err(PaymentError::InvalidInput(_))), "{invalid:?}");
    }
    let left = PaymentConflict::RefundExceedsCaptured {
        wanted: euros(i64::MAX),
        left: euros(1000),
    };
    assert_eq!(of_too_much, Err(PaymentError::Conflict(left)));
    assert_eq!(of_one.expect("the key is still new").refunded, euros(1));
}
