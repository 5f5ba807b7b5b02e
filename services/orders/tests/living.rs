//! An order's life after its creation: commands, the events of Payments, and the refunds that fall due.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod support;

use std::sync::Arc;

use commerce::{Error, Money, Order, OrderConflict, OrderEvent, OrderStatus, PageRequest, PaymentEvent, Shipment};
use shared::testing::{Log, events, until};
use support::{World, create, customer, lamps, order_id};

#[tokio::test]
async fn a_captured_payment_confirms_the_order() {
    let world = World::begin().await;
    let order = create(&world.orders(), lamps("k", 1)).await.unwrap();

    let payment_id = pay(&world, &order);

    let confirmed = world.until("k", OrderStatus::Confirmed).await;
    assert_eq!(confirmed.payment_id, Some(payment_id));
    assert_eq!(confirmed.version, 2);
    assert_eq!(world.events().await, ["OrderCreated", "OrderConfirmed"]);
}

#[tokio::test]
async fn a_failed_payment_cancels_the_order_with_its_reason() {
    let world = World::begin().await;
    let order = create(&world.orders(), lamps("k", 1)).await.unwrap();
    let payment_id = world.payments.capture(order.id, order.total);

    let reason = "card declined".to_owned();
    world.payments_log.append(&PaymentEvent::PaymentFailed {
        payment_id,
        order_id: order.id,
        reason,
    });

    let cancelled = world.until("k", OrderStatus::Cancelled).await;
    assert_eq!(
        cancelled.cancel_reason.as_deref(),
        Some("payment failed: card declined")
    );
    assert_eq!(world.events().await, ["OrderCreated", "OrderCancelled"]);
}

#[tokio::test]
async fn money_captured_for_a_cancelled_order_goes_back_once() {
    let world = World::begin().await;
    let order = create(&world.orders(), lamps("k", 1)).await.unwrap();
    world
        .orders()
        .cancel_order(order.id, "changed my mind".to_owned())
        .await
        .unwrap();

    let payment_id = pay(&world, &order);

    until("the money is back", async || {
        (world.payments.refunded(payment_id) == order.total.cents).then_some(())
    })
    .await;
    let world = world.restart().await;
    assert_eq!(world.payments.refunds(), 1);
    assert_eq!(world.order("k").await.unwrap().status, OrderStatus::Cancelled);
}

#[tokio::test]
async fn cancelling_a_paid_order_refunds_it_even_if_payments_is_down_and_we_die() {
    let world = World::begin().await;
    let order = create(&world.orders(), lamps("k", 1)).await.unwrap();
    let payment_id = pay(&world, &order);
    world.until("k", OrderStatus::Confirmed).await;
    world.payments.set_down(true);

    world
        .orders()
        .cancel_order(order.id, "too late".to_owned())
        .await
        .unwrap();
    let world = world.restart().await;
    assert_eq!(world.payments.refunded(payment_id), 0);
    world.payments.set_down(false);

    until("the money is back", async || {
        (world.payments.refunded(payment_id) == order.total.cents).then_some(())
    })
    .await;
}

#[tokio::test]
async fn what_was_given_back_by_hand_is_not_given_back_again() {
    let world = World::begin().await;
    let order = create(&world.orders(), lamps("k", 1)).await.unwrap();
    let payment_id = pay(&world, &order);
    world.until("k", OrderStatus::Confirmed).await;
    world.payments.refund_by_hand(payment_id, 500);

    world
        .orders()
        .cancel_order(order.id, "too late".to_owned())
        .await
        .unwrap();

    until("the rest is back", async || {
        (world.payments.refunded(payment_id) == order.total.cents).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_refund_that_the_provider_refuses_is_not_asked_for_again() {
    let world = World::begin().await;
    let order = create(&world.orders(), lamps("k", 1)).await.unwrap();
    let payment_id = pay(&world, &order);
    world.until("k", OrderStatus::Confirmed).await;
    world.payments.refuse_refunds(Some("account closed"));

    world
        .orders()
        .cancel_order(order.id, "too late".to_owned())
        .await
        .unwrap();
    until("the refund was asked for", async || {
        (world.payments.asked() == 1).then_some(())
    })
    .await;
    let world = world.restart().await;
    world.payments.refuse_refunds(None);
    let other = create(&world.orders(), lamps("other", 1)).await.unwrap();
    world
        .orders()
        .cancel_order(other.id, "too late".to_owned())
        .await
        .unwrap();
    let second = pay(&world, &other);
    until("the other money is back", async || {
        (world.payments.refunded(second) > 0).then_some(())
    })
    .await;

    assert_eq!(world.payments.asked(), 2, "once for each of the two");
    assert_eq!(world.payments.refunded(payment_id), 0);
}

#[tokio::test]
async fn a_refused_refund_is_listed_until_a_retry_makes_it_or_a_person_has_made_it() {
    let world = World::begin().await;
    let refunds = Arc::clone(&world.module.given_up[0]);
    let given_up = async || refunds.list().await.unwrap();
    world.payments.refuse_refunds(Some("account closed"));
    let mut paid = Vec::new();
    for key in ["k", "l"] {
        let order = create(&world.orders(), lamps(key, 1)).await.unwrap();
        let (reason, payment_id) = ("too late".to_owned(), pay(&world, &order));
        world.until(key, OrderStatus::Confirmed).await;
        world.orders().cancel_order(order.id, reason).await.unwrap();
        paid.push((order, payment_id));
    }
    let both = until("both are listed", async || {
        Some(given_up().await).filter(|list| list.len() == 2)
    })
    .await;
    let [(order, retried), (_, by_hand)] = &paid[..] else {
        panic!("{paid:?}")
    };

    // Refused again first: it is listed again.
    assert_eq!(refunds.retry(&retried.to_string()).await, Ok(true));
    let again = until("it is listed again", async || {
        given_up().await.into_iter().find(|one| one.retries == 1)
    })
    .await;
    world.payments.refuse_refunds(None);
    assert_eq!(refunds.retry(&retried.to_string()).await, Ok(true));
    assert_eq!(refunds.resolve(&by_hand.to_string()).await, Ok(true));
    until("the money is back", async || {
        (world.payments.refunded(*retried) == order.total.cents).then_some(())
    })
    .await;
    until("the list is empty", async || given_up().await.is_empty().then_some(())).await;

    let first = both.iter().find(|one| one.id == retried.to_string()).unwrap();
    assert_eq!(
        (first.kind, first.order_id, first.amount),
        ("refund", order.id, order.total)
    );
    assert!(first.reason.contains("account closed"), "{first:?}");
    assert!(again.given_up_at >= first.given_up_at, "{again:?}");
    assert_eq!(world.payments.refunded(*by_hand), 0);
    for id in [retried.to_string(), by_hand.to_string(), "17".to_owned()] {
        assert_eq!(
            (refunds.retry(&id).await, refunds.resolve(&id).await),
            (Ok(false), Ok(false))
        );
    }
    assert_eq!(
        world.payments.refunds(),
        4,
        "each once, and two retries under keys of their own"
    );
}

#[tokio::test]
async fn a_capture_of_another_amount_confirms_nothing_and_is_a_dead_letter() {
    let world = World::begin().await;
    let order = create(&world.orders(), lamps("k", 1)).await.unwrap();
    let amount = Money {
        cents: 1,
        ..order.total
    };
    let payment_id = world.payments.capture(order.id, amount);

    world.payments_log.append(&PaymentEvent::PaymentCaptured {
        payment_id,
        order_id: order.id,
        amount,
    });

    let subscription = &world.module.subscriptions[0];
    let letters = until("a dead letter", async || {
        subscription
            .dead_letters()
            .await
            .ok()
            .filter(|letters| !letters.is_empty())
    })
    .await;
    assert!(
        letters[0].reason.contains("no captured payment of its total"),
        "{letters:?}"
    );
    assert_eq!(world.order("k").await.unwrap().status, OrderStatus::Pending);
}

#[tokio::test]
async fn confirming_by_command_needs_a_captured_payment_of_the_total() {
    let world = World::begin().await;
    let order = create(&world.orders(), lamps("k", 1)).await.unwrap();
    world.payments.capture(
        order.id,
        Money {
            cents: 1,
            ..order.total
        },
    );
    let not_paid = Err(Error::Conflict(OrderConflict::NotPaid { order_id: order.id }));

    assert_eq!(world.orders().confirm_order(order.id).await, not_paid);
    world.payments.set_down(true);
    let unknown = world.orders().confirm_order(order.id).await;
    world.payments.set_down(false);
    let payment_id = world.payments.capture(order.id, order.total);
    let confirmed = world.orders().confirm_order(order.id).await.unwrap();

    assert!(matches!(unknown, Err(Error::ServiceUnavailable { .. })), "{unknown:?}");
    assert_eq!(
        (confirmed.status, confirmed.payment_id),
        (OrderStatus::Confirmed, Some(payment_id))
    );
    assert_eq!(
        world.orders().confirm_order(order.id).await,
        Ok(confirmed),
        "repeating it changes nothing"
    );
}

#[tokio::test]
async fn an_order_is_shipped_and_delivered_and_each_may_be_repeated() {
    let world = World::begin().await;
    let order = create(&world.orders(), lamps("k", 1)).await.unwrap();
    let orders = world.orders();
    let shipment = Shipment {
        carrier: "post".to_owned(),
        tracking_number: "1".to_owned(),
    };
    let too_early = orders.ship_order(order.id, shipment.clone()).await;
    pay(&world, &order);
    world.until("k", OrderStatus::Confirmed).await;

    let shipped = orders.ship_order(order.id, shipment.clone()).await.unwrap();
    assert_eq!(orders.ship_order(order.id, shipment.clone()).await, Ok(shipped.clone()));
    let other = Shipment {
        tracking_number: "2".to_owned(),
        ..shipment.clone()
    };
    let elsewhere = orders.ship_order(order.id, other).await;
    let delivered = orders.deliver_order(order.id).await.unwrap();
    assert_eq!(orders.deliver_order(order.id).await, Ok(delivered.clone()));
    let cancelled = orders.cancel_order(order.id, "too late".to_owned()).await;

    let illegal = |from, to| Err(Error::Conflict(OrderConflict::IllegalTransition { from, to }));
    assert_eq!(too_early, illegal(OrderStatus::Pending, OrderStatus::Shipped));
    assert_eq!(elsewhere, illegal(OrderStatus::Shipped, OrderStatus::Shipped));
    assert_eq!(cancelled, illegal(OrderStatus::Delivered, OrderStatus::Cancelled));
    assert_eq!((shipped.shipment, delivered.version), (Some(shipment), 4));
    assert_eq!(
        world.events().await,
        ["OrderCreated", "OrderConfirmed", "OrderShipped", "OrderDelivered"]
    );
}

#[tokio::test]
async fn cancel_against_confirm_ends_in_one_of_both_worlds() {
    for round in 0..20 {
        let world = World::begin().await;
        let key = format!("k{round}");
        let order = create(&world.orders(), lamps(&key, 1)).await.unwrap();
        let payment_id = world.payments.capture(order.id, order.total);
        let orders = world.orders();

        let cancelling = orders.cancel_order(order.id, "changed my mind".to_owned());
        let (confirmed, cancelled) = tokio::join!(orders.confirm_order(order.id), cancelling);

        let after = world.order(&key).await.unwrap();
        assert_eq!(
            after.status,
            OrderStatus::Cancelled,
            "a confirmed order may be cancelled too"
        );
        assert!(cancelled.is_ok(), "{cancelled:?}");
        let events = world.events().await;
        if confirmed.is_ok() {
            assert_eq!(events, ["OrderCreated", "OrderConfirmed", "OrderCancelled"]);
            let back = async || (world.payments.refunded(payment_id) == order.total.cents).then_some(());
            until("what was paid is back", back).await;
        } else {
            assert_eq!(events, ["OrderCreated", "OrderCancelled"]);
        }
    }
}

#[tokio::test]
async fn lists_are_newest_first_and_end_in_an_empty_page() {
    let world = World::begin().await;
    let orders = world.orders();
    for key in ["a", "b", "c"] {
        create(&orders, lamps(key, 1)).await.unwrap();
    }

    let page = |page, page_size| orders.list_orders_for_customer(customer(), PageRequest { page, page_size });
    let (first, second, third) = (
        page(1, 2).await.unwrap(),
        page(2, 2).await.unwrap(),
        page(3, 2).await.unwrap(),
    );

    let ids = |page: &commerce::Page<Order>| page.items.iter().map(|order| order.id).collect::<Vec<_>>();
    assert_eq!(ids(&first), [order_id("c"), order_id("b")]);
    assert_eq!(ids(&second), [order_id("a")]);
    assert_eq!((ids(&third), third.total), (vec![], 3));
    assert!(matches!(page(0, 2).await, Err(Error::InvalidInput(_))));
}

#[tokio::test]
async fn events_carry_the_correlation_of_the_request_that_caused_them() {
    let world = World::begin().await;
    let order = create(&world.orders(), lamps("k", 1)).await.unwrap();
    pay(&world, &order);
    world.until("k", OrderStatus::Confirmed).await;

    let events = events(&world.module).await;

    let confirmed = &events[1];
    assert!(matches!(
        confirmed.parse::<OrderEvent>(),
        Ok(OrderEvent::OrderConfirmed { .. })
    ));
    assert_eq!(confirmed.metadata.correlation_id, Log::CORRELATION);
    assert_eq!(confirmed.metadata.source_service, "orders");
}

#[tokio::test]
async fn the_module_is_ready_and_says_why() {
    let world = World::begin().await;

    let report = world.environment.health.report().await;

    let names: Vec<_> = report.checks.iter().map(|check| check.name.as_str()).collect();
    assert_eq!(names, ["orders.database", "orders.payments"]);
    assert!(report.ready, "{report:?}");
}

/// Payments captures the order's total and says so.
fn pay(world: &World, order: &Order) -> commerce::PaymentId {
    let payment_id = world.payments.capture(order.id, order.total);
    let amount = order.total;
    world.payments_log.append(&PaymentEvent::PaymentCaptured {
        payment_id,
        order_id: order.id,
        amount,
    });
    payment_id
}
