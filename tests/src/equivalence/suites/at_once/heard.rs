//! What an answer says about whether its call has happened, when others call too.

use commerce::{
    Delivery, Error, InventoryReply, Notification, NotificationsReply, OrdersReply, Payment, PaymentConflict,
    PaymentError, PaymentStatus, PaymentsReply,
};
use seam::equivalence::Completion;

/// Another call with the same key is under way, or was: this one has done nothing. It may be told so before the other has done anything,
/// so it says nothing about that. Not available: it may have done something.
fn heard<T, C: std::fmt::Display>(answer: &Result<T, Error<C>>) -> Completion {
    match answer {
        Err(Error::InFlight { .. } | Error::KeyReused { .. }) => Completion::Fail,
        Err(Error::ServiceUnavailable { .. }) => Completion::Info,
        _ => Completion::Ok,
    }
}

/// What an answer of Inventory says.
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

/// What an answer of Orders says.
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

/// What an answer of Payments says. The model charges and refunds in one step, the module asks a provider in between: what shows a charge
/// or a refund half way is about that call, and promises nothing. A charge is answered with a look at the payment: where refunds came in
/// between, it says no more than that it may have happened.
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

/// Refused for what is set aside or under way, which nobody sees before it is done. Whether refunds at once fit is asked by
/// [`refunds_at_once`](super::super::refunds_at_once).
fn is_meanwhile(error: &PaymentError) -> bool {
    match error {
        Error::Conflict(PaymentConflict::RefundExceedsCaptured { .. }) => true,
        Error::Conflict(PaymentConflict::IllegalTransition { from, .. }) => is_open(*from),
        _ => false,
    }
}

/// What an answer of Notifications says. The model hands over in one step: what is not handed over yet promises nothing.
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
