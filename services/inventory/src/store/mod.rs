//! What the module keeps, in SQL. One text of each query serves both engines.

pub(crate) mod products;
pub(crate) mod reservations;

use std::{fmt, str::FromStr};

use commerce::{Currency, Timestamp};
use shared::DatabaseError;
use sqlx::{Row, any::AnyRow};

/// A column's text as the type it was written from.
fn parsed<T: FromStr<Err: fmt::Display>>(row: &AnyRow, column: &'static str) -> Result<T, DatabaseError> {
    row.try_get::<String, _>(column)?
        .parse()
        .map_err(|error| corrupt(column, error))
}

fn currency(row: &AnyRow) -> Result<Currency, DatabaseError> {
    let text: String = row.try_get("currency")?;
    Currency::try_from(text).map_err(|error| corrupt("currency", error))
}

fn instant(row: &AnyRow, column: &'static str) -> Result<Timestamp, DatabaseError> {
    Timestamp::from_micros(row.try_get(column)?).map_err(|error| corrupt(column, error))
}

fn corrupt(what: &'static str, reason: impl fmt::Display) -> DatabaseError {
    DatabaseError::Corrupt {
        what,
        reason: reason.to_string(),
    }
}
