use std::sync::Arc;

use commerce::{Error, Order, OrderConflict, OrderError, OrderStatus, Orders, http::orders::Client};
use pact_consumer::patterns::JsonPattern;
use seam::http::Socket;
use serde_json::json;

use super::{at, client, is_two_lamps, order_id};
use crate::consumers::{
    call::Call,
    fixtures::{REASON, order_in_full, shipment},
    matchers::{exactly, one_of, uuid},
    monolith::conflicts,
    suite::Pact,
};

/// An action that changes the status of an order.
#[derive(Clone, Copy, Debug)]
enum Step {
    Confirm,
    Cancel,
    Ship,
    Deliver,
}

pub(super) fn calls(pact: Pact) -> Pact {
    use OrderStatus::{Cancelled, Confirmed, Delivered, Pending, Shipped};
    let legal = [
        (Step::Confirm, Confirmed, Confirmed),
        (Step::Cancel, Pending, Cancelled),
        (Step::Ship, Confirmed, Shipped),
        (Step::Deliver, Shipped, Delivered),
    ];
    let illegal = [
        (Step::Cancel, Shipped, Cancelled),
        (Step::Ship, Pending, Shipped),
        (Step::Deliver, Confirmed, Delivered),
    ];
    let pact = legal.into_iter().fold(pact, |pact, (step, from, to)| {
        let call = step.call(from).answers(order_in_full(order_id(), to));
        moves(pact, call, step, Ok(to))
    });
    let pact = illegal.into_iter().fold(pact, |pact, (step, from, to)| {
        let call = conflicts(step.call(from), is_illegal(from, to));
        moves(pact, call, step, Err(OrderConflict::IllegalTransition { from, to }))
    });
    let unpaid = json_pattern!({ "kind": exactly("not_paid"), "order_id": uuid(order_id()) });
    let not_paid = OrderConflict::NotPaid { order_id: order_id() };
    let unpaid = conflicts(Step::Confirm.call(Pending), unpaid);
    moves(pact, unpaid, Step::Confirm, Err(not_paid))
}

fn moves(pact: Pact, call: Call, step: Step, wanted: Result<OrderStatus, OrderConflict>) -> Pact {
    pact.call(call, move |orders| {
        let wanted = wanted.clone();
        async move {
            let moved = step.take(&client(orders)).await;
            match wanted {
                Ok(status) => is_two_lamps(moved, status),
                Err(conflict) => assert_eq!(moved, Err(Error::Conflict(conflict))),
            }
        }
    })
}

impl Step {
    /// A call of the action on an order with this status.
    fn call(self, status: OrderStatus) -> Call {
        let action = format!("{self:?}").to_lowercase();
        let from = json!(status);
        let description = format!("{action} an order that is {}", from.as_str().unwrap());
        let call = at(Call::post, &description, &format!("/{action}"), status);
        match self {
            Self::Confirm | Self::Deliver => call,
            Self::Cancel => call.body(json!({ "reason": REASON })),
            Self::Ship => call.body(json!(shipment())),
        }
    }

    async fn take(self, orders: &Client<Arc<Socket>>) -> Result<Order, OrderError> {
        match self {
            Self::Confirm => orders.confirm_order(order_id()).await,
            Self::Cancel => orders.cancel_order(order_id(), REASON.to_owned()).await,
            Self::Ship => orders.ship_order(order_id(), shipment()).await,
            Self::Deliver => orders.deliver_order(order_id()).await,
        }
    }
}

fn is_illegal(from: OrderStatus, to: OrderStatus) -> JsonPattern {
    json_pattern!({
        "kind": exactly("illegal_transition"),
        "from": one_of(&OrderStatus::ALL, from),
        "to": one_of(&OrderStatus::ALL, to),
    })
}
