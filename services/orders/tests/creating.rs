//! Creating orders: idempotent by key, stock never held for an order that does not exist.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod support;

use std::sync::Arc;

use commerce::{Error, Money, Order, OrderConflict, OrderError, OrderStatus, ReservationStatus};
use futures::future::join_all;
use seam::{Context, original};
use shared::testing::until;
use support::{Conduct, World, create, items, lamps, order_id};

#[tokio::test]
async fn an_order_is_pending_with_prices_of_the_inventory_and_its_event() {
    let world = World::begin().await;

    let order = create(&world.orders(), lamps("k", 3)).await.unwrap();

    assert_eq!(order.id, order_id("k"));
    assert_eq!(order.status, OrderStatus::Pending);
    assert_eq!(
        order.total,
        Money {
            cents: 6_000,
            ..order.total
        }
    );
    assert_eq!(
        world.order("k").await.unwrap(),
        order,
        "what was answered is what was kept"
    );
    assert_eq!(world.events().await, ["OrderCreated"]);
    assert_eq!(world.inventory.stock("lamp"), 7);
}

#[tokio::test]
async fn the_same_key_and_request_replays_the_first_answer_as_the_first_request() {
    let world = World::begin().await;
    let orders = world.orders();
    let first = Context::root("shop");
    let again = Context::root("shop");

    let (order, stored) = original::capture(first.clone().scope(orders.create_order(lamps("k", 1)))).await;
    let (repeated, replayed) = original::capture(again.scope(orders.create_order(lamps("k", 1)))).await;

    assert_eq!(order, repeated);
    assert_eq!(stored.unwrap().request_id, first.request_id);
    assert_eq!(replayed.unwrap().request_id, first.request_id);
    assert_eq!(world.inventory.stock("lamp"), 9);
}

#[tokio::test]
async fn the_same_key_with_another_request_is_refused() {
    let world = World::begin().await;
    create(&world.orders(), lamps("k", 1)).await.unwrap();

    let refused = create(&world.orders(), lamps("k", 2)).await;

    assert_eq!(refused, Err(Error::KeyReused { key: "k".to_owned() }));
}

#[tokio::test]
async fn keys_of_two_callers_have_nothing_to_do_with_each_other() {
    let world = World::begin().await;
    let orders = world.orders();

    let one = Context::root("shop")
        .scope(orders.create_order(lamps("k", 1)))
        .await
        .unwrap();
    let other = Context::root("kiosk")
        .scope(orders.create_order(lamps("k", 2)))
        .await
        .unwrap();

    assert_ne!(one.id, other.id);
    assert_eq!(world.inventory.stock("lamp"), 7);
}

#[tokio::test]
async fn eight_callers_with_one_key_make_one_order() {
    let world = World::begin().await;
    let orders = world.orders();

    let answers = at_once(8, || create_owned(Arc::clone(&orders), "k", 1)).await;

    let made: Vec<Order> = answers.iter().filter_map(|answer| answer.clone().ok()).collect();
    assert!(!made.is_empty() && made.iter().all(|order| *order == made[0]));
    let others = answers.iter().filter_map(|answer| answer.as_ref().err());
    assert!(
        others.clone().all(|error| matches!(error, Error::InFlight { .. })),
        "{:?}",
        others.collect::<Vec<_>>()
    );
    assert_eq!(create(&orders, lamps("k", 1)).await, Ok(made[0].clone()));
    assert_eq!(world.events().await, ["OrderCreated"]);
    assert_eq!(world.inventory.stock("lamp"), 9);
}

#[tokio::test]
async fn two_callers_fight_for_the_last_item_and_one_wins() {
    let world = World::begin().await;
    world.inventory.put("lamp", 2_000, "EUR", 1);
    let orders = world.orders();

    let (one, other) = tokio::join!(create(&orders, lamps("a", 1)), create(&orders, lamps("b", 1)));

    let lost = [&one, &other]
        .into_iter()
        .find_map(|answer| answer.as_ref().err())
        .unwrap();
    let wanted = OrderConflict::InsufficientStock {
        sku: "lamp".parse().unwrap(),
        wanted: 1,
        available: 0,
    };
    assert_eq!(*lost, Error::Conflict(wanted));
    assert!(one.is_ok() ^ other.is_ok());
    assert_eq!(world.inventory.stock("lamp"), 0);
}

#[tokio::test]
async fn a_refusal_is_remembered_even_when_the_stock_comes_later() {
    let world = World::begin().await;
    let refused = create(&world.orders(), lamps("k", 11)).await;
    world.inventory.put("lamp", 2_000, "EUR", 100);

    let repeated = create(&world.orders(), lamps("k", 11)).await;

    let wanted = OrderConflict::InsufficientStock {
        sku: "lamp".parse().unwrap(),
        wanted: 11,
        available: 10,
    };
    assert_eq!(refused, Err(Error::Conflict(wanted)));
    assert_eq!(repeated, refused);
    until("the refused order can't reserve any more", async || {
        (world.inventory.reservation(order_id("k")) == Some(ReservationStatus::Released)).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_malformed_request_is_not_remembered() {
    let world = World::begin().await;

    let refused = create(&world.orders(), lamps("k", 0)).await;
    let corrected = create(&world.orders(), lamps("k", 1)).await;

    assert!(matches!(refused, Err(Error::InvalidInput(_))), "{refused:?}");
    assert!(corrected.is_ok(), "{corrected:?}");
}

#[tokio::test]
async fn stock_goes_back_when_the_total_cannot_be_computed() {
    let world = World::begin().await;
    world.inventory.put("desk", 1, "USD", 5);
    world.inventory.put("gold", i64::MAX, "EUR", 5);

    let mixed = create(&world.orders(), items("mixed", &[("lamp", 1), ("desk", 1)])).await;
    let huge = create(&world.orders(), items("huge", &[("gold", 2)])).await;

    let is_total = |answer: &Result<Order, OrderError>| {
        let Err(Error::Conflict(OrderConflict::Total { reason })) = answer else {
            return false;
        };
        !reason.is_empty()
    };
    assert!(is_total(&mixed) && is_total(&huge), "{mixed:?} {huge:?}");
    until("nothing is held", async || {
        world.inventory.held().is_empty().then_some(())
    })
    .await;
    assert_eq!((world.inventory.stock("lamp"), world.inventory.stock("gold")), (10, 5));
    assert_eq!(
        create(&world.orders(), items("huge", &[("gold", 2)])).await,
        huge,
        "the refusal is remembered"
    );
    assert_eq!(world.events().await, Vec::<String>::new());
}

#[tokio::test]
async fn the_same_key_may_be_repeated_at_once_when_inventory_did_not_answer() {
    let world = World::begin().await;
    world.inventory.conduct(Conduct::BreaksAfter);

    let unanswered = create(&world.orders(), lamps("k", 1)).await;
    world.inventory.conduct(Conduct::Answers);
    let order = until("the request is answered", async || {
        match create(&world.orders(), lamps("k", 1)).await {
            Ok(order) => Some(order),
            Err(Error::InFlight { .. } | Error::Transport(_)) => None,
            Err(other) => panic!("{other}"),
        }
    })
    .await;

    assert!(
        matches!(&unanswered, Err(Error::Transport(failure)) if failure.to == "inventory"),
        "{unanswered:?}"
    );
    assert_eq!(order.status, OrderStatus::Pending);
    assert_eq!(world.events().await, ["OrderCreated"]);
    assert_eq!(world.inventory.stock("lamp"), 9);
}

async fn create_owned(orders: Arc<dyn commerce::Orders>, key: &'static str, n: i64) -> Result<Order, OrderError> {
    create(&orders, lamps(key, n)).await
}

/// As many tasks, all answers.
async fn at_once<F>(count: usize, call: impl Fn() -> F) -> Vec<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    join_all((0..count).map(|_| tokio::spawn(call())))
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect()
}
