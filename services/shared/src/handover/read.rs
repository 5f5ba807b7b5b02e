use std::{collections::BTreeMap, fmt::Write as _};

use seam::handover::{Aggregate, Key, Outline, Progress, Range, Row};
use serde_json::Value;
use sqlx::{AnyConnection, Row as _, any::AnyRow};

use super::{
    Changes, Set, Table,
    catalogue::{Catalogue, Column, Kind},
    digest,
};
use crate::{DatabaseError, Engine};

/// Aggregates to read.
#[derive(Clone, Copy)]
pub(super) enum Wanted<'a> {
    In(&'a Range),
    Is(&'a Key),
}

/// Reads the aggregates whole, in the order of their keys.
pub(super) async fn aggregates(
    connection: &mut AnyConnection,
    engine: Engine,
    catalogue: &Catalogue,
    set: &Set,
    wanted: Wanted<'_>,
) -> Result<Vec<Aggregate>, DatabaseError> {
    let mut found: BTreeMap<Key, BTreeMap<&'static str, Vec<Row>>> = BTreeMap::new();
    for table in set.tables() {
        let columns = catalogue.of(table);
        for row in rows(connection, engine, table, wanted).await? {
            let row = values(&row, columns)?;
            let Some(key) = root_of(&row, table) else { continue };
            let is_root = table.name == set.root.name;
            // Rows without a root belong to an aggregate of another set, as events do.
            if is_root || found.contains_key(&key) {
                found.entry(key).or_default().entry(table.name).or_default().push(row);
            }
        }
    }
    Ok(found
        .into_iter()
        .map(|(key, rows)| whole(set, catalogue, key, rows))
        .collect())
}

/// Keys of the first aggregates of the range.
pub(super) async fn keys(
    connection: &mut AnyConnection,
    engine: Engine,
    set: &Set,
    range: &Range,
    limit: u32,
) -> Result<Vec<Key>, DatabaseError> {
    let (condition, values) = condition(engine, &set.root, Wanted::In(range));
    let by = tuple(engine, set.root.of);
    let of = set.root.of.join(", ");
    let text = format!(
        "SELECT {of} FROM {} WHERE {condition} ORDER BY {by} LIMIT {limit}",
        set.root.name
    );
    let rows = fetch(connection, &text, &values).await?;
    rows.iter()
        .map(|row| {
            let values = (0..set.root.of.len()).map(|index| row.try_get(index));
            Ok(Key(values.collect::<Result<_, _>>()?))
        })
        .collect()
}

/// Puts the rows of an aggregate in order, and finds its progress and its digest.
pub(super) fn whole(
    set: &Set,
    catalogue: &Catalogue,
    key: Key,
    mut rows: BTreeMap<&'static str, Vec<Row>>,
) -> Aggregate {
    let mut progress = Vec::new();
    let mut digest = digest::OfAggregate::default();
    for table in set.tables() {
        let own = rows.entry(table.name).or_default();
        own.sort_by_cached_key(|row| order(row, table.key));
        progress.push(i64::try_from(own.len()).unwrap_or(i64::MAX));
        match table.changes {
            Changes::Never => {}
            Changes::Raising(column) => {
                progress.push(own.iter().map(|row| whole_number(row, column)).sum());
            }
            Changes::Once(column) => {
                progress.push(own.iter().map(|row| is_set(row, column)).sum());
            }
            Changes::Rounds { done, round } => {
                let rounds = own
                    .iter()
                    .map(|row| whole_number(row, round).saturating_mul(2) + is_set(row, done));
                progress.push(rounds.sum());
            }
        }
        digest.add(table, catalogue.of(table), own);
    }
    Aggregate {
        outline: Outline {
            key,
            progress: Progress(progress),
            digest: digest.finish(),
        },
        rows: rows.into_iter().map(|(table, rows)| (table.to_owned(), rows)).collect(),
    }
}

async fn rows(
    connection: &mut AnyConnection,
    engine: Engine,
    table: &Table,
    wanted: Wanted<'_>,
) -> Result<Vec<AnyRow>, DatabaseError> {
    let (condition, values) = condition(engine, table, wanted);
    let text = format!("SELECT * FROM {} WHERE {condition}", table.name);
    fetch(connection, &text, &values).await
}

async fn fetch(connection: &mut AnyConnection, text: &str, values: &[String]) -> Result<Vec<AnyRow>, DatabaseError> {
    // The text consists of declared names only; all values are bound.
    let mut query = sqlx::query(sqlx::AssertSqlSafe(text.to_owned()));
    for value in values {
        query = query.bind(value);
    }
    Ok(query.fetch_all(connection).await?)
}

/// The SQL condition for the rows of these aggregates, and the values of its parameters.
fn condition(engine: Engine, table: &Table, wanted: Wanted<'_>) -> (String, Vec<String>) {
    // The same bytes are equal in any collation, and the usual index serves.
    let of = match wanted {
        Wanted::Is(_) => table.of.join(", "),
        Wanted::In(_) => tuple(engine, table.of),
    };
    let mut values: Vec<String> = Vec::new();
    let mut compare = |key: Vec<String>, sign: &str| {
        let first = values.len();
        values.extend(key);
        let places: Vec<String> = (first + 1..=values.len()).map(|place| format!("${place}")).collect();
        format!("({of}) {sign} ({})", places.join(", "))
    };
    let prefixed =
        |key: &Key| -> Vec<String> { key.0.iter().map(|value| format!("{}{value}", table.prefix)).collect() };
    let mut parts: Vec<String> = Vec::new();
    match wanted {
        Wanted::Is(key) => parts.push(compare(prefixed(key), "=")),
        Wanted::In(range) => {
            // An open end of a range ends at the prefix, beyond which are the rows of another set.
            let after = range.after.as_ref().map(prefixed);
            let until = range.until.as_ref().map(prefixed);
            let (first, last) = bounds(table.prefix);
            parts.extend(after.or(first).map(|key| compare(key, ">")));
            parts.extend(match until {
                Some(until) => Some(compare(until, "<=")),
                None => last.map(|key| compare(key, "<")),
            });
        }
    }
    parts.extend(table.only_with.map(|column| format!("{column} IS NOT NULL")));
    let text = if parts.is_empty() {
        "1 = 1".to_owned()
    } else {
        parts.join(" AND ")
    };
    (text, values)
}

/// What all texts with the prefix come after, and before; `None` without a prefix. The prefix ends with an ASCII
/// character.
fn bounds(prefix: &str) -> (Option<Vec<String>>, Option<Vec<String>>) {
    let mut behind = prefix.as_bytes().to_vec();
    let Some(last) = behind.last_mut() else {
        return (None, None);
    };
    *last = last.saturating_add(1);
    let behind = String::from_utf8(behind).ok();
    (Some(vec![prefix.to_owned()]), behind.map(|text| vec![text]))
}

/// The columns, compared by their bytes on both engines.
fn tuple(engine: Engine, columns: &[&str]) -> String {
    let collation = match engine {
        Engine::Sqlite => "",
        Engine::Postgres => " COLLATE \"C\"",
    };
    let mut text = String::new();
    for (index, column) in columns.iter().enumerate() {
        let comma = if index > 0 { ", " } else { "" };
        // Writing to a text does not fail.
        let _ = write!(text, "{comma}{column}{collation}");
    }
    text
}

fn values(row: &AnyRow, columns: &[Column]) -> Result<Row, DatabaseError> {
    let mut values = Row::new();
    for Column { name, kind } in columns {
        let name = name.as_str();
        let value = match kind {
            Kind::Text => row.try_get::<Option<String>, _>(name)?.map_or(Value::Null, Value::from),
            Kind::Integer => row.try_get::<Option<i64>, _>(name)?.map_or(Value::Null, Value::from),
        };
        values.insert(name.to_owned(), value);
    }
    Ok(values)
}

fn whole_number(row: &Row, column: &str) -> i64 {
    row.get(column).and_then(Value::as_i64).unwrap_or_default()
}

fn is_set(row: &Row, column: &str) -> i64 {
    i64::from(row.get(column).is_some_and(|value| !value.is_null()))
}

/// Key of the root that the row belongs to. `None` if it belongs to one of another set.
pub(super) fn root_of(row: &Row, table: &Table) -> Option<Key> {
    let text = |column: &&str| {
        let text = row.get(*column).and_then(Value::as_str)?;
        text.strip_prefix(table.prefix).map(str::to_owned)
    };
    table.of.iter().map(text).collect::<Option<_>>().map(Key)
}

/// Sorts rows alike on both engines, whatever order they were read in.
fn order(row: &Row, key: &[&str]) -> Vec<(i64, String)> {
    let part = |column: &&str| match row.get(*column) {
        Some(Value::Number(number)) => (number.as_i64().unwrap_or_default(), String::new()),
        Some(Value::String(text)) => (0, text.clone()),
        _ => (0, String::new()),
    };
    key.iter().map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(table: &Table, range: &Range) -> (String, Vec<String>) {
        condition(Engine::Sqlite, table, Wanted::In(range))
    }

    #[test]
    fn an_open_range_ends_where_the_rows_of_another_set_begin() {
        let events = Table::EVENTS.with_prefix("product/");
        let all = Range::all("products");
        let rest = all.clone().after(Key::from(["lamp"]));

        let (whole, bounds) = text(&events, &all);
        let (half, from) = text(&events, &rest);

        assert_eq!(whole, "(aggregate_id) > ($1) AND (aggregate_id) < ($2)");
        assert_eq!(bounds, ["product/", "product0"]);
        assert_eq!(
            (half, from),
            (whole, vec!["product/lamp".to_owned(), "product0".to_owned()])
        );
    }

    #[test]
    fn a_claim_that_somebody_works_on_stays_where_it_is() {
        let (condition, _) = text(&Table::IDEMPOTENCY, &Range::all("commands"));

        assert_eq!(condition, "reply IS NOT NULL");
    }
}
