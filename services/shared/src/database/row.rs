//! Columns, read back as the types that they were written from. A column that does not hold such a value is
//! [`DatabaseError::Corrupt`].

use std::{fmt, str::FromStr};

use commerce::{Currency, Money, Timestamp};
use serde::{Serialize, de::DeserializeOwned};
use sqlx::{Row, any::AnyRow};

use super::DatabaseError;

/// Parses a text in the form that the type prints.
pub fn parsed<T: FromStr<Err: fmt::Display>>(row: &AnyRow, column: &'static str) -> Result<T, DatabaseError> {
    row.try_get::<String, _>(column)?
        .parse()
        .map_err(|error| DatabaseError::corrupt(column, error))
}

/// Finds the one of `all` that has the column's text.
pub fn one_of<T: Copy>(
    row: &AnyRow,
    column: &'static str,
    all: impl IntoIterator<Item = T>,
    text: impl Fn(T) -> &'static str,
) -> Result<T, DatabaseError> {
    let seen: String = row.try_get(column)?;
    let known = all.into_iter().find(|one| text(*one) == seen);
    known.ok_or_else(|| DatabaseError::corrupt(column, format!("{seen:?}")))
}

/// Reads microseconds since the epoch.
pub fn instant(row: &AnyRow, column: &'static str) -> Result<Timestamp, DatabaseError> {
    Timestamp::from_micros(row.try_get(column)?).map_err(|error| DatabaseError::corrupt(column, error))
}

/// Reads an amount in minor units, with the currency of the column `currency`.
pub fn money(row: &AnyRow, cents: &'static str) -> Result<Money, DatabaseError> {
    let currency = Currency::try_from(row.try_get::<String, _>("currency")?);
    let currency = currency.map_err(|error| DatabaseError::corrupt("currency", error))?;
    Ok(Money::new(row.try_get(cents)?, currency))
}

/// Parses a text that [`to_json`] has written.
pub fn json<T: DeserializeOwned>(row: &AnyRow, column: &'static str) -> Result<T, DatabaseError> {
    let text: String = row.try_get(column)?;
    serde_json::from_str(&text).map_err(|error| DatabaseError::corrupt(column, error))
}

/// Writes `value` as JSON for the column.
pub fn to_json(column: &'static str, value: &impl Serialize) -> Result<String, DatabaseError> {
    serde_json::to_string(value).map_err(|error| DatabaseError::unencodable(column, error))
}
