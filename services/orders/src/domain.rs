//! The life of an order: its states, the legal transitions, and their effects. No I/O.

use commerce::{
    Error, InventoryConflict, InventoryError, Money, NewOrder, Order, OrderConflict, OrderError, OrderEvent, OrderId,
    OrderLine, OrderStatus, Payment, PaymentError, PaymentId, PaymentStatus, Reservation, Shipment, Timestamp,
};

/// Limit of a stored reason, in characters.
const LONGEST_REASON: usize = 500;

/// Effect of a command or an event on an order. Empty if it was applied before.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Transition {
    /// The order after the transition, and its event.
    pub(crate) change: Option<(Order, OrderEvent)>,
    /// Captured money to be refunded.
    pub(crate) refund: Option<Refundable>,
}

/// A captured payment without an order to pay for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refundable {
    pub(crate) payment_id: PaymentId,
    pub(crate) order_id: OrderId,
    pub(crate) amount: Money,
}

/// Reason for which a request did not become an order.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Refusal {
    /// Decided for good: the reply to the request and all its repetitions.
    Final(OrderError),
    /// Not decided: the same request may still become an order.
    Open(OrderError),
}

/// Creates the order of a request whose stock is reserved, with its event.
pub(crate) fn accept(
    request: NewOrder,
    id: OrderId,
    reserved: Reservation,
    now: Timestamp,
) -> Result<(Order, OrderEvent), OrderError> {
    let lines: Vec<OrderLine> = reserved
        .lines
        .into_iter()
        .map(|line| OrderLine {
            sku: line.sku,
            quantity: line.quantity,
            unit_price: line.unit_price,
        })
        .collect();
    let order = Order {
        id,
        customer_id: request.customer_id,
        contact: request.contact,
        payment_method: request.payment_method,
        status: OrderStatus::Pending,
        total: total(&lines)?,
        lines,
        payment_id: None,
        cancel_reason: None,
        shipment: None,
        version: 1,
        created_at: now,
        updated_at: now,
    };
    let event = OrderEvent::OrderCreated {
        order_id: id,
        customer_id: order.customer_id.clone(),
        contact: order.contact.clone(),
        lines: order.lines.clone(),
        total: order.total,
    };
    Ok((order, event))
}

/// Tells whether this order is the one that the request asks for.
pub(crate) fn is_from(order: &Order, request: &NewOrder) -> bool {
    order.customer_id == request.customer_id
        && order.contact == request.contact
        && order.payment_method == request.payment_method
        && order.lines.len() == request.items.len()
        && request.items.iter().all(|item| {
            order
                .lines
                .iter()
                .any(|line| line.sku == item.sku && line.quantity == item.quantity)
        })
}

/// The sum of the lines. Lines in several currencies, an overflow and no lines at all are refused.
pub(crate) fn total(lines: &[OrderLine]) -> Result<Money, OrderError> {
    let refused = |reason: String| Error::Conflict(OrderConflict::Total { reason });
    let mut sum: Option<Money> = None;
    for line in lines {
        let added = line.unit_price.checked_mul(line.quantity).and_then(|price| match sum {
            None => Ok(price),
            Some(sum) => sum.checked_add(price),
        });
        sum = Some(added.map_err(|error| refused(error.to_string()))?);
    }
    sum.ok_or_else(|| refused("nothing was reserved".to_owned()))
}

/// Turns the error with which Inventory did not reserve the stock into the order's refusal.
pub(crate) fn not_reserved(error: InventoryError, request: &NewOrder) -> Refusal {
    let conflict = match error {
        Error::Conflict(conflict) => conflict,
        Error::InvalidInput(invalid) => return Refusal::Final(Error::InvalidInput(invalid)),
        other => return Refusal::Open(unavailable("inventory", &other)),
    };
    Refusal::Final(match conflict {
        InventoryConflict::UnknownProduct { sku } => Error::Conflict(OrderConflict::UnknownProduct { sku }),
        InventoryConflict::InsufficientStock { sku, wanted, available } => {
            Error::Conflict(OrderConflict::InsufficientStock { sku, wanted, available })
        }
        InventoryConflict::OtherItems { .. } => Error::KeyReused {
            key: request.key.to_string(),
        },
        // The stock was released before: the order was refused or cancelled, and its stored reply has expired since.
        InventoryConflict::IllegalTransition { .. } => illegal(OrderStatus::Cancelled, OrderStatus::Pending),
    })
}

/// Error for a caller whose order's payments can't be read from Payments.
pub(crate) fn payments_unknown(error: &PaymentError) -> OrderError {
    unavailable("payments", error)
}

/// The captured payment of the order's total, if it is among these.
pub(crate) fn paid_by(order: &Order, payments: &[Payment]) -> Option<PaymentId> {
    let pays = |payment: &&Payment| payment.status == PaymentStatus::Captured && payment.captured == order.total;
    payments.iter().find(pays).map(|payment| payment.id)
}

/// Confirms a paid order.
pub(crate) fn confirm(order: &Order, payment_id: PaymentId, now: Timestamp) -> Result<Transition, OrderError> {
    transition(order, OrderStatus::Confirmed, now, |order| {
        order.payment_id = Some(payment_id);
        OrderEvent::OrderConfirmed {
            order_id: order.id,
            payment_id,
        }
    })
}

/// Cancels an order; its payment, if there is one, is refunded.
pub(crate) fn cancel(order: &Order, reason: &str, now: Timestamp) -> Result<Transition, OrderError> {
    let reason: String = reason.chars().take(LONGEST_REASON).collect();
    let transition = transition(order, OrderStatus::Cancelled, now, |order| {
        order.cancel_reason = Some(reason.clone());
        OrderEvent::OrderCancelled {
            order_id: order.id,
            reason,
        }
    })?;
    let paid = transition.change.as_ref().and(order.payment_id);
    let refund = paid.map(|payment_id| Refundable {
        payment_id,
        order_id: order.id,
        amount: order.total,
    });
    Ok(Transition { refund, ..transition })
}

/// Marks an order as shipped. A second, different shipment is refused.
pub(crate) fn ship(order: &Order, shipment: &Shipment, now: Timestamp) -> Result<Transition, OrderError> {
    if order.status == OrderStatus::Shipped && order.shipment.as_ref() != Some(shipment) {
        return Err(illegal(OrderStatus::Shipped, OrderStatus::Shipped));
    }
    transition(order, OrderStatus::Shipped, now, |order| {
        order.shipment = Some(shipment.clone());
        OrderEvent::OrderShipped {
            order_id: order.id,
            shipment: shipment.clone(),
        }
    })
}

/// Marks an order as delivered.
pub(crate) fn deliver(order: &Order, now: Timestamp) -> Result<Transition, OrderError> {
    transition(order, OrderStatus::Delivered, now, |order| OrderEvent::OrderDelivered {
        order_id: order.id,
    })
}

/// Applies a captured payment: the order is confirmed, or the payment refunded if the order does not need it any
/// more.
///
/// A pending order refuses any other amount than its total, as not paid.
pub(crate) fn captured(
    order: &Order,
    payment_id: PaymentId,
    amount: Money,
    now: Timestamp,
) -> Result<Transition, OrderError> {
    match order.status {
        OrderStatus::Pending if amount == order.total => confirm(order, payment_id, now),
        OrderStatus::Pending => Err(Error::Conflict(OrderConflict::NotPaid { order_id: order.id })),
        OrderStatus::Confirmed | OrderStatus::Shipped | OrderStatus::Delivered
            if order.payment_id == Some(payment_id) =>
        {
            Ok(Transition::default())
        }
        _ => Ok(Transition {
            change: None,
            refund: Some(Refundable {
                payment_id,
                order_id: order.id,
                amount,
            }),
        }),
    }
}

/// Applies a failed payment: a pending order is cancelled.
pub(crate) fn payment_failed(order: &Order, reason: &str, now: Timestamp) -> Result<Transition, OrderError> {
    match order.status {
        OrderStatus::Pending => cancel(order, &format!("payment failed: {reason}"), now),
        _ => Ok(Transition::default()),
    }
}

/// Moves an order to the status `to`, with the fields that `change` sets. Empty if it is there already.
fn transition(
    order: &Order,
    to: OrderStatus,
    now: Timestamp,
    change: impl FnOnce(&mut Order) -> OrderEvent,
) -> Result<Transition, OrderError> {
    if order.status == to {
        return Ok(Transition::default());
    }
    if !order.status.can_become(to) {
        return Err(illegal(order.status, to));
    }
    let mut after = order.clone();
    after.status = to;
    after.version += 1;
    after.updated_at = now.max(order.updated_at);
    let event = change(&mut after);
    Ok(Transition {
        change: Some((after, event)),
        refund: None,
    })
}

/// Error for a change of status that the contract does not allow.
pub(crate) fn illegal(from: OrderStatus, to: OrderStatus) -> OrderError {
    Error::Conflict(OrderConflict::IllegalTransition { from, to })
}

fn unavailable<C: std::fmt::Display>(service: &str, error: &Error<C>) -> OrderError {
    Error::ServiceUnavailable {
        service: service.to_owned(),
        reason: error.reason(),
    }
}

#[cfg(test)]
mod tests;
