use std::time::Duration;

use futures::future::join_all;
use seam::{Context, original};
use serde_json::json;
use shared::{
    Database, DatabaseError,
    idempotency::{self, Claim, Lease, Scope, fingerprint},
};

use crate::support::{Store, effects, eventually, insert};

const LEASE: Duration = Duration::from_secs(60);

fn scope(caller: &str, key: &str) -> Scope {
    Scope {
        caller: caller.to_owned(),
        operation: "buy".to_owned(),
        key: key.to_owned(),
    }
}

async fn claim(db: &Database, scope: &Scope, request: &str, lease: Duration) -> Claim {
    let (scope, request) = (scope.clone(), request.to_owned());
    db.write::<_, DatabaseError, _>(move |tx| {
        Box::pin(async move {
            let print = fingerprint(&request)?;
            idempotency::claim(tx, &scope, &print, &request, lease).await
        })
    })
    .await
    .unwrap()
}

/// The effect and the reply in one write.
async fn complete(db: &Database, lease: &Lease, reply: &str) -> Result<(), DatabaseError> {
    let (lease, reply) = (lease.clone(), reply.to_owned());
    db.write(move |tx| {
        Box::pin(async move {
            insert(tx, &reply).await?;
            idempotency::complete(tx, &lease, &reply).await
        })
    })
    .await
}

fn lease(claim: Claim) -> Lease {
    match claim {
        Claim::New(lease) | Claim::Resumed(lease) => lease,
        other => panic!("no lease: {other:?}"),
    }
}

#[tokio::test]
async fn the_same_request_again_gets_the_same_reply_with_the_first_request_id_and_time() {
    let store = Store::new().await;
    let scope = scope("a", "k");
    let first = Context::root("a");
    let first_id = first.request_id.clone();

    let (_, told) = first
        .scope(original::capture(async {
            let lease = lease(claim(&store.db, &scope, "one", LEASE).await);
            complete(&store.db, &lease, "reply").await.unwrap();
        }))
        .await;
    let (again, replayed) = Context::root("a")
        .scope(original::capture(claim(&store.db, &scope, "one", LEASE)))
        .await;

    let Claim::Answered(stored) = again else {
        panic!("{again:?}")
    };
    assert_eq!(stored.reply::<String>().unwrap(), "reply");
    assert_eq!(
        told.as_ref().map(|told| told.request_id.as_str()),
        Some(first_id.as_str())
    );
    assert_eq!(
        replayed, told,
        "the first answer and the replay say the same id and time"
    );
}

#[tokio::test]
async fn of_many_at_once_exactly_one_gets_the_claim() {
    let store = Store::new().await;
    let scope = scope("a", "k");

    let claims = join_all((0..8).map(|_| claim(&store.db, &scope, "one", LEASE))).await;

    let new = claims.iter().filter(|claim| matches!(claim, Claim::New(_))).count();
    let in_flight = claims
        .iter()
        .filter(|claim| matches!(claim, Claim::InFlight { .. }))
        .count();
    assert_eq!((new, in_flight), (1, 7), "{claims:?}");
}

#[tokio::test]
async fn another_request_with_the_same_key_is_refused_before_and_after_the_reply() {
    let store = Store::new().await;
    let scope = scope("a", "k");
    let lease = lease(claim(&store.db, &scope, "one", LEASE).await);

    assert_eq!(claim(&store.db, &scope, "two", LEASE).await, Claim::Reused);
    complete(&store.db, &lease, "reply").await.unwrap();
    assert_eq!(claim(&store.db, &scope, "two", LEASE).await, Claim::Reused);
}

#[tokio::test]
async fn keys_of_other_callers_have_nothing_to_do_with_each_other() {
    let store = Store::new().await;
    let own = lease(claim(&store.db, &scope("a", "k"), "one", LEASE).await);
    complete(&store.db, &own, "secret").await.unwrap();

    let other = claim(&store.db, &scope("b", "k"), "one", LEASE).await;

    assert!(matches!(other, Claim::New(_)), "{other:?}");
    complete(&store.db, &lease(other), "own").await.unwrap();
    for (caller, wanted) in [("a", "secret"), ("b", "own")] {
        let again = claim(&store.db, &scope(caller, "k"), "one", LEASE).await;
        let Claim::Answered(stored) = again else {
            panic!("{again:?}")
        };
        assert_eq!(stored.reply::<String>().unwrap(), wanted);
    }
}

#[tokio::test]
async fn a_claim_whose_lease_ran_out_is_resumed_by_one_and_its_old_holder_can_not_complete() {
    let store = Store::new().await;
    let scope = scope("a", "k");
    let old = lease(claim(&store.db, &scope, "one", Duration::ZERO).await);

    let expired = idempotency::expired(&store.db, "buy").await.unwrap();
    assert_eq!(expired.len(), 1);
    assert_eq!(expired[0].request::<String>().unwrap(), "one");
    let resumed = claim(&store.db, &scope, "one", LEASE).await;
    assert!(matches!(resumed, Claim::Resumed(_)), "{resumed:?}");
    let late = complete(&store.db, &old, "old").await;

    assert_eq!(late, Err(DatabaseError::ClaimLost { key: "k".to_owned() }));
    assert!(
        effects(&store.db).await.is_empty(),
        "the effect of the old holder is undone with it"
    );
    complete(&store.db, &lease(resumed), "new").await.unwrap();
    assert_eq!(effects(&store.db).await, ["new"]);
    assert!(idempotency::expired(&store.db, "buy").await.unwrap().is_empty());
}

#[tokio::test]
async fn only_one_recoverer_resumes_an_expired_claim() {
    let store = Store::new().await;
    claim(&store.db, &scope("a", "k"), "one", Duration::ZERO).await;
    let expired = idempotency::expired(&store.db, "buy").await.unwrap().remove(0);

    let resumed = join_all((0..4).map(|_| {
        let expired = expired.clone();
        store.db.write::<_, DatabaseError, _>(move |tx| {
            Box::pin(async move { idempotency::resume(tx, &expired, LEASE).await })
        })
    }))
    .await;

    assert_eq!(
        resumed.into_iter().filter(|lease| matches!(lease, Ok(Some(_)))).count(),
        1
    );
}

#[tokio::test]
async fn a_claim_given_back_may_be_resumed_at_once() {
    let store = Store::new().await;
    let scope = scope("a", "k");
    let first = lease(claim(&store.db, &scope, "one", LEASE).await);
    assert!(
        matches!(claim(&store.db, &scope, "one", LEASE).await, Claim::InFlight { retry_after } if retry_after <= LEASE)
    );

    store
        .db
        .write::<_, DatabaseError, _>(move |tx| Box::pin(async move { idempotency::release(tx, &first).await }))
        .await
        .unwrap();

    let again = claim(&store.db, &scope, "one", LEASE).await;
    assert!(matches!(again, Claim::Resumed(_)), "{again:?}");
}

#[tokio::test]
async fn a_forgotten_claim_leaves_the_key_new_and_a_stored_reply_can_not_be_forgotten() {
    let store = Store::new().await;
    let scope = scope("a", "k");
    let forget = |lease: Lease| {
        store
            .db
            .write::<_, DatabaseError, _>(move |tx| Box::pin(async move { idempotency::forget(tx, &lease).await }))
    };

    forget(lease(claim(&store.db, &scope, "one", LEASE).await))
        .await
        .unwrap();
    let anew = claim(&store.db, &scope, "two", LEASE).await;
    assert!(matches!(anew, Claim::New(_)), "{anew:?}");
    let anew = lease(anew);
    complete(&store.db, &anew, "reply").await.unwrap();

    assert!(matches!(forget(anew).await, Err(DatabaseError::ClaimLost { .. })));
    assert!(matches!(
        claim(&store.db, &scope, "two", LEASE).await,
        Claim::Answered(_)
    ));
}

#[tokio::test]
async fn old_replies_are_pruned_and_unfinished_claims_are_not() {
    let store = Store::new().await;
    let done = lease(claim(&store.db, &scope("a", "done"), "one", LEASE).await);
    complete(&store.db, &done, "reply").await.unwrap();
    claim(&store.db, &scope("a", "open"), "one", LEASE).await;

    let prune = |keep: Duration| {
        store
            .db
            .write::<_, DatabaseError, _>(move |tx| Box::pin(async move { idempotency::prune(tx, keep).await }))
    };

    assert_eq!(prune(LEASE).await.unwrap(), 0, "too young");
    // Younger than its microsecond can't be told from now.
    eventually("the reply is pruned", || async {
        prune(Duration::ZERO).await.unwrap() == 1
    })
    .await;
    assert!(matches!(
        claim(&store.db, &scope("a", "open"), "one", LEASE).await,
        Claim::InFlight { .. }
    ));
}

#[test]
fn a_fingerprint_does_not_depend_on_the_order_of_fields_but_on_everything_else() {
    let print = |text: &str| fingerprint(&serde_json::from_str::<serde_json::Value>(text).unwrap()).unwrap();
    let one = print(r#"{"a": 1, "b": {"c": [1, 2], "d": null}}"#);

    assert_eq!(one, print(r#"{"b": {"d": null, "c": [1, 2]}, "a": 1}"#));
    for other in [
        json!({"a": 1, "b": {"c": [2, 1], "d": null}}),
        json!({"a": "1", "b": {"c": [1, 2], "d": null}}),
        json!({"a": 1, "b": {"c": [1, 2]}}),
        json!({"a": 9_007_199_254_740_993_i64, "b": {"c": [1, 2], "d": null}}),
    ] {
        assert_ne!(one, fingerprint(&other).unwrap(), "{other}");
    }
    assert_ne!(
        fingerprint(&9_007_199_254_740_993_i64).unwrap(),
        fingerprint(&9_007_199_254_740_992_i64).unwrap(),
        "integers beyond 2^53 keep their last bit"
    );
}
