//! Links to other services: protected by retries, permits and a circuit breaker, and shown to operators.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};

use axum::Router;
use bytes::Bytes;
use commerce::{Batch, EventFeed, FeedError};
use http::{Request, StatusCode};
use seam::http::{InProcess, Transport};
use serde_json::{Value, json};
use shared::{
    Environment, LINK_SETTINGS, Module, Settings,
    events::{Delivery, Handler, HandlerError},
    server,
};

use crate::{
    neighbour::{NoAnswer, Stock},
    support::{Store, eventually},
};

/// Another service that can be taken away. It counts what arrives.
#[derive(Default)]
struct Remote {
    is_away: AtomicBool,
    arrived: AtomicU64,
}

#[seam::async_trait]
impl Stock for Remote {
    async fn count(&self, _millis: u64) -> Result<u32, NoAnswer> {
        self.arrived.fetch_add(1, SeqCst);
        match self.is_away.load(SeqCst) {
            true => Err(seam::TransportFailure::new("http://10.0.0.1:80", "connection refused").into()),
            false => Ok(3),
        }
    }
}

fn environment(settings: &[(&'static str, &'static str)]) -> Environment {
    Environment::new(Settings::from_pairs(LINK_SETTINGS, settings.iter().copied()).unwrap())
}

/// The link of a module in this environment to the service, as its wiring makes it.
fn linked(environment: &Environment, remote: &Arc<Remote>) -> Arc<dyn Stock> {
    let client: Arc<dyn Stock> = remote.clone();
    environment
        .neighbour("tested", environment.link(client).unwrap())
        .unwrap()
}

/// What operators see: the figures of the link, and the readiness report with its status.
async fn shown(environment: &Environment, store: &Store) -> (Value, StatusCode, Value) {
    let module = Module::new("tested", store.db.clone(), Arc::new(()), |_| Router::new(), Vec::new());
    let server = InProcess::new(server::router(environment, &Arc::from(vec![module.mount()])));
    let get = async |path| {
        let answer = server
            .send(Request::get(path).body(Bytes::new()).unwrap())
            .await
            .unwrap();
        (answer.status(), serde_json::from_slice::<Value>(answer.body()).unwrap())
    };
    let (_, stats) = get("/stats").await;
    let (status, report) = get("/health/ready").await;
    (stats[0]["links"][0].clone(), status, report)
}

#[tokio::test]
async fn a_service_that_is_away_is_left_alone_and_makes_this_one_degraded_and_not_unready() {
    let store = Store::new().await;
    let environment = environment(&[("BREAKER_FAILURES", "4"), ("BREAKER_OPEN_MS", "200")]);
    let remote = Arc::new(Remote::default());
    let stock = linked(&environment, &remote);
    assert_eq!(stock.count(0).await, Ok(3));
    let (_, status, report) = shown(&environment, &store).await;
    assert_eq!((status, &report["degraded"]), (StatusCode::OK, &json!(false)));

    remote.is_away.store(true, SeqCst);
    for sent in [3, 1] {
        let NoAnswer(unknown) = stock.count(0).await.unwrap_err();
        assert!(!unknown.is_unsent(), "{sent} attempts were sent: {unknown}");
    }
    let NoAnswer(refused) = stock.count(0).await.unwrap_err();

    assert!(refused.is_unsent(), "the fourth attempt opened the circuit: {refused}");
    assert_eq!(remote.arrived.load(SeqCst), 1 + 4);
    let (stats, status, report) = shown(&environment, &store).await;
    assert_eq!(
        stats,
        json!({
            "to": "stock", "circuit": "open", "opened": 1, "calls": 4, "retried": 3, "retries_over_budget": 0,
            "refused_open": 2, "refused_full": 0, "under_way": 0,
        })
    );
    assert_eq!(status, StatusCode::OK, "{report}");
    assert_eq!((&report["ready"], &report["degraded"]), (&json!(true), &json!(true)));
    let check = report["checks"]
        .as_array()
        .unwrap()
        .iter()
        .find(|check| check["name"] == "link.stock");
    let reason = "it does not answer; calls to it are refused until it does";
    assert_eq!(
        check.unwrap(),
        &json!({"name": "link.stock", "ok": false, "required": false, "reason": reason})
    );

    remote.is_away.store(false, SeqCst);
    eventually("the link is used again", || async { stock.count(0).await == Ok(3) }).await;
    let (stats, _, report) = shown(&environment, &store).await;
    assert_eq!(
        (&stats["circuit"], &report["degraded"]),
        (&json!("closed"), &json!(false))
    );
}

#[tokio::test(start_paused = true)]
async fn the_settings_say_how_often_a_call_is_sent_and_how_many_may_be_under_way() {
    let remote = Arc::new(Remote::default());
    remote.is_away.store(true, SeqCst);
    for (settings, arrived) in [
        (&[("CALL_ATTEMPTS", "1")][..], 1),
        (&[("CALL_ATTEMPTS", "4")], 4),
        (
            &[("CALL_ATTEMPTS", "4"), ("RETRY_RATE", "2"), ("RETRY_PERCENT", "0")],
            3,
        ),
        (
            &[("CALL_ATTEMPTS", "9"), ("RETRY_RATE", "0"), ("RETRY_PERCENT", "100")],
            2,
        ),
        (&[("CALL_ATTEMPTS", "9"), ("BREAKER_FAILURES", "2")], 2),
    ] {
        let stock = linked(&environment(settings), &remote);
        assert!(stock.count(0).await.is_err());
        assert_eq!(remote.arrived.swap(0, SeqCst), arrived, "{settings:?}");
    }

    /// Never answers.
    struct Hung;
    #[seam::async_trait]
    impl Stock for Hung {
        async fn count(&self, _millis: u64) -> Result<u32, NoAnswer> {
            std::future::pending().await
        }
    }
    let one = environment(&[("CALL_PERMITS", "1")]);
    let client: Arc<dyn Stock> = Arc::new(Hung);
    let stock = one.neighbour("tested", one.link(client).unwrap()).unwrap();
    let mut hung = Box::pin(stock.count(0));
    assert!(futures::poll!(&mut hung).is_pending(), "the call holds the permit");
    let NoAnswer(refused) = stock.count(0).await.unwrap_err();
    assert!(refused.is_unsent(), "{refused}");
    assert!(hung.await.is_err_and(|NoAnswer(failure)| !failure.is_unsent()));
}

#[tokio::test]
async fn a_service_whose_neighbours_log_is_away_is_degraded_and_not_unready() {
    /// The log of a service that is away.
    struct Away;
    #[seam::async_trait]
    impl EventFeed for Away {
        async fn read_events(&self, _: i64, _: u32, _: Duration) -> Result<Batch, FeedError> {
            Err(FeedError::Unreadable("away for the test".to_owned()))
        }
    }
    struct Nothing;
    #[seam::async_trait]
    impl Handler for Nothing {
        async fn handle(&self, _: Delivery) -> Result<(), HandlerError> {
            Ok(())
        }
    }
    let store = Store::new().await;
    let environment = environment(&[]);
    environment.follow("tested.tested", Arc::new(Away), &store.db, Nothing);

    eventually("it says that the log is away", || async {
        let (_, status, report) = shown(&environment, &store).await;
        assert_eq!((status, &report["ready"]), (StatusCode::OK, &json!(true)), "{report}");
        let check = report["checks"]
            .as_array()
            .unwrap()
            .iter()
            .find(|check| check["name"] == "tested.tested");
        check.unwrap()["ok"] == false && report["degraded"] == true
    })
    .await;
    environment.tasks.stop(Duration::from_secs(5)).await.unwrap();
}

#[test]
fn values_that_make_no_sense_are_refused_by_name() {
    for (name, value) in [
        ("CALL_ATTEMPTS", "0"),
        ("CALL_ATTEMPTS", "11"),
        ("RETRY_PERCENT", "101"),
        ("RETRY_RATE", "-1"),
        ("CALL_PERMITS", "0"),
        ("BREAKER_FAILURES", "0"),
        ("BREAKER_OPEN_MS", "0"),
    ] {
        let refusal = Settings::from_pairs(LINK_SETTINGS, [(name, value)]).unwrap_err();
        assert!(
            refusal.to_string().starts_with(&format!("{name} is {value:?}, wanted")),
            "{refusal}"
        );
    }
}
