//! A shop on version 2 of the API, as a team outside the platform writes it: a basket, a page for each order,
//! and a list of orders.

use commerce::{ErrorCode, OrderStatus};
use pact_consumer::patterns::JsonPattern;
use reqwest::{Client, RequestBuilder};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{
    call::{Call, minted},
    fixtures::{self, PRICE, SKU, TOTAL, items, key, ordered, two_lamps},
    matchers::{currency, each, exactly, one_of, text, whole},
    states::{self, State},
    suite::{Link, Pact},
};

const UNKNOWN: &str = "no-such-lamp";

/// The fields that the page of an order shows.
#[derive(Debug, PartialEq, Deserialize)]
struct Order {
    id: String,
    status: String,
    total_cents: i64,
    currency: String,
    line_items: Vec<Line>,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Line {
    sku: String,
    quantity: i64,
}

/// The fields that the list of orders shows.
#[derive(Debug, PartialEq, Deserialize)]
struct Listed {
    items: Vec<Entry>,
    total: i64,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Entry {
    id: String,
    status: String,
}

/// Reasons why there is no order, each with a page of its own.
#[derive(Clone, Debug, PartialEq)]
enum Sorry {
    NotFound,
    NoSuchProduct,
    OutOfStock { available: i64 },
    TooLateToCancel,
    CheckYourBasket,
}

/// The shop's own client.
struct Shop {
    orders: String,
    client: Client,
}

impl Shop {
    fn of(link: Link) -> Self {
        Self {
            orders: link.url,
            client: Client::new(),
        }
    }

    async fn buy(&self, key: &str, basket: &Value) -> Result<Order, Sorry> {
        let request = self.client.post(format!("{}/v2/orders", self.orders));
        ask(request.header("idempotency-key", key).json(basket)).await
    }

    async fn order(&self, id: &str) -> Result<Order, Sorry> {
        ask(self.client.get(format!("{}/v2/orders/{id}", self.orders))).await
    }

    async fn cancel(&self, id: &str) -> Result<Entry, Sorry> {
        let request = self.client.post(format!("{}/v2/orders/{id}/cancel", self.orders));
        ask(request.json(&json!({ "reason": "changed my mind" }))).await
    }

    async fn history(&self, customer: &str, page: u32) -> Result<Listed, Sorry> {
        let url = format!("{}/v2/customers/{customer}/orders?page={page}&page_size=2", self.orders);
        ask(self.client.get(url)).await
    }
}

async fn ask<T: DeserializeOwned>(request: RequestBuilder) -> Result<T, Sorry> {
    let reply = request.send().await.unwrap();
    let is_success = reply.status().is_success();
    let mut body: Value = reply.json().await.unwrap();
    if is_success {
        return Ok(serde_json::from_value(body["data"].take()).unwrap());
    }
    let error = &body["error"];
    Err(
        match (error["code"].as_str().unwrap(), error["details"]["kind"].as_str()) {
            ("NOT_FOUND", _) => Sorry::NotFound,
            ("INVALID_INPUT", _) => Sorry::CheckYourBasket,
            ("CONFLICT", Some("unknown_product")) => Sorry::NoSuchProduct,
            ("CONFLICT", Some("insufficient_stock")) => Sorry::OutOfStock {
                available: error["details"]["available"].as_i64().unwrap(),
            },
            ("CONFLICT", Some("illegal_transition")) => Sorry::TooLateToCancel,
            other => panic!("the shop shows its error page: {other:?}"),
        },
    )
}

pub(crate) fn pact() -> Pact {
    history(cancelling(pages(refusals(buying(Pact::between(
        "storefront-v2",
        "orders",
    ))))))
}

fn buying(pact: Pact) -> Pact {
    let basket = || json!(two_lamps("tok_timeout"));
    let buy = |description, key: &str| {
        let call = Call::post(description, "/v2/orders")
            .header("idempotency-key", key)
            .body(basket());
        call.given(states::stocked(SKU, PRICE, 100))
    };
    let before = states::order_under(&key("storefront-again"), &two_lamps("tok_timeout"));
    [
        (buy("buy two lamps", "storefront-new"), "storefront-new"),
        (
            buy("buy two lamps once more", "storefront-again").given(before),
            "storefront-again",
        ),
    ]
    .into_iter()
    .fold(pact, |pact, (call, key)| {
        pact.call(succeeds(call, shown(only_pending())), move |orders| async move {
            assert_eq!(Shop::of(orders).buy(key, &basket()).await, Ok(two("pending")));
        })
    })
}

fn refusals(pact: Pact) -> Pact {
    let buy = |description, key: &str, basket: &Value| {
        Call::post(description, "/v2/orders")
            .header("idempotency-key", key)
            .body(basket.clone())
    };
    let basket = |sku, quantity| {
        let mut basket = json!(two_lamps("tok_ok"));
        basket["items"] = json!(items(sku, quantity));
        basket
    };
    let (unknown, short, none) = (basket(UNKNOWN, 2), basket(SKU, 2), basket(SKU, 0));
    let out = json_pattern!({ "kind": exactly("insufficient_stock"), "available": whole(1) });
    let cases = [
        (
            fails(
                buy("buy what is not sold", "storefront-unknown", &unknown),
                ErrorCode::Conflict,
                kind("unknown_product"),
            ),
            ("storefront-unknown", unknown),
            Sorry::NoSuchProduct,
        ),
        (
            fails(
                buy("buy more than there is", "storefront-short", &short).given(states::stocked(SKU, PRICE, 1)),
                ErrorCode::Conflict,
                out,
            ),
            ("storefront-short", short),
            Sorry::OutOfStock { available: 1 },
        ),
        (
            says(buy("buy nothing", "storefront-none", &none), ErrorCode::InvalidInput),
            ("storefront-none", none),
            Sorry::CheckYourBasket,
        ),
    ];
    cases.into_iter().fold(pact, |pact, (call, (key, basket), wanted)| {
        pact.call(call, move |orders| {
            let (basket, wanted) = (basket.clone(), wanted.clone());
            async move { assert_eq!(Shop::of(orders).buy(key, &basket).await, Err(wanted)) }
        })
    })
}

fn pages(pact: Pact) -> Pact {
    let found = at(Call::get, "show an order", "", OrderStatus::Confirmed);
    let missing = Call::get("show an order that does not exist", format!("/v2/orders/{}", id()));
    pact.call(succeeds(found, shown(status(OrderStatus::Confirmed))), |orders| async {
        assert_eq!(Shop::of(orders).order(&id()).await, Ok(two("confirmed")));
    })
    .call(says(missing, ErrorCode::NotFound), |orders| async {
        assert_eq!(Shop::of(orders).order(&id()).await, Err(Sorry::NotFound));
    })
}

fn cancelling(pact: Pact) -> Pact {
    let reason = || json!({ "reason": "changed my mind" });
    let cancel = at(Call::post, "cancel an order", "/cancel", OrderStatus::Pending).body(reason());
    let late = at(
        Call::post,
        "cancel an order that is on its way",
        "/cancel",
        OrderStatus::Shipped,
    )
    .body(reason());
    let cancelled = entry(exactly("cancelled"));
    pact.call(succeeds(cancel, cancelled), |orders| async {
        let (id, status) = (id(), "cancelled".to_owned());
        assert_eq!(Shop::of(orders).cancel(&id).await, Ok(Entry { id: id.clone(), status }));
    })
    .call(
        fails(late, ErrorCode::Conflict, kind("illegal_transition")),
        |orders| async {
            assert_eq!(Shop::of(orders).cancel(&id()).await, Err(Sorry::TooLateToCancel));
        },
    )
}

fn history(pact: Pact) -> Pact {
    let list = |description, customer: &str, page| {
        let call = Call::get(description, format!("/v2/customers/{customer}/orders"));
        call.page(page, 2)
    };
    let three = |call: Call| {
        let call = call.given(states::stocked(SKU, PRICE, 100));
        call.given(states::orders_of("shopper", 3))
    };
    let entries = |count: usize| {
        let one = || entry(status(OrderStatus::Pending));
        JsonPattern::Array((0..count).map(|_| one()).collect())
    };
    let cases = [
        (
            "shopper",
            1,
            2,
            3,
            three(list("list a customer's orders", "shopper", 1)),
        ),
        (
            "shopper",
            2,
            1,
            3,
            three(list("list the last page of a customer's orders", "shopper", 2)),
        ),
        (
            "newcomer",
            1,
            0,
            0,
            list("list the orders of a customer who has none", "newcomer", 1),
        ),
    ];
    cases
        .into_iter()
        .fold(pact, |pact, (customer, page, count, total, call)| {
            let items = entries(count);
            let listed = json_pattern!({ "items": items, "total": whole(total) });
            pact.call(succeeds(call, listed), move |orders| async move {
                let listed = Shop::of(orders).history(customer, page).await.unwrap();
                assert_eq!((listed.items.len(), listed.total), (count, total));
            })
        })
}

fn at(method: fn(&str, super::call::Place) -> Call, description: &str, action: &str, status: OrderStatus) -> Call {
    let place = minted(&format!("/v2/orders/${{order_id}}{action}"), id());
    method(description, place)
        .given(states::stocked(SKU, PRICE, 100))
        .given(there(status))
}

fn there(status: OrderStatus) -> State {
    ordered(status)
}

fn id() -> String {
    fixtures::order_id("storefront-v2").to_string()
}

fn succeeds(call: Call, data: JsonPattern) -> Call {
    call.succeeds(json_pattern!({ "data": data }))
}

/// Expects a refusal, with the details on which a page depends.
fn fails(call: Call, code: ErrorCode, details: JsonPattern) -> Call {
    let error = json_pattern!({ "code": exactly(code.as_str()), "details": details });
    call.fails(code.status(), json_pattern!({ "error": error }))
}

fn says(call: Call, code: ErrorCode) -> Call {
    call.fails(
        code.status(),
        json_pattern!({ "error": { "code": exactly(code.as_str()) } }),
    )
}

fn kind(kind: &str) -> JsonPattern {
    json_pattern!({ "kind": exactly(kind) })
}

fn only_pending() -> JsonPattern {
    exactly("pending")
}

fn status(example: OrderStatus) -> JsonPattern {
    one_of(&OrderStatus::ALL, example)
}

fn shown(status: JsonPattern) -> JsonPattern {
    json_pattern!({
        "id": text(&id()),
        "status": status,
        "total_cents": whole(TOTAL.cents),
        "currency": currency(),
        "line_items": each(json_pattern!({ "sku": text(SKU), "quantity": whole(2) })),
    })
}

fn entry(status: JsonPattern) -> JsonPattern {
    json_pattern!({ "id": text(&id()), "status": status })
}

/// The page of an order of two lamps.
fn two(status: &str) -> Order {
    Order {
        id: id(),
        status: status.to_owned(),
        total_cents: TOTAL.cents,
        currency: TOTAL.currency.to_string(),
        line_items: vec![Line {
            sku: SKU.to_owned(),
            quantity: 2,
        }],
    }
}
