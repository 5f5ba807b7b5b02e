use std::{fmt, str::FromStr};

use commerce::{Currency, Money, PaymentStatus, Timestamp};
use shared::DatabaseError;
use sqlx::{Row, any::AnyRow};

/// A column of ours that is kept as text.
pub(super) fn parsed<T: FromStr>(row: &AnyRow, column: &'static str) -> Result<T, DatabaseError>
where
    T::Err: fmt::Display,
{
    let text: String = row.try_get(column)?;
    text.parse().map_err(|error: T::Err| corrupt(column, error))
}

pub(super) fn money(row: &AnyRow, column: &'static str) -> Result<Money, DatabaseError> {
    let currency: String = row.try_get("currency")?;
    let currency = Currency::try_from(currency).map_err(|error| corrupt("currency", error))?;
    Ok(Money::new(row.try_get(column)?, currency))
}

pub(super) fn timestamp(row: &AnyRow, column: &'static str) -> Result<Timestamp, DatabaseError> {
    Timestamp::from_micros(row.try_get(column)?).map_err(|error| corrupt(column, error))
}

pub(super) fn corrupt(what: &'static str, reason: impl fmt::Display) -> DatabaseError {
    DatabaseError::Corrupt {
        what,
        reason: reason.to_string(),
    }
}

pub(super) fn status_text(status: PaymentStatus) -> &'static str {
    match status {
        PaymentStatus::Pending => "pending",
        PaymentStatus::Authorized => "authorized",
        PaymentStatus::Captured => "captured",
        PaymentStatus::Failed => "failed",
        PaymentStatus::Refunded => "refunded",
        PaymentStatus::PartiallyRefunded => "partially_refunded",
        PaymentStatus::Unknown => "unknown",
    }
}

pub(super) fn status(row: &AnyRow) -> Result<PaymentStatus, DatabaseError> {
    let text: String = row.try_get("status")?;
    PaymentStatus::ALL
        .into_iter()
        .find(|status| status_text(*status) == text)
        .ok_or_else(|| corrupt("status", format_args!("{text:?} is no payment status")))
}
