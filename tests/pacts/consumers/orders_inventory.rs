//! Orders reserves stock for an order, and releases it if the order will never exist.

use std::sync::Arc;

use commerce::{
    Error, ErrorCode, NewOrderV2, Order, OrderConflict, OrderError, OrderId, OrderStatus, Orders, ReservationStatus,
    http::inventory,
};
use seam::Context;
use serde_json::json;
use shared::testing::until;

use super::{
    call::{Call, minted},
    fixtures::{PRICE, SKU, TOTAL, items, key, reservation, reserved, two_lamps},
    matchers::{exactly, one_of, text, uuid, whole},
    neighbours::{no_payments, silence},
    opened::{self, Opened},
    states::{self, State},
    suite::{Link, Pact},
};

const CALLER: &str = "shop";
const KEY: &str = "orders-inventory";
const UNKNOWN: &str = "no-such-lamp";

pub(crate) fn pact() -> Pact {
    let reserve = |description, state| {
        let call = reserve(description, SKU, 100).given(state);
        call.answers(reservation(order_id()))
    };
    let pact = Pact::between("orders", "inventory")
        .call(
            reserve("reserve the items of an order", states::no_reservation()),
            becomes_an_order,
        )
        .call(
            reserve("reserve the items of an order once more", reserved_before(2)),
            becomes_an_order,
        );
    of_an_old_order(out_of_stock(pact))
}

// A refused order is released too, so that no stock stays reserved for an order that will never exist.

fn out_of_stock(pact: Pact) -> Pact {
    let unknown = json_pattern!({ "kind": exactly("unknown_product"), "sku": text(UNKNOWN) });
    let insufficient = json_pattern!({
        "kind": exactly("insufficient_stock"),
        "sku": text(SKU),
        "wanted": whole(2),
        "available": whole(1),
    });
    let refused = |description, sku, details| {
        let call = reserve(description, sku, 1).given(states::no_reservation());
        [call.refuses(ErrorCode::Conflict, details), release_nothing()]
    };
    pact.calls(
        refused("reserve items of no known product", UNKNOWN, unknown),
        |inventory| async {
            let sku = UNKNOWN.parse().unwrap();
            let conflict = OrderConflict::UnknownProduct { sku };
            is_refused(inventory, UNKNOWN, Error::Conflict(conflict)).await;
        },
    )
    .calls(
        refused("reserve more items than there are", SKU, insufficient),
        |inventory| async {
            let (sku, wanted, available) = (SKU.parse().unwrap(), 2, 1);
            let conflict = OrderConflict::InsufficientStock { sku, wanted, available };
            is_refused(inventory, SKU, Error::Conflict(conflict)).await;
        },
    )
}

/// A reservation for an order that Orders has forgotten and Inventory has not.
fn of_an_old_order(pact: Pact) -> Pact {
    let other_items = json_pattern!({ "kind": exactly("other_items"), "order_id": uuid(order_id()) });
    let was_released = json_pattern!({
        "kind": exactly("illegal_transition"),
        "from": one_of(&ReservationStatus::ALL, ReservationStatus::Released),
        "to": one_of(&ReservationStatus::ALL, ReservationStatus::Reserved),
    });
    let refused = |description, state: State, details, and_then| {
        let reserve = reserve(description, SKU, 100).given(state.clone());
        let release = release(and_then).given(states::stocked(SKU, PRICE, 100)).given(state);
        [
            reserve.refuses(ErrorCode::Conflict, details),
            release.answers(reservation(order_id())),
        ]
    };
    let released = states::reservation(SKU, 2, ReservationStatus::Released);
    pact.calls(
        refused(
            "reserve other items than before",
            reserved_before(3),
            other_items,
            "release the items of an order",
        ),
        |inventory| async {
            let key = KEY.to_owned();
            is_refused(inventory, SKU, Error::KeyReused { key }).await;
        },
    )
    .calls(
        refused(
            "reserve items that were released",
            released,
            was_released,
            "release the items of an order once more",
        ),
        |inventory| async {
            let (from, to) = (OrderStatus::Cancelled, OrderStatus::Pending);
            let conflict = OrderConflict::IllegalTransition { from, to };
            is_refused(inventory, SKU, Error::Conflict(conflict)).await;
        },
    )
}

fn reserved_before(quantity: i64) -> State {
    states::reservation(SKU, quantity, ReservationStatus::Reserved)
}

/// A reservation of two pieces of `sku`, of which there are `stock`.
fn reserve(description: &str, sku: &str, stock: i64) -> Call {
    let place = minted("/v2/reservations/${order_id}", order_id());
    let call = Call::put(description, place).given(states::stocked(SKU, PRICE, stock));
    call.body(json!({ "items": items(sku, 2) }))
}

fn release(description: &str) -> Call {
    Call::post(description, minted("/v2/reservations/${order_id}/release", order_id()))
}

fn release_nothing() -> Call {
    let status = one_of(&ReservationStatus::ALL, ReservationStatus::Released);
    let nothing = reserved(order_id(), status, json!([]).into());
    let call = release("release an order that has reserved nothing").given(states::no_reservation());
    call.answers(nothing)
}

fn order_id() -> OrderId {
    OrderId::derive(&[CALLER, KEY])
}

async fn open(link: Link) -> Opened<dyn Orders> {
    let inventory = Arc::new(inventory::Client::new(link.socket()));
    opened::orders(inventory, no_payments(), silence()).await
}

async fn create(orders: &Opened<dyn Orders>, sku: &str) -> Result<Order, OrderError> {
    let order = NewOrderV2 {
        items: items(sku, 2),
        ..two_lamps("tok_ok")
    };
    let created = orders.service.create_order(order.keyed(key(KEY)));
    Context::root(CALLER).scope(created).await
}

async fn becomes_an_order(inventory: Link) {
    let orders = open(inventory).await;
    let order = create(&orders, SKU).await.unwrap();
    assert_eq!(
        (order.id, order.status, order.total),
        (order_id(), OrderStatus::Pending, TOTAL)
    );
    assert_eq!((order.lines[0].quantity, order.lines[0].unit_price), (2, PRICE));
    orders.close().await;
}

async fn is_refused(inventory: Link, sku: &str, wanted: OrderError) {
    let orders = open(inventory).await;
    assert_eq!(create(&orders, sku).await, Err(wanted));
    until("the stock is released", async || {
        let owed = orders.query("SELECT order_id FROM releases").await;
        owed.is_empty().then_some(())
    })
    .await;
    orders.close().await;
}
