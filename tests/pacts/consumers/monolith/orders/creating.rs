use commerce::{Error, NewOrderV2, OrderConflict, OrderError, OrderStatus, Orders};
use serde_json::json;

use super::{client, is_two_lamps, order_id, stocked};
use crate::consumers::{
    call::Call,
    fixtures::{self, PRICE, SKU, items, key, order, two_lamps},
    matchers::{exactly, text, whole},
    monolith::{conflicts, invalid, is_invalid, is_reused},
    states,
    suite::Pact,
};

const UNKNOWN: &str = "no-such-lamp";

pub(super) fn calls(pact: Pact) -> Pact {
    of_no_sense(of_no_stock(successes(pact)))
}

fn successes(pact: Pact) -> Pact {
    let created = order(order_id(), OrderStatus::Pending);
    let again = states::order_under(&key("monolith-again"), &two_lamps("tok_timeout"));
    let new = create("create an order", "monolith-new", &two_lamps("tok_timeout")).given(stocked());
    let again = create("create an order once more", "monolith-again", &two_lamps("tok_timeout"))
        .given(stocked())
        .given(again);
    pact.call(new.answers(created), |orders| async {
        let order = client(orders)
            .create_order(two_lamps("tok_timeout").keyed(key("monolith-new")))
            .await;
        is_two_lamps(order, OrderStatus::Pending);
    })
    .call(again.answers(order(order_id(), OrderStatus::Pending)), |orders| async {
        let order = client(orders)
            .create_order(two_lamps("tok_timeout").keyed(key("monolith-again")))
            .await;
        is_two_lamps(order, OrderStatus::Pending);
    })
}

fn of_no_stock(pact: Pact) -> Pact {
    let (unknown, short) = (of(UNKNOWN, 2), of(SKU, 2));
    let is_unknown = json_pattern!({ "kind": exactly("unknown_product"), "sku": text(UNKNOWN) });
    let is_short = json_pattern!({
        "kind": exactly("insufficient_stock"),
        "sku": text(SKU),
        "wanted": whole(2),
        "available": whole(1),
    });
    let of_unknown = create("create an order of no known product", "monolith-unknown", &unknown);
    let of_short = create("create an order of more than there is", "monolith-short", &short);
    let of_short = of_short.given(states::stocked(SKU, PRICE, 1));
    let sku = UNKNOWN.parse().unwrap();
    let unknown_product = OrderConflict::UnknownProduct { sku };
    let (sku, wanted, available) = (SKU.parse().unwrap(), 2, 1);
    let insufficient_stock = OrderConflict::InsufficientStock { sku, wanted, available };
    let pact = is_refused(
        pact,
        conflicts(of_unknown, is_unknown),
        ("monolith-unknown", unknown),
        Error::Conflict(unknown_product),
    );
    is_refused(
        pact,
        conflicts(of_short, is_short),
        ("monolith-short", short),
        Error::Conflict(insufficient_stock),
    )
}

fn of_no_sense(pact: Pact) -> Pact {
    let (other, none) = (of(SKU, 1), of(SKU, 0));
    let used = states::order_under(&key("monolith-used"), &two_lamps("tok_timeout"));
    let reused = create(
        "create another order under a key that was used",
        "monolith-used",
        &other,
    );
    let reused = is_reused(reused.given(stocked()).given(used), "monolith-used");
    let of_none = create("create an order of nothing", "monolith-none", &none);
    let of_none = is_invalid(of_none, "items[0].quantity", "0");
    let key = "monolith-used".to_owned();
    let pact = is_refused(pact, reused, ("monolith-used", other), Error::KeyReused { key });
    is_refused(
        pact,
        of_none,
        ("monolith-none", none),
        Error::InvalidInput(invalid("items[0].quantity", "0")),
    )
}

fn is_refused(pact: Pact, call: Call, (name, order): (&'static str, NewOrderV2), wanted: OrderError) -> Pact {
    pact.call(call, move |orders| {
        let (order, wanted) = (order.clone().keyed(key(name)), wanted.clone());
        async move { assert_eq!(client(orders).create_order(order).await, Err(wanted)) }
    })
}

fn of(sku: &str, quantity: i64) -> NewOrderV2 {
    NewOrderV2 {
        items: items(sku, quantity),
        ..two_lamps("tok_ok")
    }
}

fn create(description: &str, key: &str, order: &NewOrderV2) -> Call {
    Call::post(description, "/v2/orders")
        .key(&fixtures::key(key))
        .body(json!(order))
}
