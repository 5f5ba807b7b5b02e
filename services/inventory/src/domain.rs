//! The counts an item can be in, and the legal moves between them. No I/O.

use commerce::{InventoryConflict, InventoryError, Item, Reservation, ReservationStatus};

/// The change of a product's three counts that one move makes. The three add up to zero: no move creates or loses
/// stock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shift {
    pub(crate) stock: i64,
    pub(crate) reserved: i64,
    pub(crate) committed: i64,
}

impl Shift {
    /// The move of `quantity` items that an order without a reservation makes: from stock to reserved.
    pub(crate) fn reserve(quantity: i64) -> Self {
        Self::between(Count::Stock, Count::Reserved, quantity)
    }

    /// The move of `quantity` items that belongs to a reservation's change of status.
    pub(crate) fn of(from: ReservationStatus, to: ReservationStatus, quantity: i64) -> Self {
        Self::between(Count::of(from), Count::of(to), quantity)
    }

    fn between(from: Count, to: Count, quantity: i64) -> Self {
        let change = |count| i64::from(to == count) * quantity - i64::from(from == count) * quantity;
        Self {
            stock: change(Count::Stock),
            reserved: change(Count::Reserved),
            committed: change(Count::Committed),
        }
    }
}

/// One of a product's three counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Count {
    Stock,
    Reserved,
    Committed,
}

impl Count {
    fn of(status: ReservationStatus) -> Self {
        match status {
            ReservationStatus::Released => Self::Stock,
            ReservationStatus::Reserved => Self::Reserved,
            ReservationStatus::Committed => Self::Committed,
        }
    }
}

/// The part of a command that is still to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transition {
    /// Nothing: the status is the wanted one already.
    Done,
    /// The change of status.
    Due,
}

/// Checks a reservation's change of status. A change that the contract does not allow is a conflict.
pub(crate) fn transition(from: ReservationStatus, to: ReservationStatus) -> Result<Transition, InventoryError> {
    if from == to {
        return Ok(Transition::Done);
    }
    if from.can_become(to) {
        return Ok(Transition::Due);
    }
    Err(InventoryError::Conflict(InventoryConflict::IllegalTransition {
        from,
        to,
    }))
}

/// Answers a repeated reservation with the one that exists. A released one, or one for other items, is a conflict.
///
/// The order of the items does not matter.
pub(crate) fn reserve_again(existing: Reservation, items: &[Item]) -> Result<Reservation, InventoryError> {
    if existing.status == ReservationStatus::Released {
        return Err(InventoryError::Conflict(InventoryConflict::IllegalTransition {
            from: ReservationStatus::Released,
            to: ReservationStatus::Reserved,
        }));
    }
    let is_reserved = |item: &Item| {
        existing
            .lines
            .iter()
            .any(|line| line.sku == item.sku && line.quantity == item.quantity)
    };
    if existing.lines.len() == items.len() && items.iter().all(is_reserved) {
        return Ok(existing);
    }
    Err(InventoryError::Conflict(InventoryConflict::OtherItems {
        order_id: existing.order_id,
    }))
}

#[cfg(test)]
mod tests {
    use commerce::{Currency, Money, OrderId, ReservedLine, Timestamp};

    use super::*;

    #[test]
    fn no_move_makes_or_loses_stock() {
        let mut shifts = vec![Shift::reserve(7)];
        for from in ReservationStatus::ALL {
            shifts.extend(ReservationStatus::ALL.map(|to| Shift::of(from, to, 7)));
        }

        for shift in shifts {
            assert_eq!(shift.stock + shift.reserved + shift.committed, 0, "{shift:?}");
        }
    }

    #[test]
    fn items_go_from_stock_to_reserved_to_committed_and_back() {
        use ReservationStatus::{Committed, Released, Reserved};

        assert_eq!(
            Shift::reserve(3),
            Shift {
                stock: -3,
                reserved: 3,
                committed: 0
            }
        );
        assert_eq!(
            Shift::of(Reserved, Committed, 3),
            Shift {
                stock: 0,
                reserved: -3,
                committed: 3
            }
        );
        assert_eq!(
            Shift::of(Reserved, Released, 3),
            Shift {
                stock: 3,
                reserved: -3,
                committed: 0
            }
        );
        assert_eq!(
            Shift::of(Committed, Released, 3),
            Shift {
                stock: 3,
                reserved: 0,
                committed: -3
            }
        );
    }

    #[test]
    fn every_pair_of_statuses_is_done_or_legal_or_refused_with_both_names() {
        for from in ReservationStatus::ALL {
            for to in ReservationStatus::ALL {
                let wanted = match (from == to, from.can_become(to)) {
                    (true, _) => Ok(Transition::Done),
                    (false, true) => Ok(Transition::Due),
                    (false, false) => Err(InventoryError::Conflict(InventoryConflict::IllegalTransition {
                        from,
                        to,
                    })),
                };
                assert_eq!(transition(from, to), wanted);
            }
        }
    }

    #[test]
    fn reserving_again_answers_the_same_items_in_any_order_and_refuses_others() {
        let reservation = reservation(ReservationStatus::Reserved, &[("a", 1), ("b", 2)]);
        let other = || {
            Err(InventoryError::Conflict(InventoryConflict::OtherItems {
                order_id: reservation.order_id,
            }))
        };

        assert_eq!(
            reserve_again(reservation.clone(), &items(&[("b", 2), ("a", 1)])),
            Ok(reservation.clone())
        );
        assert_eq!(reserve_again(reservation.clone(), &items(&[("a", 1)])), other());
        assert_eq!(
            reserve_again(reservation.clone(), &items(&[("a", 1), ("b", 3)])),
            other()
        );
        assert_eq!(
            reserve_again(reservation.clone(), &items(&[("a", 1), ("c", 2)])),
            other()
        );
        assert_eq!(
            reserve_again(reservation.clone(), &items(&[("a", 1), ("b", 2), ("c", 1)])),
            other()
        );
    }

    #[test]
    fn a_released_order_cannot_reserve_again_not_even_the_same_items() {
        let reservation = reservation(ReservationStatus::Released, &[("a", 1)]);

        let answer = reserve_again(reservation, &items(&[("a", 1)]));

        let refused = InventoryConflict::IllegalTransition {
            from: ReservationStatus::Released,
            to: ReservationStatus::Reserved,
        };
        assert_eq!(answer, Err(InventoryError::Conflict(refused)));
    }

    fn items(items: &[(&str, i64)]) -> Vec<Item> {
        items
            .iter()
            .map(|(sku, quantity)| Item {
                sku: sku.parse().unwrap(),
                quantity: *quantity,
            })
            .collect()
    }

    fn reservation(status: ReservationStatus, lines: &[(&str, i64)]) -> Reservation {
        let now = Timestamp::now();
        let line = |(sku, quantity): &(&str, i64)| ReservedLine {
            sku: sku.parse().unwrap(),
            quantity: *quantity,
            unit_price: Money::new(100, Currency::EUR),
        };
        Reservation {
            order_id: OrderId::derive(&["domain"]),
            status,
            lines: lines.iter().map(line).collect(),
            version: 1,
            created_at: now,
            updated_at: now,
        }
    }
}
