use std::sync::Arc;

use seam::{BoxFuture, Carrier, Contract, ContractError, Method, MethodKind, Outcome, TransportFailure, Via};
use serde_json::json;

use crate::samples::{Echo, EchoReply, Shelf, ShelfCall, ShelfError, ShelfReply, Wooden, item};

#[test]
fn a_contract_knows_its_name_and_what_each_method_does() {
    let method = |name, kind, keyed| Method {
        name,
        kind,
        keyed,
        idempotent: name == "put",
    };
    assert_eq!(<dyn Shelf as Contract>::NAME, "shelf");
    assert_eq!(
        <dyn Shelf as Contract>::METHODS,
        [
            method("put", MethodKind::Write, true),
            method("get", MethodKind::Read, true),
            method("count", MethodKind::Read, false),
            method("take", MethodKind::Write, false),
        ]
    );
}

#[test]
fn a_call_says_its_method_and_its_key() {
    let calls = [
        (ShelfCall::Put { item: item("a", 1) }, "put", Some("a")),
        (ShelfCall::Get { name: "b".into() }, "get", Some("b")),
        (ShelfCall::Count {}, "count", None),
        (
            ShelfCall::Take {
                r#type: None,
                limits: (0, 1),
            },
            "take",
            None,
        ),
    ];
    for (call, method, key) in calls {
        assert_eq!(<dyn Shelf as Contract>::method(&call).name, method);
        assert_eq!(<dyn Shelf as Contract>::key(&call).as_deref(), key);
    }
}

#[test]
fn a_call_is_written_as_its_method_with_its_arguments() {
    let take = ShelfCall::Take {
        r#type: Some("a".into()),
        limits: (1, 2),
    };
    assert_eq!(json!(take), json!({"take": {"type": "a", "limits": [1, 2]}}));
    assert_eq!(json!(ShelfCall::Count {}), json!({"count": {}}));
    let reply = ShelfReply::Get(Err(ShelfError::Missing("a".into())));
    assert_eq!(json!(reply), json!({"get": {"Err": {"Missing": "a"}}}));
}

#[test]
fn a_call_with_an_argument_that_the_method_does_not_have_is_refused() {
    let refused = serde_json::from_value::<ShelfCall>(json!({"get": {"name": "a", "size": 1}})).unwrap_err();
    assert!(refused.to_string().contains("unknown field `size`"), "{refused}");
}

#[tokio::test]
async fn dispatch_does_what_the_method_does() {
    let shelf: Arc<dyn Shelf> = Arc::new(Wooden::default());
    let put = shelf.dispatch(ShelfCall::Put { item: item("a", 7) }).await;
    assert_eq!(put, ShelfReply::Put(Ok(item("a", 7))));
    assert_eq!(shelf.get("a".into()).await, Ok(item("a", 7)));
    let taken = shelf
        .dispatch(ShelfCall::Take {
            r#type: Some("a".into()),
            limits: (7, 7),
        })
        .await;
    assert_eq!(taken, ShelfReply::Take(Ok(vec![item("a", 7)])));
}

#[test]
fn a_failed_call_has_a_reply_of_its_own_method_that_says_so() {
    let failure = TransportFailure::new("shelf", "the wire is cut");
    let reply = <dyn Shelf as Contract>::failed(&ShelfCall::Count {}, failure.clone());
    assert_eq!(reply, ShelfReply::Count(Err(ShelfError::Transport(failure.clone()))));
    let outcome = <dyn Shelf as Contract>::outcome(&reply);
    assert!(matches!(outcome, Outcome::Transport(seen) if seen == failure));
}

#[test]
fn values_and_domain_errors_are_told_apart() {
    let value = ShelfReply::Count(Ok(1));
    assert!(matches!(<dyn Shelf as Contract>::outcome(&value), Outcome::Value(())));
    let missing = ShelfReply::Get(Err(ShelfError::Missing("a".into())));
    let Outcome::DomainError(error) = <dyn Shelf as Contract>::outcome(&missing) else {
        panic!("a domain error reads as something else");
    };
    assert_eq!(error.to_string(), "there is no box a");
}

/// Answers everything with the same reply.
struct Always<C: Contract + ?Sized>(C::Reply);

impl<C: Contract + ?Sized> Carrier<C> for Always<C> {
    fn carry(&self, _call: C::Call) -> BoxFuture<'_, C::Reply> {
        Box::pin(async move { self.0.clone() })
    }
}

#[tokio::test]
async fn the_reply_of_another_method_reads_as_no_answer() {
    let shelf = Via(Always::<dyn Shelf>(ShelfReply::Count(Ok(3))));
    assert_eq!(shelf.count().await, Ok(3));
    let expected = TransportFailure::new("shelf", "the carrier answered get with the reply of another method");
    assert_eq!(shelf.get("a".into()).await, Err(ShelfError::Transport(expected)));
}

#[tokio::test]
async fn a_contract_with_one_method_works_over_a_carrier() {
    let echo = <dyn Echo as Contract>::via(Arc::new(Always(EchoReply::Say(Ok("hm".into())))));
    assert_eq!(echo.say("ho".into()).await, Ok("hm".into()));
}

#[test]
fn a_failure_of_the_transport_can_be_the_whole_error_of_a_contract() {
    let failure = TransportFailure::new("shelf", "the wire is cut");
    assert_eq!(failure.transport(), Some(&failure));
}
