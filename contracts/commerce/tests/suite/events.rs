//! Events written to the log and read back.

use commerce::{DomainEvent, DomainEventPayload, EventMetadata, OrderEvent, PaymentEvent};

use crate::samples::{at, inventory_events, notification_events, order_events, payment_events};

pub(crate) fn recorded<E: DomainEventPayload>(event: &E, version: i64, source: &str) -> DomainEvent {
    let metadata = EventMetadata {
        correlation_id: "c-1".to_owned(),
        causation_id: Some("r-1".to_owned()),
        source_service: source.to_owned(),
    };
    DomainEvent::new(event, version, at(), metadata).expect("our events are JSON")
}

fn survives<E: DomainEventPayload + PartialEq + std::fmt::Debug>(events: Vec<E>) {
    for event in events {
        let text = serde_json::to_string(&recorded(&event, 1, "test")).unwrap();
        let read: DomainEvent = serde_json::from_str(&text).unwrap();
        assert_eq!(read.parse::<E>(), Ok(event));
    }
}

#[test]
fn every_event_is_read_as_it_was_written() {
    survives(order_events());
    survives(payment_events());
    survives(inventory_events());
    survives(notification_events());
}

#[test]
fn an_event_has_the_same_id_wherever_it_is_read_and_no_other_has_it() {
    let [created, confirmed, ..] = &order_events()[..] else {
        panic!()
    };
    let other = &payment_events()[0];
    let id = recorded(created, 1, "orders").event_id;
    assert_eq!(recorded(created, 1, "orders").event_id, id);
    assert_ne!(recorded(confirmed, 2, "orders").event_id, id);
    assert_ne!(recorded(other, 1, "payments").event_id, id);
    assert_ne!(DomainEvent::id_of("a1", 1), DomainEvent::id_of("a", 11));
    assert_ne!(DomainEvent::id_of("1/a", 1), DomainEvent::id_of("a", 1));
}

#[test]
fn an_event_of_an_unknown_type_says_what_is_known() {
    let mut event = recorded(&order_events()[0], 1, "orders");
    event.event_type = "OrderEaten".to_owned();
    let error = event.parse::<OrderEvent>().expect_err("nobody knows it").to_string();
    assert!(
        error.contains("OrderEaten") && error.contains("OrderShipped"),
        "{error}"
    );

    let event = recorded(&order_events()[0], 1, "orders");
    assert!(
        event.parse::<PaymentEvent>().is_err(),
        "an order's event is no payment's"
    );
}

#[test]
fn an_event_of_another_shape_names_the_field_and_no_personal_data() {
    let mut event = recorded(&order_events()[0], 1, "orders");
    event.payload["contact"] = "ada@example.org".into();
    let error = event.parse::<OrderEvent>().expect_err("it is no contact").to_string();
    assert!(error.contains("contact") && !error.contains("ada@"), "{error}");
}

#[test]
fn an_event_may_say_more_than_is_known() {
    let event = &order_events()[1];
    let mut recorded = recorded(event, 1, "orders");
    recorded.payload["by"] = "someone".into();
    assert_eq!(recorded.parse(), Ok(event.clone()));
}
