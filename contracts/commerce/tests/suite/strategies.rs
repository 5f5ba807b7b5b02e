//! Every value that can cross, extremes included.

use commerce::{
    Contact, Currency, CustomerId, Delivery, DomainEvent, Error, EventMetadata, IdempotencyKey, Invalid,
    InventoryConflict, Item, Money, NewOrder, Notification, NotificationConflict, NotificationId, NotificationKind,
    Order, OrderConflict, OrderId, OrderLine, OrderStatus, Page, PageRequest, Payment, PaymentConflict, PaymentId,
    PaymentMethod, PaymentStatus, Product, RecordedEvent, Reservation, ReservationStatus, ReservedLine, Shipment, Sku,
    Timestamp,
};
use proptest::{
    collection::{btree_map, vec},
    option,
    prelude::*,
    sample::select,
};
use seam::TransportFailure;
use serde_json::Value;
use uuid::Uuid;

/// Any Unicode text.
///
/// Boxed, as are orders and results: dozens of them make up one reply, and unboxed their trees overflow the stack
/// of a test.
pub(crate) fn text() -> BoxedStrategy<String> {
    let awkward = "\u{0}\"\\/\u{1F600}\u{2028}";
    prop_oneof![4 => any::<String>(), 1 => Just(String::new()), 1 => Just(awkward.to_owned())].boxed()
}

/// Any visible ASCII, above all what paths give a meaning to.
fn awkward() -> impl Strategy<Value = String> {
    let known = [
        "a/b%", ".", "..", "%2E", "%2e%2e", "...", "?x=1", "#f", "a+b", "%", "//", "~", "\\", "{id}", "*",
    ];
    prop_oneof![select(known.to_vec()).prop_map(str::to_owned), "[!-~]{1,64}"]
}

fn parsed<T>(texts: impl Strategy<Value = String>) -> impl Strategy<Value = T>
where
    T: TryFrom<String, Error = Invalid> + std::fmt::Debug,
{
    texts.prop_map(|text| T::try_from(text).expect("the strategy makes legal ids"))
}

pub(crate) fn sku() -> impl Strategy<Value = Sku> {
    parsed(awkward())
}

pub(crate) fn customer_id() -> impl Strategy<Value = CustomerId> {
    parsed(awkward())
}

pub(crate) fn key() -> impl Strategy<Value = IdempotencyKey> {
    parsed("[!#-\\[\\]-~]{1,255}")
}

pub(crate) fn uuid() -> impl Strategy<Value = Uuid> {
    any::<u128>().prop_map(Uuid::from_u128)
}

pub(crate) fn order_id() -> impl Strategy<Value = OrderId> {
    uuid().prop_map(OrderId)
}

pub(crate) fn payment_id() -> impl Strategy<Value = PaymentId> {
    uuid().prop_map(PaymentId)
}

pub(crate) fn notification_id() -> impl Strategy<Value = NotificationId> {
    uuid().prop_map(NotificationId)
}

pub(crate) fn whole() -> impl Strategy<Value = i64> {
    prop_oneof![4 => any::<i64>(), 1 => select(vec![i64::MIN, -1, 0, 1, (1 << 53) + 1, i64::MAX])]
}

pub(crate) fn currency() -> impl Strategy<Value = Currency> {
    parsed("[A-Z]{3}")
}

pub(crate) fn money() -> impl Strategy<Value = Money> {
    (whole(), currency()).prop_map(|(cents, currency)| Money::new(cents, currency))
}

pub(crate) fn timestamp() -> impl Strategy<Value = Timestamp> {
    (-377_705_023_201_000_000_i64..=253_402_207_200_000_000)
        .prop_map(|micros| Timestamp::from_micros(micros).expect("within the years that can be written"))
}

pub(crate) fn contact() -> impl Strategy<Value = Contact> {
    (text(), option::of(text())).prop_map(|(email, push_token)| Contact { email, push_token })
}

/// Text of an order that was accepted, which its rule had to accept.
fn legal_text(most: usize) -> impl Strategy<Value = String> {
    let known = ["a", "\u{1F600}\"\\/\u{2028}x", "two\r\nlines", "\u{e9}"];
    prop_oneof![
        1 => select(known.to_vec()).prop_map(str::to_owned),
        3 => vec(any::<char>().prop_filter("no control characters", |c| !c.is_control()), 0..most)
            .prop_map(|text| format!("x{}", text.iter().collect::<String>())),
    ]
}

/// Contact of an order that was accepted.
fn legal_contact() -> impl Strategy<Value = Contact> {
    let email = "[a-z!#$%&'*+/=?^_`{|}~-]{1,20}(\\.[A-Z0-9]{1,20}){0,2}@[a-z0-9]{1,63}(\\.[a-z]-[0-9]){0,2}";
    (email, option::of("[!-~]{1,30}")).prop_map(|(email, push_token)| Contact { email, push_token })
}

pub(crate) fn item() -> impl Strategy<Value = Item> {
    (sku(), whole()).prop_map(|(sku, quantity)| Item { sku, quantity })
}

pub(crate) fn new_order() -> impl Strategy<Value = NewOrder> {
    let parts = (key(), customer_id(), contact(), text(), vec(item(), 0..5));
    parts.prop_map(|(key, customer_id, contact, method, items)| NewOrder {
        key,
        customer_id,
        contact,
        payment_method: PaymentMethod(method),
        items,
    })
}

pub(crate) fn shipment() -> impl Strategy<Value = Shipment> {
    (text(), text()).prop_map(|(carrier, tracking_number)| Shipment {
        carrier,
        tracking_number,
    })
}

/// Orders of one currency, whose contact, payment method and shipment were accepted: there are no others.
pub(crate) fn order() -> BoxedStrategy<Order> {
    let who = (order_id(), customer_id(), legal_contact(), "[!-~]{1,255}");
    let what = (
        select(OrderStatus::ALL.to_vec()),
        money(),
        vec((sku(), whole(), whole()), 0..4),
    );
    let shipment = (legal_text(100), legal_text(100)).prop_map(|(carrier, tracking_number)| Shipment {
        carrier,
        tracking_number,
    });
    let then = (option::of(payment_id()), option::of(text()), option::of(shipment));
    let when = (whole(), timestamp(), timestamp());
    let parts = (who, what, then, when);
    let order = parts.prop_map(|(who, (status, total, lines), then, when)| Order {
        id: who.0,
        customer_id: who.1,
        contact: who.2,
        payment_method: PaymentMethod(who.3),
        status,
        lines: lines
            .into_iter()
            .map(|(sku, quantity, cents)| OrderLine {
                sku,
                quantity,
                unit_price: Money::new(cents, total.currency),
            })
            .collect(),
        total,
        payment_id: then.0,
        cancel_reason: then.1,
        shipment: then.2,
        version: when.0,
        created_at: when.1,
        updated_at: when.2,
    });
    order.boxed()
}

pub(crate) fn payment() -> impl Strategy<Value = Payment> {
    let what = (payment_id(), order_id(), select(PaymentStatus::ALL.to_vec()));
    let money = (money(), money(), money(), option::of(text()));
    let when = (whole(), timestamp(), timestamp());
    (what, money, when).prop_map(|(what, money, when)| Payment {
        id: what.0,
        order_id: what.1,
        status: what.2,
        amount: money.0,
        captured: money.1,
        refunded: money.2,
        failure: money.3,
        version: when.0,
        created_at: when.1,
        updated_at: when.2,
    })
}

pub(crate) fn product() -> impl Strategy<Value = Product> {
    let parts = (sku(), money(), whole(), whole(), whole(), whole(), timestamp());
    parts.prop_map(
        |(sku, price, stock, reserved, committed, version, updated_at)| Product {
            sku,
            price,
            stock,
            reserved,
            committed,
            version,
            updated_at,
        },
    )
}

pub(crate) fn reservation() -> impl Strategy<Value = Reservation> {
    let line = (sku(), whole(), money()).prop_map(|(sku, quantity, unit_price)| ReservedLine {
        sku,
        quantity,
        unit_price,
    });
    let status = select(ReservationStatus::ALL.to_vec());
    let parts = (order_id(), status, vec(line, 0..4), whole(), timestamp(), timestamp());
    parts.prop_map(
        |(order_id, status, lines, version, created_at, updated_at)| Reservation {
            order_id,
            status,
            lines,
            version,
            created_at,
            updated_at,
        },
    )
}

pub(crate) fn kind() -> impl Strategy<Value = NotificationKind> {
    use NotificationKind::{
        OrderCancelled, OrderConfirmed, OrderCreated, OrderDelivered, OrderShipped, PaymentRefunded,
    };
    select(vec![
        OrderCreated,
        OrderConfirmed,
        OrderCancelled,
        OrderShipped,
        OrderDelivered,
        PaymentRefunded,
    ])
}

pub(crate) fn notification() -> impl Strategy<Value = Notification> {
    let delivery = || select(vec![Delivery::Pending, Delivery::Sent, Delivery::Refused]);
    let what = (
        notification_id(),
        order_id(),
        kind(),
        delivery(),
        option::of(delivery()),
    );
    (what, whole(), timestamp(), timestamp()).prop_map(|(what, version, created_at, updated_at)| Notification {
        id: what.0,
        order_id: what.1,
        kind: what.2,
        email: what.3,
        push: what.4,
        version,
        created_at,
        updated_at,
    })
}

pub(crate) fn page<T: std::fmt::Debug + Clone + 'static>(
    item: impl Strategy<Value = T> + 'static,
) -> impl Strategy<Value = Page<T>> {
    (vec(item, 0..3), any::<u32>(), any::<u32>(), whole()).prop_map(|(items, page, page_size, total)| Page {
        items,
        page,
        page_size,
        total,
    })
}

pub(crate) fn page_request() -> impl Strategy<Value = PageRequest> {
    (any::<u32>(), any::<u32>()).prop_map(|(page, page_size)| PageRequest { page, page_size })
}

pub(crate) fn invalid() -> impl Strategy<Value = Invalid> {
    (text(), text(), text()).prop_map(|(field, value, wanted)| Invalid::new(field, value, wanted))
}

/// Every variant of what a call fails with.
pub(crate) fn error<C>(conflict: impl Strategy<Value = C> + 'static) -> impl Strategy<Value = Error<C>>
where
    C: std::fmt::Display + std::fmt::Debug + Clone + 'static,
{
    prop_oneof![
        (text(), text()).prop_map(|(what, id)| Error::NotFound { what, id }),
        invalid().prop_map(Error::InvalidInput),
        conflict.prop_map(Error::Conflict),
        text().prop_map(|key| Error::KeyReused { key }),
        (text(), any::<u64>()).prop_map(|(key, retry_after_ms)| Error::InFlight { key, retry_after_ms }),
        Just(Error::KeyMissing),
        text().prop_map(|reason| Error::Unauthorized { reason }),
        any::<u64>().prop_map(|retry_after_ms| Error::RateLimited { retry_after_ms }),
        (text(), text()).prop_map(|(service, reason)| Error::ServiceUnavailable { service, reason }),
        Just(Error::Internal),
        (text(), text()).prop_map(|(to, reason)| Error::Transport(TransportFailure::new(to, reason))),
    ]
}

pub(crate) fn order_conflict() -> impl Strategy<Value = OrderConflict> {
    let status = || select(OrderStatus::ALL.to_vec());
    prop_oneof![
        (status(), status()).prop_map(|(from, to)| OrderConflict::IllegalTransition { from, to }),
        order_id().prop_map(|order_id| OrderConflict::NotPaid { order_id }),
        sku().prop_map(|sku| OrderConflict::UnknownProduct { sku }),
        (sku(), whole(), whole()).prop_map(|(sku, wanted, available)| OrderConflict::InsufficientStock {
            sku,
            wanted,
            available
        }),
        text().prop_map(|reason| OrderConflict::Total { reason }),
    ]
}

pub(crate) fn payment_conflict() -> impl Strategy<Value = PaymentConflict> {
    let status = || select(PaymentStatus::ALL.to_vec());
    prop_oneof![
        (status(), status()).prop_map(|(from, to)| PaymentConflict::IllegalTransition { from, to }),
        (money(), money()).prop_map(|(wanted, left)| PaymentConflict::RefundExceedsCaptured { wanted, left }),
        (order_id(), text()).prop_map(|(order_id, status)| PaymentConflict::OrderNotPayable { order_id, status }),
        text().prop_map(|reason| PaymentConflict::RefundRefused { reason }),
    ]
}

pub(crate) fn inventory_conflict() -> impl Strategy<Value = InventoryConflict> {
    let status = || select(ReservationStatus::ALL.to_vec());
    prop_oneof![
        sku().prop_map(|sku| InventoryConflict::UnknownProduct { sku }),
        (sku(), whole(), whole()).prop_map(|(sku, wanted, available)| InventoryConflict::InsufficientStock {
            sku,
            wanted,
            available
        }),
        (status(), status()).prop_map(|(from, to)| InventoryConflict::IllegalTransition { from, to }),
        order_id().prop_map(|order_id| InventoryConflict::OtherItems { order_id }),
    ]
}

pub(crate) fn notification_conflict() -> impl Strategy<Value = NotificationConflict> {
    notification_id().prop_map(|notification_id| NotificationConflict::RecipientRefused { notification_id })
}

pub(crate) fn recorded_event() -> impl Strategy<Value = RecordedEvent> {
    let value = prop_oneof![
        Just(Value::Null),
        whole().prop_map(Value::from),
        text().prop_map(Value::from)
    ];
    let payload = btree_map(text(), value, 0..4).prop_map(|fields| Value::Object(fields.into_iter().collect()));
    let metadata = (text(), option::of(text()), text());
    let event = (uuid(), text(), text(), whole(), timestamp(), payload, metadata);
    (whole(), event).prop_map(|(position, event)| {
        let (event_id, aggregate_id, event_type, version, occurred_at, payload, metadata) = event;
        let (correlation_id, causation_id, source_service) = metadata;
        let metadata = EventMetadata {
            correlation_id,
            causation_id,
            source_service,
        };
        let event = DomainEvent {
            event_id,
            aggregate_id,
            event_type,
            version,
            occurred_at,
            payload,
            metadata,
        };
        RecordedEvent { position, event }
    })
}
