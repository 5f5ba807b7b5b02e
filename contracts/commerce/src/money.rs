use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    Invalid, check,
    schema::{named_schema, text_schema},
    whole,
};

/// An ISO 4217 alphabetic code: three upper-case ASCII letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

impl Currency {
    /// The euro (ISO 4217).
    pub const EUR: Self = Self(*b"EUR");

    /// Returns the three letters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("???")
    }
}

text_schema!(Currency, |text| text
    .pattern(Some("^[A-Z]{3}$"))
    .description(Some("ISO 4217 code")));

impl TryFrom<String> for Currency {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        match text.as_bytes() {
            [a, b, c] if text.bytes().all(|b| b.is_ascii_uppercase()) => Ok(Self([*a, *b, *c])),
            _ => Err(Invalid::new("currency", text, "three upper-case letters (ISO 4217)")),
        }
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> String {
        currency.as_str().to_owned()
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An amount in minor units of one currency. Its arithmetic is checked: it never wraps and never mixes currencies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Money {
    /// Amount in minor units: cents for EUR and USD.
    #[serde(deserialize_with = "whole::deserialize")]
    pub cents: i64,
    /// Currency of the amount.
    pub currency: Currency,
}

/// Rule of an amount that is paid or given back: more than nothing.
pub(crate) const POSITIVE: check::Number = check::Number {
    least: 1,
    most: i64::MAX,
};

named_schema!(PositiveCents, POSITIVE.describe());

/// An amount in minor units of one currency: more than zero.
#[expect(dead_code, reason = "its fields stand in the document only")]
#[derive(utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PositiveMoney {
    /// Amount in minor units: cents for EUR and USD.
    #[schema(value_type = PositiveCents)]
    cents: i64,
    /// Currency of the amount.
    currency: Currency,
}

/// The reason why an amount can't be computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// The result does not fit into an `i64`.
    #[error("amount out of range")]
    Overflow,
    /// The two amounts have different currencies.
    #[error("can't combine {0} with {1}")]
    CurrencyMismatch(Currency, Currency),
}

impl Money {
    /// Makes an amount of `cents` minor units.
    pub const fn new(cents: i64, currency: Currency) -> Self {
        Self { cents, currency }
    }

    /// Makes an amount of zero.
    pub const fn zero(currency: Currency) -> Self {
        Self::new(0, currency)
    }

    /// Adds two amounts of the same currency.
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        self.combine(other, i64::checked_add)
    }

    /// Subtracts an amount of the same currency; the result may be negative.
    pub fn checked_sub(self, other: Self) -> Result<Self, MoneyError> {
        self.combine(other, i64::checked_sub)
    }

    /// Multiplies the amount by `count`.
    pub fn checked_mul(self, count: i64) -> Result<Self, MoneyError> {
        let cents = self.cents.checked_mul(count).ok_or(MoneyError::Overflow)?;
        Ok(Self::new(cents, self.currency))
    }

    fn combine(self, other: Self, op: fn(i64, i64) -> Option<i64>) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::CurrencyMismatch(self.currency, other.currency));
        }
        let cents = op(self.cents, other.cents).ok_or(MoneyError::Overflow)?;
        Ok(Self::new(cents, self.currency))
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} minor units", self.cents, self.currency)
    }
}
