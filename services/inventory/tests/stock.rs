//! Stock on a real SQLite file: nothing is reserved twice, nothing is lost, and it follows the orders.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

use std::sync::Arc;

use commerce::{
    Currency, Error, Inventory, InventoryConflict, InventoryError, Item, Money, OrderEvent, OrderId, PageRequest,
    PaymentId, Product, ProductUpdate, Reservation, ReservationRequest, ReservationStatus, Sku,
};
use futures::future::join_all;
use seam::handover::Copying;
use shared::{
    Environment, Module,
    testing::{self, Log, until},
};
use tempfile::TempDir;

#[tokio::test]
async fn a_product_is_put_and_put_again_without_touching_what_is_set_aside() {
    let world = World::begin().await;
    let created = world.put("lamp", 2_000, 10).await.unwrap();
    world.reserve("k", &[("lamp", 3)]).await.unwrap();

    let changed = world.put("lamp", 2_500, 50).await.unwrap();

    assert_eq!(
        (created.version, created.stock, created.reserved, created.committed),
        (1, 10, 0, 0)
    );
    assert_eq!((changed.price.cents, changed.stock, changed.reserved), (2_500, 50, 3));
    assert_eq!(world.product("lamp").await, changed);
}

#[tokio::test]
async fn a_malformed_product_and_an_unknown_one_are_refused() {
    let world = World::begin().await;

    let free = world.put("lamp", 0, 1).await;
    let unknown = world.service().get_product(sku("lamp")).await;

    assert!(matches!(free, Err(Error::InvalidInput(invalid)) if invalid.field == "price.cents"));
    assert_eq!(
        unknown,
        Err(Error::NotFound {
            what: "product".to_owned(),
            id: "lamp".to_owned()
        })
    );
}

#[tokio::test]
async fn products_are_listed_by_the_bytes_of_their_sku() {
    let world = World::begin().await;
    for (stock, name) in ["b", "a", "B", "_", "a-1"].into_iter().enumerate() {
        world.put(name, 1, i64::try_from(4 - stock).unwrap()).await.unwrap();
    }

    let page = world
        .service()
        .list_products(PageRequest { page: 1, page_size: 4 })
        .await
        .unwrap();

    let skus: Vec<_> = page.items.iter().map(|product| product.sku.as_str()).collect();
    assert_eq!((skus, page.total), (vec!["B", "_", "a", "a-1"], 5));
}

#[tokio::test]
async fn all_items_are_reserved_at_their_prices_in_the_order_asked_for_or_none() {
    let world = World::begin().await;
    world.put("a", 100, 5).await.unwrap();
    world.put("b", 200, 1).await.unwrap();

    let too_many = world.reserve("x", &[("a", 1), ("b", 2)]).await;
    let unknown = world.reserve("y", &[("a", 1), ("z", 1)]).await;
    assert_eq!(world.product("a").await.stock, 5, "a refused reservation takes nothing");
    let reserved = world.reserve("k", &[("b", 1), ("a", 2)]).await.unwrap();

    let conflict = InventoryConflict::InsufficientStock {
        sku: sku("b"),
        wanted: 2,
        available: 1,
    };
    assert_eq!(too_many, Err(Error::Conflict(conflict)));
    assert_eq!(
        unknown,
        Err(Error::Conflict(InventoryConflict::UnknownProduct { sku: sku("z") }))
    );
    let lines: Vec<_> = reserved
        .lines
        .iter()
        .map(|l| (l.sku.as_str(), l.quantity, l.unit_price.cents))
        .collect();
    assert_eq!(lines, [("b", 1, 200), ("a", 2, 100)]);
    assert_eq!(world.events().await, ["ProductPut", "ProductPut", "StockReserved"]);
}

#[tokio::test]
async fn reserving_again_changes_nothing_and_other_items_are_refused() {
    let world = World::begin().await;
    world.put("lamp", 100, 5).await.unwrap();
    let first = world.reserve("k", &[("lamp", 2)]).await.unwrap();
    world.put("lamp", 999, 3).await.unwrap();

    let again = world.reserve("k", &[("lamp", 2)]).await;
    let other = world.reserve("k", &[("lamp", 3)]).await;

    assert_eq!(again, Ok(first), "at the price of then");
    assert_eq!(
        other,
        Err(Error::Conflict(InventoryConflict::OtherItems { order_id: order("k") }))
    );
    assert_eq!(world.product("lamp").await.reserved, 2);
}

#[tokio::test]
async fn eight_reservations_of_one_order_at_once_reserve_once() {
    let world = World::begin().await;
    world.put("lamp", 100, 5).await.unwrap();

    let answers = join_all((0..8).map(|_| world.reserve("k", &[("lamp", 2)]))).await;

    assert!(
        answers.iter().all(|answer| answer == &answers[0] && answer.is_ok()),
        "{answers:?}"
    );
    assert_eq!(
        (world.product("lamp").await.stock, world.product("lamp").await.reserved),
        (3, 2)
    );
}

#[tokio::test]
async fn many_orders_at_once_get_what_there_is_and_not_one_more() {
    let world = World::begin().await;
    world.put("lamp", 100, 5).await.unwrap();
    let names: Vec<String> = (0..20).map(|number| number.to_string()).collect();

    let answers = join_all(names.iter().map(|name| world.reserve(name, &[("lamp", 1)]))).await;

    let won = answers.iter().filter(|answer| answer.is_ok()).count();
    let none_left = InventoryConflict::InsufficientStock {
        sku: sku("lamp"),
        wanted: 1,
        available: 0,
    };
    assert_eq!(won, 5);
    assert!(
        answers
            .iter()
            .filter(|a| a.is_err())
            .all(|a| *a == Err(Error::Conflict(none_left.clone())))
    );
    assert_eq!(
        (world.product("lamp").await.stock, world.product("lamp").await.reserved),
        (0, 5)
    );
}

#[tokio::test]
async fn items_are_committed_once_and_can_still_come_back() {
    let world = World::begin().await;
    world.put("lamp", 100, 5).await.unwrap();
    world.reserve("k", &[("lamp", 2)]).await.unwrap();
    let service = world.service();

    let committed = service.commit(order("k")).await.unwrap();
    assert_eq!(service.commit(order("k")).await, Ok(committed.clone()));
    assert_eq!(world.counts("lamp").await, (3, 0, 2));
    let released = service.release(order("k")).await.unwrap();
    assert_eq!(service.release(order("k")).await, Ok(released.clone()));
    assert_eq!(world.counts("lamp").await, (5, 0, 0));
    let again = service.commit(order("k")).await;

    let (from, to) = (ReservationStatus::Released, ReservationStatus::Committed);
    assert_eq!(
        again,
        Err(Error::Conflict(InventoryConflict::IllegalTransition { from, to }))
    );
    assert_eq!((committed.version, released.version), (2, 3));
    let wanted = ["ProductPut", "StockReserved", "StockCommitted", "StockReleased"];
    assert_eq!(world.events().await, wanted);
}

#[tokio::test]
async fn an_order_that_never_reserved_can_be_released_and_then_comes_too_late() {
    let world = World::begin().await;
    world.put("lamp", 100, 5).await.unwrap();

    let tombstone = world.service().release(order("k")).await.unwrap();
    let late = world.reserve("k", &[("lamp", 1)]).await;

    assert_eq!(
        (tombstone.status, tombstone.lines),
        (ReservationStatus::Released, vec![])
    );
    let (from, to) = (ReservationStatus::Released, ReservationStatus::Reserved);
    assert_eq!(
        late,
        Err(Error::Conflict(InventoryConflict::IllegalTransition { from, to }))
    );
    assert_eq!(world.counts("lamp").await, (5, 0, 0));
}

#[tokio::test]
async fn committing_what_was_never_reserved_is_refused() {
    let world = World::begin().await;

    let answer = world.service().commit(order("k")).await;

    assert_eq!(
        answer,
        Err(Error::NotFound {
            what: "reservation".to_owned(),
            id: order("k").to_string()
        })
    );
}

#[tokio::test]
async fn stock_follows_the_orders_events() {
    let world = World::begin().await;
    world.put("lamp", 100, 9).await.unwrap();
    for name in ["paid", "dropped", "returned"] {
        world.reserve(name, &[("lamp", 1)]).await.unwrap();
    }

    let payment_id = PaymentId::derive(&["p"]);
    for name in ["paid", "returned"] {
        world.orders.append(&OrderEvent::OrderConfirmed {
            order_id: order(name),
            payment_id,
        });
    }
    for name in ["dropped", "returned"] {
        world.orders.append(&OrderEvent::OrderCancelled {
            order_id: order(name),
            reason: "a reason".to_owned(),
        });
    }

    until("one is committed, two are back", async || {
        (world.counts("lamp").await == (8, 0, 1)).then_some(())
    })
    .await;
}

#[tokio::test]
async fn an_event_that_contradicts_the_stock_is_a_dead_letter_and_holds_up_no_other_order() {
    let world = World::begin().await;
    world.put("lamp", 100, 9).await.unwrap();
    world.reserve("paid", &[("lamp", 1)]).await.unwrap();
    let payment_id = PaymentId::derive(&["p"]);

    world.orders.append(&OrderEvent::OrderConfirmed {
        order_id: order("never reserved"),
        payment_id,
    });
    world.orders.append(&OrderEvent::OrderConfirmed {
        order_id: order("paid"),
        payment_id,
    });

    until("the other order's stock is committed", async || {
        (world.counts("lamp").await == (8, 0, 1)).then_some(())
    })
    .await;
    let letters = until("a dead letter", async || {
        world.module.subscriptions[0]
            .dead_letters()
            .await
            .ok()
            .filter(|letters| !letters.is_empty())
    })
    .await;
    assert!(letters[0].reason.contains("there is no reservation"), "{letters:?}");
}

#[tokio::test]
async fn the_module_is_ready_and_says_why() {
    let world = World::begin().await;

    let report = world.environment.health.report().await;

    let names: Vec<_> = report.checks.iter().map(|check| check.name.as_str()).collect();
    assert_eq!(names, ["inventory.database", "inventory.orders"]);
    assert!(report.ready, "{report:?}");
}

#[tokio::test]
async fn products_reservations_and_their_events_are_handed_over() {
    let (from, to) = (World::begin().await, World::begin().await);
    for name in ["lamp", "Lamp", "oil-can"] {
        from.put(name, 2_000, 10).await.unwrap();
    }
    let reserved = from.reserve("k", &[("lamp", 3), ("oil-can", 1)]).await.unwrap();
    let [ours, theirs] = [&from, &to].map(|world| world.module.handover.clone().unwrap());

    // Ranges of one, so that each set has to end at its own events.
    let copied = Copying::in_ranges_of(1).run(&ours, &theirs, |_| ()).await.unwrap();
    let again = to.reserve("k", &[("lamp", 3), ("oil-can", 1)]).await.unwrap();

    assert!(copied.is_even(), "{copied}");
    let figures = copied
        .sets
        .iter()
        .map(|set| (set.set.as_str(), set.aggregates, set.rows));
    assert_eq!(
        figures.collect::<Vec<_>>(),
        [("products", 3, 6), ("reservations", 1, 2)]
    );
    assert_eq!(to.product("lamp").await, from.product("lamp").await);
    assert_eq!(again, reserved);
    let own = [
        "applied_migrations",
        "applied_versions",
        "dead_letters",
        "duty",
        "idempotency",
        "inbox",
        "log",
        "subscriptions",
        "write_probes",
    ];
    assert_eq!(testing::not_handed_over(&from.module).await, own);
}

/// The module on its own SQLite file, reading a log of orders that the test writes.
struct World {
    _folder: TempDir,
    orders: Arc<Log>,
    environment: Environment,
    module: Module<dyn Inventory>,
}

impl World {
    async fn begin() -> Self {
        let folder = TempDir::new().unwrap();
        let environment = testing::environment(folder.path(), inventory::SETTINGS, &[]);
        let orders = Arc::new(Log::default());
        let dependencies = inventory::Dependencies {
            orders_feed: Arc::clone(&orders) as _,
        };
        let module = inventory::open(&environment, dependencies).await.unwrap();
        Self {
            _folder: folder,
            orders,
            environment,
            module,
        }
    }

    fn service(&self) -> Arc<dyn Inventory> {
        Arc::clone(&self.module.service)
    }

    async fn put(&self, name: &str, cents: i64, stock: i64) -> Result<Product, InventoryError> {
        let price = Money::new(cents, Currency::EUR);
        self.service()
            .put_product(ProductUpdate {
                sku: sku(name),
                price,
                stock,
            })
            .await
    }

    async fn product(&self, name: &str) -> Product {
        self.service().get_product(sku(name)).await.unwrap()
    }

    /// The product's counts: in stock, reserved, committed.
    async fn counts(&self, name: &str) -> (i64, i64, i64) {
        let product = self.product(name).await;
        (product.stock, product.reserved, product.committed)
    }

    async fn reserve(&self, name: &str, items: &[(&str, i64)]) -> Result<Reservation, InventoryError> {
        let item = |(name, quantity): &(&str, i64)| Item {
            sku: sku(name),
            quantity: *quantity,
        };
        let items = items.iter().map(item).collect();
        self.service()
            .reserve(ReservationRequest {
                order_id: order(name),
                items,
            })
            .await
    }

    async fn events(&self) -> Vec<String> {
        let events = testing::events(&self.module).await;
        events.into_iter().map(|event| event.event_type).collect()
    }
}

fn sku(text: &str) -> Sku {
    text.parse().unwrap()
}

fn order(name: &str) -> OrderId {
    OrderId::derive(&[name])
}
