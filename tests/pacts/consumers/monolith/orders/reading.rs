use commerce::{Error, OrderStatus, Orders, PageRequest};
use pact_consumer::patterns::JsonPattern;
use serde_json::json;

use super::{at, client, is_two_lamps, order_id, stocked};
use crate::consumers::{
    call::Call,
    fixtures::{order, order_in_full, page},
    matchers::{one_of, text},
    monolith::{is_missing, shape},
    states,
    suite::Pact,
};

pub(super) fn calls(pact: Pact) -> Pact {
    lists(lookups(pact))
}

fn lookups(pact: Pact) -> Pact {
    let missing = Call::get("get an order that does not exist", format!("/v2/orders/{}", order_id()));
    let pact = OrderStatus::ALL.into_iter().fold(pact, |pact, status| {
        let description = format!("get an order that is {}", json!(status).as_str().unwrap());
        let call = at(Call::get, &description, "", status);
        pact.call(
            call.answers(order_in_full(order_id(), status)),
            move |orders| async move {
                is_two_lamps(client(orders).get_order(order_id()).await, status);
            },
        )
    });
    let id = order_id().to_string();
    pact.call(is_missing(missing, "order", &id), |orders| async {
        let (what, id) = ("order".to_owned(), order_id().to_string());
        assert_eq!(
            client(orders).get_order(order_id()).await,
            Err(Error::NotFound { what, id })
        );
    })
}

fn lists(pact: Pact) -> Pact {
    let list = |description, customer: &str, number| {
        let call = Call::get(description, format!("/v2/customers/{customer}/orders"));
        call.page(number, 2)
    };
    let three = || states::orders_of("of-three", 3);
    let one = || order_of("of-three");
    let full = page(vec![one(), one()], 1, 2, 3);
    let last = page(vec![one()], 2, 2, 3);
    let cases = [
        (
            "of-three",
            1,
            (2, 1, 3),
            list("list orders", "of-three", 1)
                .given(stocked())
                .given(three())
                .answers(full),
        ),
        (
            "of-three",
            2,
            (1, 2, 3),
            list("list the last page of orders", "of-three", 2)
                .given(stocked())
                .given(three())
                .answers(last),
        ),
        (
            "of-none",
            1,
            (0, 1, 0),
            list("list the orders of a customer who has none", "of-none", 1).answers(page(Vec::new(), 1, 2, 0)),
        ),
    ];
    cases.into_iter().fold(pact, |pact, (customer, number, wanted, call)| {
        pact.call(call, move |orders| async move {
            let asked = PageRequest {
                page: number,
                page_size: 2,
            };
            let listed = client(orders)
                .list_orders_for_customer(customer.parse().unwrap(), asked)
                .await;
            assert_eq!(shape(&listed.unwrap()), wanted);
        })
    })
}

/// An order of this customer, in any status.
fn order_of(customer: &str) -> JsonPattern {
    let mut listed = order(order_id(), OrderStatus::Pending);
    if let JsonPattern::Object(fields) = &mut listed {
        fields.insert("status".to_owned(), one_of(&OrderStatus::ALL, OrderStatus::Pending));
        fields.insert("customer_id".to_owned(), text(customer));
    }
    listed
}
