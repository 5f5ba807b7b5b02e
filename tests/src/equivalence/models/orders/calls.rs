use commerce::{
    Contact, CustomerId, IdempotencyKey, Item, NewOrder, OrderId, OrderStatus, OrdersCall, PaymentMethod, Shipment,
};
use proptest::{prelude::*, sample::select};
use seam::Context;

use super::OrdersModel;
use crate::equivalence::models::values::{ORDER_KEYS, address_of, many, page, text_up_to};

/// Strategy for the next call. Most calls continue an existing order; the further along an order is, the more
/// likely it is picked, since few get far.
pub(super) fn of(model: &OrdersModel) -> BoxedStrategy<OrdersCall> {
    let mut calls = vec![
        (5, create().boxed()),
        (1, list().boxed()),
        (3, on(any_order().boxed()).boxed()),
    ];
    for order in model.orders.values() {
        let weight = match order.status {
            OrderStatus::Pending => 4,
            OrderStatus::Confirmed | OrderStatus::Shipped => 10,
            OrderStatus::Delivered => 14,
            OrderStatus::Cancelled => 2,
        };
        let order_id = Just(order.id).boxed();
        calls.push((weight, on(order_id.clone()).boxed()));
        if order.status == OrderStatus::Pending {
            calls.push((
                4,
                order_id
                    .prop_map(|order_id| OrdersCall::ConfirmOrder { order_id })
                    .boxed(),
            ));
        }
    }
    let asked: Vec<NewOrder> = model.answered.values().map(|(request, _)| request.clone()).collect();
    if !asked.is_empty() {
        let again = select(asked).prop_map(|order| OrdersCall::CreateOrder { order });
        calls.push((2, again.boxed()));
    }
    prop::strategy::Union::new_weighted(calls).boxed()
}

fn any_order() -> impl Strategy<Value = OrderId> {
    select(&ORDER_KEYS[..]).prop_map(|key| OrderId::derive(&[Context::ANONYMOUS, key]))
}

fn on(order_id: BoxedStrategy<OrderId>) -> impl Strategy<Value = OrdersCall> {
    let reason = prop_oneof![2 => Just("changed my mind".to_owned()), 3 => text_up_to(500)];
    let cancel = (order_id.clone(), reason).prop_map(|(order_id, reason)| OrdersCall::CancelOrder { order_id, reason });
    let ship =
        (order_id.clone(), shipment()).prop_map(|(order_id, shipment)| OrdersCall::ShipOrder { order_id, shipment });
    prop_oneof![
        3 => order_id.clone().prop_map(|order_id| OrdersCall::GetOrder { order_id }),
        2 => order_id.clone().prop_map(|order_id| OrdersCall::ConfirmOrder { order_id }),
        3 => cancel,
        5 => ship,
        3 => order_id.prop_map(|order_id| OrdersCall::DeliverOrder { order_id }),
    ]
}

fn shipment() -> impl Strategy<Value = Shipment> {
    let number = prop_oneof![2 => Just("1Z999".to_owned()), 1 => text_up_to(100)];
    let carrier = prop_oneof![8 => Just("Snail".to_owned()), 1 => text_up_to(100)];
    (carrier, number).prop_map(|(carrier, tracking_number)| Shipment {
        carrier,
        tracking_number,
    })
}

fn customer() -> impl Strategy<Value = CustomerId> {
    select(&["ada", "a/b?c#d%"][..]).prop_map(|id| id.parse().expect("it is a customer"))
}

fn list() -> impl Strategy<Value = OrdersCall> {
    (customer(), page()).prop_map(|(customer_id, page)| OrdersCall::ListOrdersForCustomer { customer_id, page })
}

fn create() -> impl Strategy<Value = OrdersCall> {
    let key = select(&ORDER_KEYS[..]).prop_map(|key| key.parse::<IdempotencyKey>().expect("it is a key"));
    let email = prop_oneof![
        24 => Just("ada@example.org".to_owned()),
        2 => Just("nobody".to_owned()),
        1 => select(&[254, 255][..]).prop_map(address_of),
    ];
    let push_token = prop_oneof![
        18 => Just(None),
        6 => Just(Some("device-1".to_owned())),
        1 => select(&[1_000, 1_001][..]).prop_map(|length| Some("t".repeat(length))),
    ];
    let contact = (email, push_token).prop_map(|(email, push_token)| Contact { email, push_token });
    let payment_method = prop_oneof![
        24 => Just("tok_ok".to_owned()),
        2 => Just(String::new()),
        1 => select(&[255, 256][..]).prop_map(|length| "m".repeat(length)),
    ];
    let order = (key, customer(), contact, payment_method, items());
    order.prop_map(|(key, customer_id, contact, payment_method, items)| {
        let payment_method = PaymentMethod(payment_method);
        let order = NewOrder {
            key,
            customer_id,
            contact,
            payment_method,
            items,
        };
        OrdersCall::CreateOrder { order }
    })
}

/// Strategy for items: mostly one tea, which is what paid orders pay for. Scarce cups come alone: stock of a
/// refused order is released later, and no other order's reply may depend on when.
fn items() -> impl Strategy<Value = Vec<Item>> {
    let of = |items: &[(&str, i64)]| -> Vec<Item> {
        let item = |(sku, quantity): &(&str, i64)| Item {
            sku: sku.parse().expect("it is a sku"),
            quantity: *quantity,
        };
        items.iter().map(item).collect()
    };
    prop_oneof![
        10 => Just(of(&[("tea", 1)])),
        4 => (2..=4_i64).prop_map(move |cups| of(&[("cup", cups)])),
        2 => (2..=1_000_000_i64).prop_map(move |teas| of(&[("tea", teas)])),
        1 => Just(of(&[("a/b?c#d", 7)])),
        1 => Just(of(&[("gold", 1)])),
        1 => Just(of(&[("tea", 1), ("a/b?c#d", 1)])),
        1 => Just(of(&[("gold", 3)])),
        1 => Just(of(&[("gold", 2), ("tea", 1)])),
        1 => Just(of(&[("tea", 1), ("none", 1)])),
        1 => Just(Vec::new()),
        1 => Just(of(&[("tea", 1), ("tea", 2)])),
        1 => select(&[0, 1_000_000, 1_000_001, i64::MAX][..]).prop_map(move |teas| of(&[("tea", teas)])),
        1 => select(&[100, 101][..]).prop_map(many),
    ]
}
