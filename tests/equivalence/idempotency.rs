//! One key is one order, however many ask for it at once, whoever gives up midway, and whatever restarts.

use std::sync::Arc;

use commerce::{Error, NewOrder, Order, Orders};
use futures::future::join_all;
use seam::equivalence::Instance;
use serde_json::Value;
use tempfile::TempDir;
use tests::equivalence::{Ground, Reach, suites::open_orders};

use crate::asking::{answered, give_up_after, order_for};

const CALLERS: i64 = 8;

fn teas(key: &str, quantity: i64) -> NewOrder {
    order_for(key, "tea", quantity)
}

/// How many orders the log tells of, and how much tea is set aside.
async fn made(instance: &Instance<dyn Orders>) -> (usize, i64) {
    let effects = instance.effects().await.unwrap().unwrap();
    let events = effects[0]["events"].as_array().unwrap();
    let created = events
        .iter()
        .filter(|event| event["event_type"] == "OrderCreated")
        .count();
    let tea = effects[1]["stock"]
        .as_array()
        .unwrap()
        .iter()
        .find(|product| product[0] == "tea");
    (created, tea.and_then(|tea: &Value| tea[2].as_i64()).unwrap())
}

fn on_a_runtime(test: impl AsyncFn(Reach)) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    for reach in [Reach::Direct, Reach::Router, Reach::Tcp] {
        runtime.block_on(test(reach));
    }
}

#[test]
fn the_same_request_from_eight_callers_at_once_is_one_order() {
    on_a_runtime(async |reach| {
        let instance = open_orders(Ground::Sqlite, reach).await.unwrap();
        let orders = instance.service();

        let answers = join_all((0..CALLERS).map(|_| orders.create_order(teas("k", 2)))).await;

        let made_it: Vec<&Order> = answers.iter().filter_map(|answer| answer.as_ref().ok()).collect();
        let others = answers.iter().filter_map(|answer| answer.as_ref().err());
        assert!(!made_it.is_empty(), "{reach:?}: somebody is answered");
        assert!(
            made_it.iter().all(|order| *order == made_it[0]),
            "{reach:?}: all the same"
        );
        others.for_each(|error| assert!(matches!(error, Error::InFlight { .. }), "{reach:?}: {error}"));
        assert_eq!(answered(&*orders, &teas("k", 2)).await.as_ref(), Ok(made_it[0]));
        assert_eq!(made(&instance).await, (1, 2), "{reach:?}");
        instance.close().await;
    });
}

#[test]
fn a_key_with_eight_bodies_at_once_is_the_order_of_one_of_them() {
    on_a_runtime(async |reach| {
        let instance = open_orders(Ground::Sqlite, reach).await.unwrap();
        let orders = instance.service();

        let answers = join_all((1..=CALLERS).map(|count| orders.create_order(teas("k", count)))).await;

        let made_it: Vec<&Order> = answers.iter().filter_map(|answer| answer.as_ref().ok()).collect();
        assert_eq!(made_it.len(), 1, "{reach:?}: one of them");
        let refused = answers.iter().filter_map(|answer| answer.as_ref().err());
        refused.for_each(|error| {
            let expected = matches!(error, Error::KeyReused { .. } | Error::InFlight { .. });
            assert!(expected, "{reach:?}: {error}");
        });
        assert_eq!(made(&instance).await, (1, made_it[0].lines[0].quantity), "{reach:?}");
        instance.close().await;
    });
}

#[test]
fn a_caller_that_gives_up_anywhere_finds_one_order_when_it_asks_again() {
    on_a_runtime(async |reach| {
        let instance = open_orders(Ground::Sqlite, reach).await.unwrap();
        let orders = instance.service();

        // A call is polled so often and then dropped: with each key a little further on.
        for polls in 0..12 {
            let order = teas(&format!("k{polls}"), 1);
            give_up_after(polls, orders.create_order(order.clone())).await;
            let answer = answered(&*orders, &order).await;
            assert!(answer.is_ok(), "{reach:?}, given up after {polls} polls: {answer:?}");
        }

        assert_eq!(made(&instance).await, (12, 12), "{reach:?}");
        instance.close().await;
    });
}

#[test]
fn a_restart_between_two_requests_changes_no_answer() {
    on_a_runtime(async |reach| {
        let folder = Arc::new(TempDir::new().unwrap());
        let ground = Ground::Kept(Arc::clone(&folder));
        let before = open_orders(ground.clone(), reach).await.unwrap();
        let first = before.service().create_order(teas("k", 3)).await;
        // Four cups are one more than there are.
        let too_many = order_for("too-many", "cup", 4);
        let refused = before.service().create_order(too_many.clone()).await;
        assert!(matches!(refused, Err(Error::Conflict(_))), "{reach:?}: {refused:?}");
        before.close().await;

        let after = open_orders(ground, reach).await.unwrap();

        assert_eq!(after.service().create_order(teas("k", 3)).await, first, "{reach:?}");
        assert_eq!(after.service().create_order(too_many).await, refused, "{reach:?}");
        let reused = after.service().create_order(teas("k", 4)).await;
        assert!(matches!(reused, Err(Error::KeyReused { .. })), "{reach:?}: {reused:?}");
        after.close().await;
    });
}
