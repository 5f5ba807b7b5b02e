//! Messages to customers: their texts, their ids, and the record of what was sent. No I/O.

use commerce::{
    Contact, Delivery, NewNotification, Notification, NotificationEvent, NotificationId, NotificationKind, OrderEvent,
    OrderId, PaymentEvent, Timestamp,
};

use crate::amount::amount;

/// A piece of news for a customer, without the customer's contact data.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Change {
    pub(crate) order_id: OrderId,
    pub(crate) kind: NotificationKind,
    pub(crate) note: Option<String>,
}

/// A message with its recipient, ready to be sent.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Message {
    pub(crate) id: NotificationId,
    pub(crate) change: Change,
    pub(crate) contact: Contact,
}

/// The result of a message that no channel has to try again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DeliveryResult {
    pub(crate) email: Delivery,
    pub(crate) push: Option<Delivery>,
    /// The reason of the channel that refused it; that of the mail server if both did.
    pub(crate) refusal: Option<String>,
}

impl Change {
    /// The news that an event of Orders is to the customer.
    pub(crate) fn of_order(event: OrderEvent) -> Self {
        let (order_id, kind, note) = match event {
            OrderEvent::OrderCreated { order_id, total, .. } => (
                order_id,
                NotificationKind::OrderCreated,
                Some(format!("Total: {}", amount(total))),
            ),
            OrderEvent::OrderConfirmed { order_id, .. } => (order_id, NotificationKind::OrderConfirmed, None),
            OrderEvent::OrderCancelled { order_id, reason } => (
                order_id,
                NotificationKind::OrderCancelled,
                Some(format!("Reason: {reason}")),
            ),
            OrderEvent::OrderShipped { order_id, shipment } => {
                let note = format!(
                    "Carrier: {}\r\nTracking number: {}",
                    shipment.carrier, shipment.tracking_number
                );
                (order_id, NotificationKind::OrderShipped, Some(note))
            }
            OrderEvent::OrderDelivered { order_id } => (order_id, NotificationKind::OrderDelivered, None),
        };
        Self { order_id, kind, note }
    }

    /// The news that an event of Payments is to the customer; `None` for events that Orders reports with its own.
    pub(crate) fn of_payment(event: PaymentEvent) -> Option<Self> {
        match event {
            PaymentEvent::PaymentRefunded {
                order_id,
                amount: given,
                refunded,
                ..
            } => Some(Self {
                order_id,
                kind: NotificationKind::PaymentRefunded,
                note: Some(format!("Given back: {}\r\nIn all: {}", amount(given), amount(refunded))),
            }),
            PaymentEvent::PaymentCaptured { .. } | PaymentEvent::PaymentFailed { .. } => None,
        }
    }

    /// The subject line of the mail and the title of the push message.
    pub(crate) fn subject(&self) -> String {
        let what = match self.kind {
            NotificationKind::OrderCreated => "We have your order",
            NotificationKind::OrderConfirmed => "Your order is paid",
            NotificationKind::OrderCancelled => "Your order is cancelled",
            NotificationKind::OrderShipped => "Your order is on its way",
            NotificationKind::OrderDelivered => "Your order has arrived",
            NotificationKind::PaymentRefunded => "Your money is on its way back",
        };
        format!("{what} ({})", self.order_id)
    }

    /// The text of the mail and of the push message, with CRLF line ends.
    pub(crate) fn text(&self) -> String {
        let what = match self.kind {
            NotificationKind::OrderCreated => "We have received your order and are taking the payment.",
            NotificationKind::OrderConfirmed => "Your order is paid, and we are packing it.",
            NotificationKind::OrderCancelled => "Your order will not be sent. What you have paid, you get back.",
            NotificationKind::OrderShipped => "Your order has left our house.",
            NotificationKind::OrderDelivered => "Your order was handed over.",
            NotificationKind::PaymentRefunded => "We have given money back for your order.",
        };
        let note = self
            .note
            .as_deref()
            .map(|note| format!("\r\n{}\r\n", with_line_ends(note)))
            .unwrap_or_default();
        format!("{what}\r\n{note}\r\nOrder: {}\r\n", self.order_id)
    }
}

/// The text with CRLF for every line end, whichever it has. A lone CR must not reach a mail server: RFC 5321 section
/// 2.3.8 forbids it, and a relay that takes it for a line end reads what follows as commands.
fn with_line_ends(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n").replace('\n', "\r\n")
}

impl Message {
    /// The message that a command requests, under an id that derives from the caller and the idempotency key.
    pub(crate) fn requested(caller: &str, request: NewNotification) -> Self {
        let id = NotificationId::derive(&["command", caller, request.key.as_str()]);
        let NewNotification {
            order_id,
            contact,
            kind,
            note,
            ..
        } = request;
        Self {
            id,
            change: Change { order_id, kind, note },
            contact,
        }
    }

    /// The notification that is stored once the message was sent or refused.
    pub(crate) fn notification(&self, result: &DeliveryResult) -> Notification {
        let now = Timestamp::now();
        Notification {
            id: self.id,
            order_id: self.change.order_id,
            kind: self.change.kind,
            email: result.email,
            push: result.push,
            version: 1,
            created_at: now,
            updated_at: now,
        }
    }
}

impl DeliveryResult {
    /// The event that reports the result.
    pub(crate) fn event(&self, notification: &Notification) -> NotificationEvent {
        let (notification_id, order_id, kind) = (notification.id, notification.order_id, notification.kind);
        match &self.refusal {
            None => NotificationEvent::NotificationSent {
                notification_id,
                order_id,
                kind,
            },
            Some(reason) => NotificationEvent::NotificationRefused {
                notification_id,
                order_id,
                kind,
                reason: reason.clone(),
            },
        }
    }
}

/// Derives the id of the notification that an event causes, so that a repeated event leads to the same one.
pub(crate) fn id_for_event(event_id: impl ToString) -> NotificationId {
    NotificationId::derive(&["event", &event_id.to_string()])
}

#[cfg(test)]
impl Message {
    /// A message about a new order, to a customer without a push token.
    pub(crate) fn sample() -> Self {
        Self {
            id: NotificationId::derive(&["message"]),
            change: Change {
                order_id: OrderId::derive(&["order"]),
                kind: NotificationKind::OrderCreated,
                note: None,
            },
            contact: Contact {
                email: "ann@example.com".to_owned(),
                push_token: None,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_end_of_a_note_is_crlf() {
        for (note, wanted) in [
            ("x\r.\rQUIT", "x\r\n.\r\nQUIT"),
            ("x\r\r\ny", "x\r\n\r\ny"),
            ("x\n\r\ny\n", "x\r\n\r\ny\r\n"),
            ("x\ny\r\nz", "x\r\ny\r\nz"),
            ("x", "x"),
        ] {
            let change = Change {
                order_id: OrderId::derive(&["order"]),
                kind: NotificationKind::OrderCancelled,
                note: Some(note.to_owned()),
            };

            let text = change.text();

            assert!(text.contains(&format!("\r\n\r\n{wanted}\r\n")), "{note:?}: {text:?}");
            assert!(!text.replace("\r\n", "").contains(['\r', '\n']), "{text:?}");
        }
    }

    #[test]
    fn each_kind_of_news_has_a_subject_and_a_text_of_its_own() {
        for (kind, subject, text) in [
            (
                NotificationKind::OrderCreated,
                "We have your order",
                "taking the payment",
            ),
            (
                NotificationKind::OrderConfirmed,
                "Your order is paid",
                "is paid, and we are packing it",
            ),
            (
                NotificationKind::OrderCancelled,
                "is cancelled",
                "will not be sent. What you have paid, you get back",
            ),
            (NotificationKind::OrderShipped, "is on its way", "has left our house"),
            (NotificationKind::OrderDelivered, "has arrived", "was handed over"),
            (
                NotificationKind::PaymentRefunded,
                "Your money is on its way back",
                "have given money back",
            ),
        ] {
            let order_id = OrderId::derive(&["order"]);
            let change = Change {
                order_id,
                kind,
                note: None,
            };

            let (seen, told) = (change.subject(), change.text());

            assert!(
                seen.contains(subject) && seen.ends_with(&format!("({order_id})")),
                "{kind:?}: {seen}"
            );
            assert!(
                told.contains(text) && told.ends_with(&format!("Order: {order_id}\r\n")),
                "{kind:?}: {told}"
            );
        }
    }
}
