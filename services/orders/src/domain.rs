//! What may happen to an order, and what follows from it. No I/O.

use commerce::{
    Error, InventoryConflict, InventoryError, Money, NewOrder, Order, OrderConflict, OrderError, OrderEvent, OrderId,
    OrderLine, OrderStatus, Payment, PaymentError, PaymentId, PaymentStatus, Reservation, Shipment, Timestamp,
};

const LONGEST_REASON: usize = 500;

/// What a command or an event does to an order. Nothing, if it was done before.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Step {
    /// The order as it becomes, and the event that says so.
    pub(crate) change: Option<(Order, OrderEvent)>,
    /// Captured money that has to go back.
    pub(crate) refund: Option<Refundable>,
}

/// A captured payment that has no order to pay for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refundable {
    pub(crate) payment_id: PaymentId,
    pub(crate) order_id: OrderId,
    pub(crate) amount: Money,
}

/// Why there is no order from a request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Refusal {
    /// There never will be: the answer to the request for ever.
    Final(OrderError),
    /// It is not decided: the same request may still become an order.
    Open(OrderError),
}

/// The order that a request becomes once its stock is reserved.
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

/// Whether this order is what the request asks for.
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

/// The sum of the lines, in their one currency.
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

/// What becomes of an order whose stock Inventory did not reserve.
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
        // The stock of this order was given up before: it was refused, or cancelled, and its answer has been forgotten since.
        InventoryConflict::IllegalTransition { .. } => illegal(OrderStatus::Cancelled, OrderStatus::Pending),
    })
}

/// What a caller is told if Payments could not say what an order's payments are.
pub(crate) fn payments_unknown(error: &PaymentError) -> OrderError {
    unavailable("payments", error)
}

/// The payment that pays for the whole order, if it is among these.
pub(crate) fn paid_by(order: &Order, payments: &[Payment]) -> Option<PaymentId> {
    let pays = |payment: &&Payment| payment.status == PaymentStatus::Captured && payment.captured == order.total;
    payments.iter().find(pays).map(|payment| payment.id)
}

/// The order is paid.
pub(crate) fn confirm(order: &Order, payment_id: PaymentId, now: Timestamp) -> Result<Step, OrderError> {
    go(order, OrderStatus::Confirmed, now, |order| {
        order.payment_id = Some(payment_id);
        OrderEvent::OrderConfirmed {
            order_id: order.id,
            payment_id,
        }
    })
}

/// The order will not happen; what was paid for it goes back.
pub(crate) fn cancel(order: &Order, reason: &str, now: Timestamp) -> Result<Step, OrderError> {
    let reason: String = reason.chars().take(LONGEST_REASON).collect();
    let step = go(order, OrderStatus::Cancelled, now, |order| {
        order.cancel_reason = Some(reason.clone());
        OrderEvent::OrderCancelled {
            order_id: order.id,
            reason,
        }
    })?;
    let paid = step.change.as_ref().and(order.payment_id);
    let refund = paid.map(|payment_id| Refundable {
        payment_id,
        order_id: order.id,
        amount: order.total,
    });
    Ok(Step { refund, ..step })
}

/// The order is on its way.
pub(crate) fn ship(order: &Order, shipment: &Shipment, now: Timestamp) -> Result<Step, OrderError> {
    if order.status == OrderStatus::Shipped && order.shipment.as_ref() != Some(shipment) {
        return Err(illegal(OrderStatus::Shipped, OrderStatus::Shipped));
    }
    go(order, OrderStatus::Shipped, now, |order| {
        order.shipment = Some(shipment.clone());
        OrderEvent::OrderShipped {
            order_id: order.id,
            shipment: shipment.clone(),
        }
    })
}

/// The order arrived.
pub(crate) fn deliver(order: &Order, now: Timestamp) -> Result<Step, OrderError> {
    go(order, OrderStatus::Delivered, now, |order| OrderEvent::OrderDelivered {
        order_id: order.id,
    })
}

/// Money was taken for the order: it is confirmed, or the money goes back if it is not needed any more.
///
/// Another amount than the order's total is nothing that may be decided here: refused as not paid.
pub(crate) fn captured(
    order: &Order,
    payment_id: PaymentId,
    amount: Money,
    now: Timestamp,
) -> Result<Step, OrderError> {
    match order.status {
        OrderStatus::Pending if amount == order.total => confirm(order, payment_id, now),
        OrderStatus::Pending => Err(Error::Conflict(OrderConflict::NotPaid { order_id: order.id })),
        OrderStatus::Confirmed | OrderStatus::Shipped | OrderStatus::Delivered
            if order.payment_id == Some(payment_id) =>
        {
            Ok(Step::default())
        }
        _ => Ok(Step {
            change: None,
            refund: Some(Refundable {
                payment_id,
                order_id: order.id,
                amount,
            }),
        }),
    }
}

/// No money could be taken: an order that waited for it will not happen.
pub(crate) fn payment_failed(order: &Order, reason: &str, now: Timestamp) -> Result<Step, OrderError> {
    match order.status {
        OrderStatus::Pending => cancel(order, &format!("payment failed: {reason}"), now),
        _ => Ok(Step::default()),
    }
}

fn go(
    order: &Order,
    to: OrderStatus,
    now: Timestamp,
    change: impl FnOnce(&mut Order) -> OrderEvent,
) -> Result<Step, OrderError> {
    if order.status == to {
        return Ok(Step::default());
    }
    if !order.status.can_become(to) {
        return Err(illegal(order.status, to));
    }
    let mut after = order.clone();
    after.status = to;
    after.version += 1;
    after.updated_at = now.max(order.updated_at);
    let event = change(&mut after);
    Ok(Step {
        change: Some((after, event)),
        refund: None,
    })
}

/// The order can't go there from here.
pub(crate) fn illegal(from: OrderStatus, to: OrderStatus) -> OrderError {
    Error::Conflict(OrderConflict::IllegalTransition { from, to })
}

fn unavailable(service: &str, error: &impl std::fmt::Display) -> OrderError {
    Error::ServiceUnavailable {
        service: service.to_owned(),
        reason: error.to_string(),
    }
}

#[cfg(test)]
mod tests;
