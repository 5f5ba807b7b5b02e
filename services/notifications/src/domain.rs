use commerce::{
    Contact, Delivery, NewNotification, Notification, NotificationEvent, NotificationId, NotificationKind, OrderEvent,
    OrderId, PaymentEvent, Timestamp,
};

use crate::amount::amount;

/// Something a customer is to be told, before it is known to whom.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Change {
    pub(crate) order_id: OrderId,
    pub(crate) kind: NotificationKind,
    pub(crate) note: Option<String>,
}

/// A message that is ready to go out.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Message {
    pub(crate) id: NotificationId,
    pub(crate) change: Change,
    pub(crate) contact: Contact,
}

/// How a message fared on both channels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Handover {
    pub(crate) email: Delivery,
    pub(crate) push: Option<Delivery>,
    /// What the server said that refused it.
    pub(crate) refusal: Option<String>,
}

impl Change {
    /// What an event of an order is to its customer.
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

    /// What an event of a payment is to the customer; none where the order's own events tell it.
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

    /// The headline.
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

    /// The text.
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
            .map(|note| format!("\r\n{note}\r\n"))
            .unwrap_or_default();
        format!("{what}\r\n{note}\r\nOrder: {}\r\n", self.order_id)
    }
}

impl Message {
    /// The message that a command asks for, under an id that derives from its caller and key.
    pub(crate) fn asked(caller: &str, asked: NewNotification) -> Self {
        let id = NotificationId::derive(&["command", caller, asked.key.as_str()]);
        let NewNotification {
            order_id,
            contact,
            kind,
            note,
            ..
        } = asked;
        Self {
            id,
            change: Change { order_id, kind, note },
            contact,
        }
    }

    /// What is kept of it once it was handed over.
    pub(crate) fn told(&self, handover: &Handover) -> Notification {
        let now = Timestamp::now();
        Notification {
            id: self.id,
            order_id: self.change.order_id,
            kind: self.change.kind,
            email: handover.email,
            push: handover.push,
            version: 1,
            created_at: now,
            updated_at: now,
        }
    }
}

impl Handover {
    /// The event that says how it went.
    pub(crate) fn event(&self, told: &Notification) -> NotificationEvent {
        let (notification_id, order_id, kind) = (told.id, told.order_id, told.kind);
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

/// The id of the notification that an event causes.
pub(crate) fn id_for_event(event_id: impl ToString) -> NotificationId {
    NotificationId::derive(&["event", &event_id.to_string()])
}
