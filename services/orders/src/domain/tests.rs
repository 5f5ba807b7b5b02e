use commerce::{Contact, Currency, Item, PaymentMethod, ReservationStatus, ReservedLine, Sku};
use seam::TransportFailure;

use super::*;

type Command = fn(&Order) -> Result<Transition, OrderError>;

/// Every command whose effect depends on the status alone, with the status it leads to.
fn commands() -> [(OrderStatus, Command); 4] {
    [
        (OrderStatus::Confirmed, |order| confirm(order, payment("p"), later())),
        (OrderStatus::Cancelled, |order| cancel(order, "a reason", later())),
        (OrderStatus::Shipped, |order| ship(order, &shipment("1"), later())),
        (OrderStatus::Delivered, |order| deliver(order, later())),
    ]
}

#[test]
fn every_command_in_every_status_is_done_before_or_legal_or_refused_with_both_names() {
    for (to, command) in commands() {
        for from in OrderStatus::ALL {
            let before = order(from);

            let step = command(&before);

            if from == to {
                assert_eq!(step, Ok(Transition::default()), "{from:?} to {to:?}");
            } else if from.can_become(to) {
                let (after, event) = step.unwrap().change.unwrap();
                assert_eq!(
                    (after.status, after.version, after.updated_at),
                    (to, before.version + 1, later())
                );
                assert_eq!(name(&event), to, "{from:?} to {to:?}");
            } else {
                assert_eq!(step, Err(illegal(from, to)));
            }
        }
    }
}

#[test]
fn a_clock_that_goes_back_does_not_take_the_order_with_it() {
    let before = Order {
        updated_at: later(),
        ..order(OrderStatus::Shipped)
    };

    let step = deliver(&before, earlier()).unwrap();

    assert_eq!(step.change.unwrap().0.updated_at, later());
}

#[test]
fn only_a_cancelled_order_that_was_paid_owes_a_refund_of_its_total() {
    let paid = order(OrderStatus::Confirmed);
    let refund = Refundable {
        payment_id: payment("p"),
        order_id: paid.id,
        amount: paid.total,
    };

    assert_eq!(cancel(&paid, "a reason", later()).unwrap().refund, Some(refund));
    assert_eq!(
        cancel(&order(OrderStatus::Pending), "a reason", later())
            .unwrap()
            .refund,
        None
    );
    assert_eq!(
        cancel(&order(OrderStatus::Cancelled), "a reason", later())
            .unwrap()
            .refund,
        None
    );
}

#[test]
fn a_reason_to_cancel_is_cut_to_500_characters() {
    let step = payment_failed(&order(OrderStatus::Pending), &"ä".repeat(1_000), later()).unwrap();

    let (after, _) = step.change.unwrap();
    let reason = after.cancel_reason.unwrap();
    assert_eq!(reason.chars().count(), 500);
    assert!(Order::validate_cancel_reason(&reason).is_ok());
}

#[test]
fn shipping_again_with_another_shipment_is_refused() {
    let shipped = order(OrderStatus::Shipped);

    assert_eq!(
        ship(&shipped, &shipment("2"), later()),
        Err(illegal(OrderStatus::Shipped, OrderStatus::Shipped))
    );
}

#[test]
fn captured_money_confirms_or_is_known_or_goes_back() {
    use OrderStatus::{Cancelled, Confirmed, Delivered, Pending, Shipped};
    let total = order(Pending).total;
    let taken = |status, payment_id| captured(&order(status), payment_id, total, later()).unwrap();

    assert_eq!(
        taken(Pending, payment("p")),
        confirm(&order(Pending), payment("p"), later()).unwrap()
    );
    for status in [Confirmed, Shipped, Delivered] {
        assert_eq!(
            taken(status, payment("p")),
            Transition::default(),
            "{status:?} was paid by this one"
        );
        let second = taken(status, payment("q"));
        assert_eq!(second.change, None);
        assert_eq!(
            second.refund.unwrap().payment_id,
            payment("q"),
            "{status:?} was paid by another"
        );
    }
    let late = taken(Cancelled, payment("p"));
    assert_eq!((late.change, late.refund.unwrap().amount), (None, total));
}

#[test]
fn captured_money_of_another_amount_confirms_nothing() {
    let pending = order(OrderStatus::Pending);
    let amount = Money {
        cents: pending.total.cents - 1,
        ..pending.total
    };

    let step = captured(&pending, payment("p"), amount, later());

    assert_eq!(
        step,
        Err(Error::Conflict(OrderConflict::NotPaid { order_id: pending.id }))
    );
}

#[test]
fn a_failed_payment_cancels_only_an_order_that_waits_for_it() {
    for status in OrderStatus::ALL {
        let step = payment_failed(&order(status), "declined", later()).unwrap();

        let is_cancelled = step
            .change
            .is_some_and(|(after, _)| after.status == OrderStatus::Cancelled);
        assert_eq!(is_cancelled, status == OrderStatus::Pending, "{status:?}");
    }
}

#[test]
fn the_total_is_the_sum_of_the_lines_in_one_currency_and_never_wraps() {
    let line = |cents, quantity, currency| OrderLine {
        sku: sku("a"),
        quantity,
        unit_price: Money::new(cents, currency),
    };
    let usd = Currency::try_from("USD".to_owned()).unwrap();
    let reason = |lines: &[OrderLine]| match total(lines) {
        Err(Error::Conflict(OrderConflict::Total { reason })) => reason,
        other => panic!("{other:?}"),
    };

    let sum = total(&[line(3, 2, Currency::EUR), line(5, 1, Currency::EUR)]);
    assert_eq!(sum, Ok(Money::new(11, Currency::EUR)));
    assert_eq!(
        total(&[line(i64::MAX, 1, Currency::EUR)]),
        Ok(Money::new(i64::MAX, Currency::EUR))
    );
    assert_eq!(reason(&[line(i64::MAX, 2, Currency::EUR)]), "amount out of range");
    assert_eq!(
        reason(&[line(i64::MAX, 1, Currency::EUR), line(1, 1, Currency::EUR)]),
        "amount out of range"
    );
    assert_eq!(
        reason(&[line(1, 1, Currency::EUR), line(1, 1, usd)]),
        "can't combine EUR with USD"
    );
    assert_eq!(reason(&[]), "nothing was reserved");
}

#[test]
fn what_inventory_says_is_final_only_if_it_decided_something() {
    let request = request();
    let conflict = |conflict| not_reserved(Error::Conflict(conflict), &request);
    let final_conflict = |conflict| Refusal::Final(Error::Conflict(conflict));
    let (a, order_id) = (sku("a"), OrderId::derive(&["x"]));

    assert_eq!(
        conflict(InventoryConflict::UnknownProduct { sku: a.clone() }),
        final_conflict(OrderConflict::UnknownProduct { sku: a.clone() })
    );
    assert_eq!(
        conflict(InventoryConflict::InsufficientStock {
            sku: a.clone(),
            wanted: 2,
            available: 1
        }),
        final_conflict(OrderConflict::InsufficientStock {
            sku: a,
            wanted: 2,
            available: 1
        })
    );
    assert_eq!(
        conflict(InventoryConflict::OtherItems { order_id }),
        Refusal::Final(Error::KeyReused { key: "k".to_owned() })
    );
    let (from, to) = (ReservationStatus::Released, ReservationStatus::Reserved);
    assert_eq!(
        conflict(InventoryConflict::IllegalTransition { from, to }),
        Refusal::Final(illegal(OrderStatus::Cancelled, OrderStatus::Pending))
    );
    let undecided: [InventoryError; 6] = [
        Error::Internal,
        Error::Transport(TransportFailure::new("inventory", "reset")),
        Error::ServiceUnavailable {
            service: "database".to_owned(),
            reason: "down".to_owned(),
        },
        Error::InFlight {
            key: "k".to_owned(),
            retry_after_ms: 1,
        },
        Error::RateLimited { retry_after_ms: 1 },
        Error::Unauthorized {
            reason: "no".to_owned(),
        },
    ];
    for error in undecided {
        let refusal = not_reserved(error.clone(), &request);
        assert!(
            matches!(&refusal, Refusal::Open(Error::ServiceUnavailable { service, .. }) if service == "inventory"),
            "{error}: {refusal:?}"
        );
    }
}

#[test]
fn an_order_is_told_from_another_by_all_that_was_asked_for() {
    let (asked, reserved) = (request(), reservation());
    let (made, _) = accept(asked.clone(), OrderId::derive(&["x"]), reserved, later()).unwrap();
    let mut others = vec![asked.clone(); 4];
    others[0].customer_id = "bob".parse().unwrap();
    others[1].contact.push_token = Some("token".to_owned());
    others[2].payment_method = PaymentMethod("tok_other".to_owned());
    others[3].items[0].quantity += 1;

    assert!(is_from(&made, &asked));
    for other in others {
        assert!(!is_from(&made, &other), "{other:?}");
    }
}

fn name(event: &OrderEvent) -> OrderStatus {
    match event {
        OrderEvent::OrderCreated { .. } => OrderStatus::Pending,
        OrderEvent::OrderConfirmed { .. } => OrderStatus::Confirmed,
        OrderEvent::OrderShipped { .. } => OrderStatus::Shipped,
        OrderEvent::OrderDelivered { .. } => OrderStatus::Delivered,
        OrderEvent::OrderCancelled { .. } => OrderStatus::Cancelled,
    }
}

/// An order in this status: paid by "p" if it is paid, shipped as "1" if it is shipped.
fn order(status: OrderStatus) -> Order {
    use OrderStatus::{Confirmed, Delivered, Shipped};
    let (made, _) = accept(request(), OrderId::derive(&["x"]), reservation(), earlier()).unwrap();
    Order {
        status,
        payment_id: matches!(status, Confirmed | Shipped | Delivered).then(|| payment("p")),
        shipment: matches!(status, Shipped | Delivered).then(|| shipment("1")),
        version: 7,
        ..made
    }
}

fn request() -> NewOrder {
    NewOrder {
        key: "k".parse().unwrap(),
        customer_id: "ada".parse().unwrap(),
        contact: Contact {
            email: "ada@example.org".to_owned(),
            push_token: None,
        },
        payment_method: PaymentMethod("tok_ok".to_owned()),
        items: vec![Item {
            sku: sku("a"),
            quantity: 2,
        }],
    }
}

fn reservation() -> Reservation {
    Reservation {
        order_id: OrderId::derive(&["x"]),
        status: ReservationStatus::Reserved,
        lines: vec![ReservedLine {
            sku: sku("a"),
            quantity: 2,
            unit_price: Money::new(500, Currency::EUR),
        }],
        version: 1,
        created_at: earlier(),
        updated_at: earlier(),
    }
}

fn shipment(tracking_number: &str) -> Shipment {
    Shipment {
        carrier: "post".to_owned(),
        tracking_number: tracking_number.to_owned(),
    }
}

fn payment(name: &str) -> PaymentId {
    PaymentId::derive(&[name])
}

fn sku(text: &str) -> Sku {
    text.parse().unwrap()
}

fn earlier() -> Timestamp {
    Timestamp::from_micros(1_000_000).unwrap()
}

fn later() -> Timestamp {
    Timestamp::from_micros(2_000_000).unwrap()
}
