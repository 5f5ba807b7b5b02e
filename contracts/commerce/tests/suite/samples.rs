//! One value of each kind, the same in every run.

use commerce::{
    Contact, Currency, Delivery, Error, Invalid, InventoryEvent, Money, Notification, NotificationEvent,
    NotificationId, NotificationKind, Order, OrderConflict, OrderError, OrderEvent, OrderId, OrderLine, OrderStatus,
    Payment, PaymentEvent, PaymentId, PaymentMethod, PaymentStatus, Product, Reservation, ReservationStatus,
    ReservedLine, Shipment, Timestamp,
};
use seam::TransportFailure;

pub(crate) const AT: i64 = 1_767_225_600_123_456;

pub(crate) fn at() -> Timestamp {
    Timestamp::from_micros(AT).unwrap()
}

pub(crate) fn order_id() -> OrderId {
    OrderId::derive(&["shop", "key-1"])
}

pub(crate) fn payment_id() -> PaymentId {
    PaymentId::derive(&["order", "1"])
}

fn notification_id() -> NotificationId {
    NotificationId::derive(&["event"])
}

pub(crate) fn euros(cents: i64) -> Money {
    Money::new(cents, Currency::EUR)
}

pub(crate) fn contact() -> Contact {
    Contact {
        email: "ada@example.org".to_owned(),
        push_token: Some("device-1".to_owned()),
    }
}

fn shipment() -> Shipment {
    Shipment {
        carrier: "Pigeon".to_owned(),
        tracking_number: "P-1".to_owned(),
    }
}

pub(crate) fn order() -> Order {
    Order {
        id: order_id(),
        customer_id: "ada".parse().unwrap(),
        contact: contact(),
        payment_method: PaymentMethod("tok_ok".to_owned()),
        status: OrderStatus::Shipped,
        lines: vec![OrderLine {
            sku: "TEA".parse().unwrap(),
            quantity: 3,
            unit_price: euros(450),
        }],
        total: euros(1350),
        payment_id: Some(payment_id()),
        cancel_reason: None,
        shipment: Some(shipment()),
        version: 3,
        created_at: at(),
        updated_at: at(),
    }
}

pub(crate) fn payment() -> Payment {
    Payment {
        id: payment_id(),
        order_id: order_id(),
        status: PaymentStatus::PartiallyRefunded,
        amount: euros(1350),
        captured: euros(1350),
        refunded: euros(350),
        failure: None,
        version: 4,
        created_at: at(),
        updated_at: at(),
    }
}

pub(crate) fn product(version: i64) -> Product {
    Product {
        sku: "a/b%".parse().unwrap(),
        price: euros(450),
        stock: 7,
        reserved: 2,
        committed: 1,
        version,
        updated_at: at(),
    }
}

pub(crate) fn reservation() -> Reservation {
    Reservation {
        order_id: order_id(),
        status: ReservationStatus::Reserved,
        lines: vec![reserved_line()],
        version: 1,
        created_at: at(),
        updated_at: at(),
    }
}

fn reserved_line() -> ReservedLine {
    ReservedLine {
        sku: "TEA".parse().unwrap(),
        quantity: 3,
        unit_price: euros(450),
    }
}

pub(crate) fn notification() -> Notification {
    Notification {
        id: notification_id(),
        order_id: order_id(),
        kind: NotificationKind::OrderShipped,
        email: Delivery::Sent,
        push: Some(Delivery::Refused),
        version: 2,
        created_at: at(),
        updated_at: at(),
    }
}

/// A value of every variant. The match below does not compile when one is missing.
pub(crate) fn order_events() -> Vec<OrderEvent> {
    use OrderEvent::{OrderCancelled, OrderConfirmed, OrderCreated, OrderDelivered, OrderShipped};
    let order_id = order_id();
    let events = vec![
        OrderCreated {
            order_id,
            customer_id: "ada".parse().unwrap(),
            contact: contact(),
            lines: order().lines,
            total: euros(1350),
        },
        OrderConfirmed {
            order_id,
            payment_id: payment_id(),
        },
        OrderCancelled {
            order_id,
            reason: "changed my mind".to_owned(),
        },
        OrderShipped {
            order_id,
            shipment: shipment(),
        },
        OrderDelivered { order_id },
    ];
    assert!(events.iter().enumerate().all(|(index, event)| index
        == match event {
            OrderCreated { .. } => 0,
            OrderConfirmed { .. } => 1,
            OrderCancelled { .. } => 2,
            OrderShipped { .. } => 3,
            OrderDelivered { .. } => 4,
        }));
    events
}

/// A value of every variant.
pub(crate) fn payment_events() -> Vec<PaymentEvent> {
    use PaymentEvent::{PaymentCaptured, PaymentFailed, PaymentRefunded};
    let (payment_id, order_id) = (payment_id(), order_id());
    let events = vec![
        PaymentCaptured {
            payment_id,
            order_id,
            amount: euros(1350),
        },
        PaymentFailed {
            payment_id,
            order_id,
            reason: "declined".to_owned(),
        },
        PaymentRefunded {
            payment_id,
            order_id,
            amount: euros(350),
            refunded: euros(700),
        },
    ];
    assert!(events.iter().enumerate().all(|(index, event)| index
        == match event {
            PaymentCaptured { .. } => 0,
            PaymentFailed { .. } => 1,
            PaymentRefunded { .. } => 2,
        }));
    events
}

/// A value of every variant.
pub(crate) fn inventory_events() -> Vec<InventoryEvent> {
    use InventoryEvent::{ProductPut, StockCommitted, StockReleased, StockReserved};
    let order_id = order_id();
    let events = vec![
        ProductPut {
            sku: "TEA".parse().unwrap(),
            price: euros(450),
            stock: 10,
        },
        StockReserved {
            order_id,
            lines: vec![reserved_line()],
        },
        StockReleased { order_id },
        StockCommitted { order_id },
    ];
    assert!(events.iter().enumerate().all(|(index, event)| index
        == match event {
            ProductPut { .. } => 0,
            StockReserved { .. } => 1,
            StockReleased { .. } => 2,
            StockCommitted { .. } => 3,
        }));
    events
}

/// A value of every variant.
pub(crate) fn notification_events() -> Vec<NotificationEvent> {
    use NotificationEvent::{NotificationRefused, NotificationSent};
    let (notification_id, order_id) = (notification_id(), order_id());
    let kind = NotificationKind::OrderCreated;
    let events = vec![
        NotificationSent {
            notification_id,
            order_id,
            kind,
        },
        NotificationRefused {
            notification_id,
            order_id,
            kind,
            reason: "550 no such mailbox".to_owned(),
        },
    ];
    assert!(events.iter().enumerate().all(|(index, event)| index
        == match event {
            NotificationSent { .. } => 0,
            NotificationRefused { .. } => 1,
        }));
    events
}

/// A failure, with the code, status and `Retry-After` that it has on the wire.
type Failure = (OrderError, &'static str, u16, Option<&'static str>);

/// Every variant of the error.
pub(crate) fn failures() -> Vec<Failure> {
    let mut failures = refusals();
    failures.extend(interruptions());
    assert!(failures.iter().enumerate().all(|(index, (error, ..))| index
        == match error {
            Error::NotFound { .. } => 0,
            Error::InvalidInput(_) => 1,
            Error::Conflict(_) => 2,
            Error::KeyReused { .. } => 3,
            Error::KeyMissing => 4,
            Error::Unauthorized { .. } => 5,
            Error::InFlight { .. } => 6,
            Error::RateLimited { .. } => 7,
            Error::ServiceUnavailable { .. } => 8,
            Error::Internal => 9,
            Error::Transport(_) => 10,
        }));
    failures
}

/// Failures that a repeat does not change.
fn refusals() -> Vec<Failure> {
    let (what, id) = ("order".to_owned(), "7".to_owned());
    let conflict = OrderConflict::IllegalTransition {
        from: OrderStatus::Shipped,
        to: OrderStatus::Cancelled,
    };
    let (key, reason) = ("k".to_owned(), "no".to_owned());
    vec![
        (Error::NotFound { what, id }, "NOT_FOUND", 404, None),
        (
            Error::InvalidInput(Invalid::new("page", 0, "1 or more")),
            "INVALID_INPUT",
            400,
            None,
        ),
        (Error::Conflict(conflict), "CONFLICT", 409, None),
        (Error::KeyReused { key }, "KEY_REUSED", 422, None),
        (Error::KeyMissing, "KEY_MISSING", 400, None),
        (Error::Unauthorized { reason }, "UNAUTHORIZED", 401, None),
    ]
}

/// Failures that do not depend on the request.
fn interruptions() -> Vec<Failure> {
    let in_flight = Error::InFlight {
        key: "k".to_owned(),
        retry_after_ms: 1_001,
    };
    let unavailable = Error::ServiceUnavailable {
        service: "inventory".to_owned(),
        reason: "connection refused".to_owned(),
    };
    let unanswered = TransportFailure::new("inventory", "no answer");
    vec![
        (in_flight, "IN_FLIGHT", 409, Some("2")),
        (Error::RateLimited { retry_after_ms: 1 }, "RATE_LIMITED", 429, Some("1")),
        (unavailable, "SERVICE_UNAVAILABLE", 503, Some("1")),
        (Error::Internal, "INTERNAL", 500, None),
        (Error::Transport(unanswered), "OUTCOME_UNKNOWN", 504, Some("1")),
    ]
}
