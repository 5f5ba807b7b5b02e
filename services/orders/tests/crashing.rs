//! A request that is cut off at any step is carried out all the same, and the stock is right.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod support;

use std::{sync::Arc, time::Duration};

use commerce::{Error, NewOrder, Order, OrderError, OrderStatus, Orders};
use shared::testing::until;
use support::{Conduct, World, create, items, lamps, order_id};
use tokio::task::JoinHandle;

#[tokio::test]
async fn a_request_cut_off_before_the_reservation_becomes_an_order() {
    let world = World::begin().await;
    world.inventory.conduct(Conduct::HangsBefore);
    let caller = start(&world, lamps("k", 2));
    world.inventory.called(1).await;

    caller.abort();
    world.inventory.conduct(Conduct::Answers);

    world.until("k", OrderStatus::Pending).await;
    assert_eq!(world.inventory.stock("lamp"), 8);
    assert_eq!(world.events().await, ["OrderCreated"]);
}

#[tokio::test]
async fn a_request_cut_off_after_the_reservation_becomes_an_order() {
    let world = World::begin().await;
    world.inventory.conduct(Conduct::HangsAfter);
    let caller = start(&world, lamps("k", 2));
    world.inventory.called(1).await;

    caller.abort();
    world.inventory.conduct(Conduct::Answers);

    world.until("k", OrderStatus::Pending).await;
    assert_eq!(world.inventory.stock("lamp"), 8);
    assert_eq!(world.events().await, ["OrderCreated"]);
}

#[tokio::test]
async fn a_process_that_dies_after_the_reservation_makes_the_order_when_it_is_back() {
    let world = World::begin().await;
    world.inventory.conduct(Conduct::HangsAfter);
    let caller = start(&world, lamps("k", 2));
    world.inventory.called(1).await;

    caller.abort();
    let world = world.restart().await;

    world.until("k", OrderStatus::Pending).await;
    assert_eq!(world.inventory.stock("lamp"), 8);
    let repeated = create(&world.orders(), lamps("k", 2)).await;
    assert_eq!(
        repeated,
        world.order("k").await,
        "the caller's repetition is answered with that order"
    );
}

#[tokio::test]
async fn a_process_that_dies_before_it_could_refuse_gives_the_stock_back_when_it_is_back() {
    let world = World::begin().await;
    world.inventory.put("desk", 1, "USD", 5);
    world.inventory.conduct(Conduct::HangsAfter);
    let mixed = items("k", &[("lamp", 2), ("desk", 1)]);
    let caller = start(&world, mixed.clone());
    world.inventory.called(1).await;

    caller.abort();
    assert_eq!(world.inventory.held(), [order_id("k")]);
    let world = world.restart().await;

    until("nothing is held", async || {
        world.inventory.held().is_empty().then_some(())
    })
    .await;
    assert_eq!((world.inventory.stock("lamp"), world.inventory.stock("desk")), (10, 5));
    assert!(matches!(create(&world.orders(), mixed).await, Err(Error::Conflict(_))));
    assert!(matches!(world.order("k").await, Err(Error::NotFound { .. })));
}

#[tokio::test]
async fn stock_of_a_refused_order_goes_back_even_if_the_process_dies_before_it_did() {
    let world = World::begin().await;
    world.inventory.put("desk", 1, "USD", 5);
    let mixed = items("k", &[("lamp", 2), ("desk", 1)]);
    world.inventory.conduct(Conduct::HangsAfter);
    let caller = start(&world, mixed.clone());
    world.inventory.called(1).await;
    caller.abort();
    // Inventory answers the reservation of the resumed request and breaks after that, so the release fails.
    world.inventory.answer_once_then(Conduct::BreaksBefore);

    let refused = until("the request is refused", async || {
        match create(&world.orders(), mixed.clone()).await {
            Err(Error::Conflict(refused)) => Some(refused),
            _ => None,
        }
    })
    .await;
    assert_eq!(world.inventory.held(), [order_id("k")], "{refused}");
    let world = world.restart().await;

    until("nothing is held", async || {
        world.inventory.held().is_empty().then_some(())
    })
    .await;
    assert_eq!(world.inventory.stock("lamp"), 10);
}

#[tokio::test]
async fn stock_that_is_back_is_not_given_back_again() {
    let world = World::begin().await;
    world.inventory.put("desk", 1, "USD", 5);
    let refuse = async |world: &World, key: &str| {
        let refused = create(&world.orders(), items(key, &[("lamp", 2), ("desk", 1)])).await;
        assert!(matches!(refused, Err(Error::Conflict(_))), "{refused:?}");
        let released = async || (world.inventory.releases(order_id(key)) > 0).then_some(());
        until("the stock is given back", released).await;
    };
    refuse(&world, "first").await;
    let world = world.restart().await;

    // Releases are made in the order in which they were scheduled, so a repeated first one would come before this.
    refuse(&world, "second").await;

    assert_eq!(world.inventory.releases(order_id("first")), 1);
}

#[tokio::test]
async fn requests_left_open_while_inventory_is_down_become_orders_without_their_callers() {
    let world = World::begin().await;
    world.inventory.conduct(Conduct::BreaksBefore);
    for key in ["a", "b", "c"] {
        let answer = create(&world.orders(), lamps(key, 1)).await;
        assert!(matches!(answer, Err(Error::Transport(_))), "{answer:?}");
    }

    world.inventory.conduct(Conduct::Answers);

    for key in ["a", "b", "c"] {
        world.until(key, OrderStatus::Pending).await;
    }
    assert_eq!(world.inventory.stock("lamp"), 7);
}

#[tokio::test]
async fn a_hanging_inventory_is_not_waited_for_longer_than_the_limit() {
    let world = World::begin().await;
    world.inventory.conduct(Conduct::HangsBefore);

    // Far longer than the limit, and far shorter than for ever.
    let far = Duration::from_secs(10);
    let orders = world.orders();
    let answer = tokio::time::timeout(far, create(&orders, lamps("k", 1))).await;

    assert!(matches!(answer, Ok(Err(Error::Transport(_)))), "{answer:?}");
}

fn start(world: &World, order: NewOrder) -> JoinHandle<Result<Order, OrderError>> {
    let orders: Arc<dyn Orders> = world.orders();
    tokio::spawn(async move { create(&orders, order).await })
}
