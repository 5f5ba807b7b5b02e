//! Authorisations that arrive at the provider after their payment has failed.

use commerce::{Payment, PaymentStatus, Timestamp};
use serde_json::json;
use shared::{GivenUp, testing::until};

use crate::support::Fixture;

/// A payment that has failed because its order was cancelled while nobody could ask the provider.
async fn let_go(fixture: &mut Fixture) -> Payment {
    let settled = fixture.cancelled_unasked().await;
    assert_eq!(settled.status, PaymentStatus::Failed);
    assert!(fixture.ledger().await.authorizations.is_empty());
    settled
}

/// Changes the hold by hand.
async fn change(fixture: &Fixture, statement: &'static str) {
    let changed: Result<(), shared::DatabaseError> = fixture
        .module()
        .database
        .write(move |tx| {
            Box::pin(async move {
                sqlx::query(statement).execute(tx.connection()).await?;
                Ok(())
            })
        })
        .await;
    changed.expect("the hold can be changed");
}

/// A number of the only hold, in this column.
async fn number(fixture: &Fixture, query: &'static str) -> Option<i64> {
    sqlx::query_scalar(query)
        .fetch_one(fixture.module().database.readers())
        .await
        .expect("the hold is there")
}

async fn given_up(fixture: &Fixture) -> Vec<GivenUp> {
    fixture.module().given_up[0].list().await.expect("the list can be read")
}

#[tokio::test]
async fn an_authorisation_that_arrives_after_its_order_was_let_go_is_found_and_voided() {
    let mut fixture = Fixture::without_provider().await;
    let payment = let_go(&mut fixture).await;
    // What is looked for outlives the process.
    fixture.stop().await;
    fixture.start().await;

    fixture.authorize_late(&payment, "tok_ok").await;

    let ledger = until("the authorisation is voided", async || {
        let ledger = fixture.ledger().await;
        (!ledger.voids.is_empty()).then_some(ledger)
    })
    .await;
    assert_eq!((ledger.authorizations.len(), ledger.voids.len()), (1, 1));
    assert_eq!(ledger.voids[0].of.as_ref(), Some(&ledger.authorizations[0].id));
    assert!(ledger.charges.is_empty());
    let after = fixture.payments().get_payment(payment.id).await;
    assert_eq!(after, Ok(payment), "the payment stays as it is");
    until("the search is over", async || {
        let due: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM holds WHERE due_at IS NOT NULL")
            .fetch_one(fixture.module().database.readers())
            .await
            .expect("the holds can be read");
        (due == 0).then_some(())
    })
    .await;
    assert_eq!(given_up(&fixture).await, []);
}

#[tokio::test]
async fn a_hold_that_the_provider_refuses_to_void_is_listed_until_a_person_settles_it() {
    let mut fixture = Fixture::without_provider().await;
    let payment = let_go(&mut fixture).await;
    fixture.stop().await;
    let held = fixture.authorize_late(&payment, "tok_ok").await;
    let capture = json!({ "amount_cents": payment.amount.cents });
    let path = format!("authorizations/{held}/capture");
    fixture.command(&path, "somebody-else", &capture).await;
    fixture.start().await;
    let kind = fixture.module().given_up[0].clone();
    let listed = async |retries: i64| {
        until("it is listed", async || {
            given_up(&fixture).await.into_iter().find(|one| one.retries == retries)
        })
        .await
    };

    let first = listed(0).await;
    let id = payment.id.to_string();
    assert_eq!(kind.retry(&id).await, Ok(true));
    listed(1).await;
    let unknown = [
        kind.retry("17").await,
        kind.resolve(&payment.order_id.to_string()).await,
    ];
    let resolved = [kind.resolve(&id).await, kind.resolve(&id).await, kind.retry(&id).await];

    assert_eq!((first.kind, first.id, first.order_id), ("hold", id, payment.order_id));
    assert_eq!((first.amount, &*first.reason), (payment.amount, "409 closed"));
    assert_eq!(unknown, [Ok(false), Ok(false)]);
    assert_eq!(resolved, [Ok(true), Ok(false), Ok(false)]);
    assert_eq!(given_up(&fixture).await, []);
}

#[tokio::test]
async fn each_look_for_an_authorisation_puts_the_next_one_off_for_longer() {
    let mut fixture = Fixture::without_provider().await;
    let_go(&mut fixture).await;

    let pauses = until("four looks", async || {
        let (attempts, due_at): (i64, i64) = sqlx::query_as("SELECT attempts, due_at FROM holds")
            .fetch_one(fixture.module().database.readers())
            .await
            .expect("the hold is there");
        (attempts >= 4).then(|| due_at - Timestamp::now().as_micros())
    })
    .await;

    // 1,600 ms, less the time until this look at the table.
    assert!(pauses > 800_000, "the next look comes after {pauses} us");
}

#[tokio::test]
async fn an_authorisation_that_has_not_arrived_for_a_day_is_not_looked_for_any_more() {
    let mut fixture = Fixture::without_provider().await;
    let_go(&mut fixture).await;

    change(&fixture, "UPDATE holds SET let_go_at = let_go_at - 86400000000").await;

    let outcome = until("the search is over", async || {
        let outcome: Option<String> = sqlx::query_scalar("SELECT outcome FROM holds WHERE due_at IS NULL")
            .fetch_optional(fixture.module().database.readers())
            .await
            .expect("the hold can be read");
        outcome
    })
    .await;
    assert_eq!(outcome, "never arrived");
    assert_eq!(given_up(&fixture).await, []);
}

#[tokio::test]
async fn a_retry_looks_for_the_authorisation_for_another_day() {
    let mut fixture = Fixture::without_provider().await;
    let payment = let_go(&mut fixture).await;
    change(
        &fixture,
        "UPDATE holds SET let_go_at = 0, due_at = NULL, outcome = 'refused: x'",
    )
    .await;
    fixture.provider_down().await;

    let retried = fixture.module().given_up[0].retry(&payment.id.to_string()).await;

    assert_eq!(retried, Ok(true));
    let attempts = number(&fixture, "SELECT attempts FROM holds").await;
    until("it was looked for", async || {
        let now = number(&fixture, "SELECT attempts FROM holds").await;
        (now > attempts).then_some(now)
    })
    .await;
    assert!(
        number(&fixture, "SELECT due_at FROM holds").await.is_some(),
        "the provider is down, so it is looked for again"
    );
}
