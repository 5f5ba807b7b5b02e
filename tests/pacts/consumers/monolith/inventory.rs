use std::sync::Arc;

use commerce::{
    Error, Inventory, InventoryConflict, InventoryError, OrderId, PageRequest, Product, ProductUpdate, Reservation,
    ReservationRequest, ReservationStatus, http::inventory::Client,
};
use pact_consumer::patterns::JsonPattern;
use seam::http::Socket;
use serde_json::json;

use super::{conflicts, invalid, is_invalid, is_missing, shape};
use crate::consumers::{
    call::{Call, minted},
    feed,
    fixtures::{self, PRICE, SKU, items, page, reserved},
    matchers::{each, exactly, money, one_of, only, text, timestamp, uuid, whole},
    states::{self, State},
    suite::{Link, Pact},
};

const UNKNOWN: &str = "no-such-lamp";

pub(crate) fn pact() -> Pact {
    let pact = reserving(lists(products(Pact::between("monolith", "inventory"))));
    let pact = moves(reserved_before(out_of_stock(pact)));
    feed::read(pact, "inventory", vec![stocked()])
}

fn products(pact: Pact) -> Pact {
    let put = |description, sku: &str, stock: i64| {
        let call = Call::put(description, format!("/v2/products/{sku}"));
        call.body(json!({ "price": PRICE, "stock": stock }))
    };
    let get = |description, sku: &str| Call::get(description, format!("/v2/products/{sku}"));
    let update = |sku: &str, stock| ProductUpdate {
        sku: sku.parse().unwrap(),
        price: PRICE,
        stock,
    };
    pact.call(
        put("put a product on sale", "new-lamp", 100).answers(product("new-lamp")),
        move |inventory| async move {
            is_a_lamp(client(inventory).put_product(update("new-lamp", 100)).await, "new-lamp");
        },
    )
    .call(
        put("put a product on sale once more", SKU, 100)
            .given(stocked())
            .answers(product(SKU)),
        move |inventory| async move {
            is_a_lamp(client(inventory).put_product(update(SKU, 100)).await, SKU);
        },
    )
    .call(
        is_invalid(put("put less than nothing on sale", SKU, -1), "stock", "-1"),
        move |inventory| async move {
            let refused = client(inventory).put_product(update(SKU, -1)).await;
            assert_eq!(refused, Err(Error::InvalidInput(invalid("stock", "-1"))));
        },
    )
    .call(
        get("get a product", SKU).given(stocked()).answers(product(SKU)),
        |inventory| async {
            is_a_lamp(client(inventory).get_product(SKU.parse().unwrap()).await, SKU);
        },
    )
    .call(
        is_missing(get("get a product that does not exist", UNKNOWN), "product", UNKNOWN),
        |inventory| async {
            let missing = client(inventory).get_product(UNKNOWN.parse().unwrap()).await;
            let (what, id) = ("product".to_owned(), UNKNOWN.to_owned());
            assert_eq!(missing, Err(Error::NotFound { what, id }));
        },
    )
}

/// Products are one list that everybody writes to, so no test knows its length.
fn lists(pact: Pact) -> Pact {
    let list = |description, number| Call::get(description, "/v2/products").page(number, 2);
    let full = page(vec![product(SKU), product(SKU)], 1, 2, 3);
    let cases = [
        (
            1,
            (2, 1, 3),
            list("list products", 1).given(states::products(3)).answers(full),
        ),
        (
            1_000_000,
            (0, 1_000_000, 3),
            list("list products beyond the last page", 1_000_000).answers(page(Vec::new(), 1_000_000, 2, 3)),
        ),
    ];
    cases.into_iter().fold(pact, |pact, (number, wanted, call)| {
        pact.call(call, move |inventory| async move {
            let asked = PageRequest {
                page: number,
                page_size: 2,
            };
            assert_eq!(shape(&client(inventory).list_products(asked).await.unwrap()), wanted);
        })
    })
}

fn reserving(pact: Pact) -> Pact {
    let again = states::reservation(SKU, 2, ReservationStatus::Reserved);
    [
        reserve("reserve items", SKU, 2)
            .given(stocked())
            .given(states::no_reservation()),
        reserve("reserve items once more", SKU, 2).given(stocked()).given(again),
    ]
    .into_iter()
    .fold(pact, |pact, call| {
        pact.call(
            call.answers(two_lamps(ReservationStatus::Reserved)),
            |inventory| async {
                is_two_lamps(
                    client(inventory).reserve(request(SKU, 2)).await,
                    ReservationStatus::Reserved,
                );
            },
        )
    })
}

fn out_of_stock(pact: Pact) -> Pact {
    let fresh = |description, sku, quantity| reserve(description, sku, quantity).given(states::no_reservation());
    let unknown = json_pattern!({ "kind": exactly("unknown_product"), "sku": text(UNKNOWN) });
    let short = json_pattern!({
        "kind": exactly("insufficient_stock"),
        "sku": text(SKU),
        "wanted": whole(2),
        "available": whole(1),
    });
    let unknown = conflicts(fresh("reserve items of no known product", UNKNOWN, 2), unknown);
    let few = fresh("reserve more items than there are", SKU, 2).given(states::stocked(SKU, PRICE, 1));
    let none = is_invalid(fresh("reserve nothing", SKU, 0), "items[0].quantity", "0");
    let sku = UNKNOWN.parse().unwrap();
    let unknown_product = InventoryConflict::UnknownProduct { sku };
    let (sku, wanted, available) = (SKU.parse().unwrap(), 2, 1);
    let insufficient_stock = InventoryConflict::InsufficientStock { sku, wanted, available };
    let pact = is_refused(pact, unknown, request(UNKNOWN, 2), Error::Conflict(unknown_product));
    let pact = is_refused(
        pact,
        conflicts(few, short),
        request(SKU, 2),
        Error::Conflict(insufficient_stock),
    );
    let invalid = Error::InvalidInput(invalid("items[0].quantity", "0"));
    is_refused(pact, none, request(SKU, 0), invalid)
}

fn reserved_before(pact: Pact) -> Pact {
    let before = |description, status| {
        let call = reserve(description, SKU, 3).given(stocked());
        call.given(states::reservation(SKU, 2, status))
    };
    let (from, to) = (ReservationStatus::Released, ReservationStatus::Reserved);
    let other = json_pattern!({ "kind": exactly("other_items"), "order_id": uuid(order_id()) });
    let other = conflicts(before("reserve other items than before", to), other);
    let released = conflicts(
        before("reserve items after they were released", from),
        illegal(from, to),
    );
    let other_items = InventoryConflict::OtherItems { order_id: order_id() };
    let illegal = InventoryConflict::IllegalTransition { from, to };
    let pact = is_refused(pact, other, request(SKU, 3), Error::Conflict(other_items));
    is_refused(pact, released, request(SKU, 3), Error::Conflict(illegal))
}

fn is_refused(pact: Pact, call: Call, request: ReservationRequest, wanted: InventoryError) -> Pact {
    pact.call(call, move |inventory| {
        let (request, wanted) = (request.clone(), wanted.clone());
        async move { assert_eq!(client(inventory).reserve(request).await, Err(wanted)) }
    })
}

fn moves(pact: Pact) -> Pact {
    let (reserved, committed, released) = (
        ReservationStatus::Reserved,
        ReservationStatus::Committed,
        ReservationStatus::Released,
    );
    let act = |description, action: &str, from| {
        let place = minted(&format!("/v2/reservations/${{order_id}}/{action}"), order_id());
        let call = Call::post(description, place).given(stocked());
        call.given(states::reservation(SKU, 2, from))
    };
    let missing = Call::post(
        "commit the items of an order that has reserved nothing",
        minted("/v2/reservations/${order_id}/commit", order_id()),
    );
    let missing = is_missing(
        missing.given(states::no_reservation()),
        "reservation",
        &order_id().to_string(),
    );
    let pact = pact
        .call(
            act("commit reserved items", "commit", reserved).answers(two_lamps(committed)),
            |inventory| async {
                is_two_lamps(client(inventory).commit(order_id()).await, ReservationStatus::Committed);
            },
        )
        .call(
            act("release reserved items", "release", reserved).answers(two_lamps(released)),
            |inventory| async {
                is_two_lamps(client(inventory).release(order_id()).await, ReservationStatus::Released);
            },
        );
    pact.call(
        conflicts(
            act("commit released items", "commit", released),
            illegal(released, committed),
        ),
        move |inventory| async move {
            let conflict = InventoryConflict::IllegalTransition {
                from: released,
                to: committed,
            };
            assert_eq!(
                client(inventory).commit(order_id()).await,
                Err(Error::Conflict(conflict))
            );
        },
    )
    .call(missing, |inventory| async {
        let (what, id) = ("reservation".to_owned(), order_id().to_string());
        assert_eq!(
            client(inventory).commit(order_id()).await,
            Err(Error::NotFound { what, id })
        );
    })
}

fn reserve(description: &str, sku: &str, quantity: i64) -> Call {
    let call = Call::put(description, minted("/v2/reservations/${order_id}", order_id()));
    call.body(json!({ "items": items(sku, quantity) }))
}

fn request(sku: &str, quantity: i64) -> ReservationRequest {
    ReservationRequest {
        order_id: order_id(),
        items: items(sku, quantity),
    }
}

fn product(sku: &str) -> JsonPattern {
    json_pattern!({
        "sku": text(sku),
        "price": money(PRICE),
        "stock": whole(100),
        "reserved": whole(0),
        "committed": whole(0),
        "version": whole(1),
        "updated_at": timestamp(),
    })
}

fn two_lamps(status: ReservationStatus) -> JsonPattern {
    let lines = each(json_pattern!({ "sku": text(SKU), "quantity": whole(2), "unit_price": money(PRICE) }));
    reserved(order_id(), only(status), lines)
}

fn illegal(from: ReservationStatus, to: ReservationStatus) -> JsonPattern {
    json_pattern!({
        "kind": exactly("illegal_transition"),
        "from": one_of(&ReservationStatus::ALL, from),
        "to": one_of(&ReservationStatus::ALL, to),
    })
}

fn stocked() -> State {
    states::stocked(SKU, PRICE, 100)
}

fn order_id() -> OrderId {
    fixtures::order_id("monolith-inventory")
}

fn client(inventory: Link) -> Client<Arc<Socket>> {
    Client::new(inventory.socket())
}

fn is_a_lamp(product: Result<Product, InventoryError>, sku: &str) {
    let product = product.unwrap();
    assert_eq!((product.sku.as_str(), product.price, product.stock), (sku, PRICE, 100));
}

fn is_two_lamps(reservation: Result<Reservation, InventoryError>, wanted: ReservationStatus) {
    let reservation = reservation.unwrap();
    assert_eq!((reservation.order_id, reservation.status), (order_id(), wanted));
    assert_eq!(
        (reservation.lines[0].quantity, reservation.lines[0].unit_price),
        (2, PRICE)
    );
}
