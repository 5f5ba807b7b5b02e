//! A shop whose pages were written for version 1 of the API and never changed since.

use commerce::OrderStatus;
use pact_consumer::patterns::JsonPattern;
use serde::Deserialize;

use super::{
    call::{Call, minted},
    fixtures::{self, PRICE, SKU, ordered},
    matchers::{number, one_of},
    states,
    suite::{Link, Pact},
};

/// The fields that the page of an order shows.
#[derive(Debug, PartialEq, Deserialize)]
struct Order {
    status: String,
    total: f64,
}

/// The shop's own client.
struct Shop {
    orders: String,
}

impl Shop {
    /// Requests an order; `None` if it does not exist.
    async fn order(&self, id: &str) -> Option<Order> {
        #[derive(Deserialize)]
        struct Reply {
            data: Order,
        }
        let url = format!("{}/v1/orders/{id}", self.orders);
        let reply = reqwest::get(url).await.unwrap();
        match reply.status().as_u16() {
            200 => Some(reply.json::<Reply>().await.unwrap().data),
            404 => None,
            status => panic!("the shop shows its error page: {status}"),
        }
    }
}

pub(crate) fn pact() -> Pact {
    let shown = json_pattern!({ "data": { "status": status(), "total": number(13.5) } });
    let found = Call::get(
        "show an order",
        minted("/v1/orders/${order_id}", fixtures::order_id("v1")),
    )
    .given(states::stocked(SKU, PRICE, 100))
    .given(ordered(OrderStatus::Confirmed));
    let missing = Call::get(
        "show an order that does not exist",
        format!("/v1/orders/{}", fixtures::order_id("v1")),
    );
    Pact::between("storefront-v1", "orders")
        .call(found.responds(200, shown), |orders| async {
            let (status, total) = ("confirmed".to_owned(), 13.5);
            assert_eq!(look(orders).await, Some(Order { status, total }));
        })
        .call(missing.responds_only(404), |orders| async {
            assert_eq!(look(orders).await, None);
        })
}

/// The page has a picture for each status.
fn status() -> JsonPattern {
    one_of(&OrderStatus::ALL, OrderStatus::Confirmed)
}

async fn look(orders: Link) -> Option<Order> {
    let shop = Shop { orders: orders.url };
    shop.order(&fixtures::order_id("v1").to_string()).await
}
