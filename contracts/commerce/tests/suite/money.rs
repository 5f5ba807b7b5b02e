//! Amounts are exact or refused.

use commerce::{Money, MoneyError};
use proptest::prelude::*;

use crate::strategies::{currency, money};

/// Result of exact arithmetic: the amount if it fits.
fn exact(cents: i128, like: Money) -> Result<Money, MoneyError> {
    i64::try_from(cents)
        .map(|cents| Money::new(cents, like.currency))
        .map_err(|_| MoneyError::Overflow)
}

proptest! {
    #[test]
    fn sums_and_differences_are_exact_or_refused(a in money(), cents in any::<i64>()) {
        let b = Money::new(cents, a.currency);
        prop_assert_eq!(a.checked_add(b), exact(i128::from(a.cents) + i128::from(b.cents), a));
        prop_assert_eq!(a.checked_sub(b), exact(i128::from(a.cents) - i128::from(b.cents), a));
    }

    #[test]
    fn products_are_exact_or_refused(a in money(), count in any::<i64>()) {
        prop_assert_eq!(a.checked_mul(count), exact(i128::from(a.cents) * i128::from(count), a));
    }

    #[test]
    fn currencies_never_mix(a in money(), cents in any::<i64>(), other in currency()) {
        prop_assume!(a.currency != other);
        let refused = Err(MoneyError::CurrencyMismatch(a.currency, other));
        let b = Money::new(cents, other);
        prop_assert_eq!(a.checked_add(b), refused);
        prop_assert_eq!(a.checked_sub(b), refused);
    }
}
