//! The allowed transitions of every status: these and no others.

use commerce::{OrderStatus, PaymentStatus, ReservationStatus};

/// Every allowed pair, in the order of `all`.
fn ways<S: Copy>(all: &[S], can_become: fn(S, S) -> bool) -> Vec<(S, S)> {
    let pairs = all.iter().flat_map(|from| all.iter().map(|to| (*from, *to)));
    pairs.filter(|(from, to)| can_become(*from, *to)).collect()
}

#[test]
fn an_order_goes_forward_or_is_cancelled_before_it_ships() {
    use OrderStatus::{Cancelled, Confirmed, Delivered, Pending, Shipped};
    let expected = vec![
        (Pending, Confirmed),
        (Pending, Cancelled),
        (Confirmed, Shipped),
        (Confirmed, Cancelled),
        (Shipped, Delivered),
    ];
    assert_eq!(ways(&OrderStatus::ALL, OrderStatus::can_become), expected);
}

#[test]
fn a_payment_that_is_captured_can_only_be_given_back() {
    use PaymentStatus::{Authorized, Captured, Failed, PartiallyRefunded, Pending, Refunded, Unknown};
    let expected = vec![
        (Pending, Authorized),
        (Pending, Captured),
        (Pending, Failed),
        (Pending, Unknown),
        (Authorized, Captured),
        (Authorized, Failed),
        (Authorized, Unknown),
        (Captured, Refunded),
        (Captured, PartiallyRefunded),
        (PartiallyRefunded, Refunded),
        (PartiallyRefunded, PartiallyRefunded),
        (Unknown, Authorized),
        (Unknown, Captured),
        (Unknown, Failed),
    ];
    assert_eq!(ways(&PaymentStatus::ALL, PaymentStatus::can_become), expected);
}

#[test]
fn a_reservation_that_is_released_stays_released() {
    use ReservationStatus::{Committed, Released, Reserved};
    let expected = vec![(Reserved, Committed), (Reserved, Released), (Committed, Released)];
    assert_eq!(ways(&ReservationStatus::ALL, ReservationStatus::can_become), expected);
}
