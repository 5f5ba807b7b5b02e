//! Classifies replies to concurrent calls: whether the call has happened.

use commerce::{
    Delivery, Error, InventoryReply, Notification, NotificationsReply, OrdersReply, Payment, PaymentConflict,
    PaymentError, PaymentStatus, PaymentsReply,
};
use seam::equivalence::Completion;

/// A conflict with a call in progress under the same key means that this call did nothing. The reply may arrive
/// before the other call has done anything, so it proves nothing about that. "Not available" means that nothing
/// was done.
fn heard<T, C: std::fmt::Display>(answer: &Result<T, Error<C>>) -> Completion {
    match answer {
        Err(Error::InFlight { .. } | Error::KeyReused { .. } | Error::ServiceUnavailable { .. }) => Completion::Fail,
        _ => Completion::Ok,
    }
}

/// Classifies a reply of Inventory.
pub fn heard_of_inventory(reply: &InventoryReply) -> Completion {
    match reply {
        InventoryReply::PutProduct(answer) => heard(answer),
        InventoryReply::GetProduct(answer) => heard(answer),
        InventoryReply::ListProducts(answer) => heard(answer),
        InventoryReply::Reserve(answer) => heard(answer),
        InventoryReply::Release(answer) => heard(answer),
        InventoryReply::Commit(answer) => heard(answer),
    }
}

/// Classifies a reply of Orders.
pub fn heard_of_orders(reply: &OrdersReply) -> Completion {
    match reply {
        OrdersReply::ListOrdersForCustomer(answer) => heard(answer),
        OrdersReply::CreateOrder(answer)
        | OrdersReply::GetOrder(answer)
        | OrdersReply::ConfirmOrder(answer)
        | OrdersReply::CancelOrder(answer)
        | OrdersReply::ShipOrder(answer)
        | OrdersReply::DeliverOrder(answer) => heard(answer),
    }
}

/// Classifies a reply of Payments. The model charges and refunds in one step, while the module asks a provider
/// in between; a reply that shows a charge or refund half way proves nothing. A charge is answered with a look
/// at the payment: if refunds came in between, the call may have happened.
pub fn heard_of_payments(reply: &PaymentsReply) -> Completion {
    match reply {
        PaymentsReply::ProcessPayment(Ok(payment)) if is_half_way(payment) || payment.refunded.cents > 0 => {
            Completion::Info
        }
        PaymentsReply::GetPayment(Ok(payment)) if is_half_way(payment) => Completion::Fail,
        PaymentsReply::ListPaymentsForOrder(Ok(page)) if page.items.iter().any(is_half_way) => Completion::Fail,
        PaymentsReply::RefundPayment(Err(error)) if is_meanwhile(error) => Completion::Fail,
        PaymentsReply::ListPaymentsForOrder(answer) => heard(answer),
        PaymentsReply::ProcessPayment(answer)
        | PaymentsReply::GetPayment(answer)
        | PaymentsReply::RefundPayment(answer) => heard(answer),
    }
}

fn is_half_way(payment: &Payment) -> bool {
    is_open(payment.status)
}

fn is_open(status: PaymentStatus) -> bool {
    use PaymentStatus::{Authorized, Captured, Failed, PartiallyRefunded, Pending, Refunded, Unknown};
    match status {
        Pending | Authorized | Unknown => true,
        Captured | Failed | Refunded | PartiallyRefunded => false,
    }
}

/// True if the refusal is due to an amount that is reserved or in progress, which the model can't see.
/// Concurrent refunds are covered by [`refunds_at_once`](super::super::refunds_at_once).
fn is_meanwhile(error: &PaymentError) -> bool {
    match error {
        Error::Conflict(PaymentConflict::RefundExceedsCaptured { .. }) => true,
        Error::Conflict(PaymentConflict::IllegalTransition { from, .. }) => is_open(*from),
        _ => false,
    }
}

/// Classifies a reply of Notifications. The model delivers in one step; a message that is not delivered yet
/// proves nothing.
pub fn heard_of_notifications(reply: &NotificationsReply) -> Completion {
    match reply {
        NotificationsReply::GetNotification(Ok(told)) if is_pending(told) => Completion::Fail,
        NotificationsReply::ListNotificationsForOrder(answer) => heard(answer),
        NotificationsReply::Notify(answer) | NotificationsReply::GetNotification(answer) => heard(answer),
    }
}

fn is_pending(told: &Notification) -> bool {
    told.email == Delivery::Pending || told.push == Some(Delivery::Pending)
}
