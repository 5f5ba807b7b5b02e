use std::{cmp::Ordering, collections::BTreeMap};

use seam::handover::{Aggregate, HandoverError, Row, Taken};

use super::{
    Changes, Set, Table,
    catalogue::{Catalogue, Column, Kind},
    read::{self, Wanted, root_of},
};
use crate::{DatabaseError, Tx, duty::stand_by_at_first};

/// An aggregate whose rows have the form of the set's tables.
pub(super) struct Checked {
    aggregate: Aggregate,
}

/// Checks every part of an aggregate that comes from elsewhere: only rows of the set's tables, each with exactly the
/// columns of its table, values of their types, and of this aggregate.
pub(super) fn checked(set: &Set, catalogue: &Catalogue, aggregate: Aggregate) -> Result<Checked, HandoverError> {
    let malformed = |what: String, seen: String, wanted: String| HandoverError::Malformed {
        set: set.name.to_owned(),
        what,
        seen,
        wanted,
    };
    for table in aggregate.rows.keys() {
        if !set.tables().any(|known| known.name == table) {
            let known: Vec<&str> = set.tables().map(|table| table.name).collect();
            return Err(malformed("a table".to_owned(), format!("{table:?}"), known.join(", ")));
        }
    }
    let mut rows: BTreeMap<&'static str, Vec<Row>> = BTreeMap::new();
    for table in set.tables() {
        let columns = catalogue.of(table);
        for row in aggregate.rows.get(table.name).into_iter().flatten() {
            let name = format!("a row of {}", table.name);
            if let Some((seen, wanted)) = mistake(row, columns) {
                return Err(malformed(name, seen, wanted));
            }
            if root_of(row, table).as_ref() != Some(&aggregate.outline.key) {
                let wanted = format!("a row of the aggregate {}", aggregate.outline.key);
                return Err(malformed(name, "a row of another aggregate".to_owned(), wanted));
            }
            rows.entry(table.name).or_default().push(row.clone());
        }
    }
    let roots = rows.get(set.root.name).map_or(0, Vec::len);
    if roots != 1 {
        return Err(malformed(
            format!("an aggregate without exactly one row of {}", set.root.name),
            format!("{roots} rows"),
            "one".to_owned(),
        ));
    }
    // What the sender says of its progress and its content is found again from the rows.
    let own = read::whole(set, catalogue, aggregate.outline.key.clone(), rows);
    if own.outline != aggregate.outline {
        return Err(malformed(
            format!("the progress or the digest of {}", aggregate.outline.key),
            "another than that of its rows".to_owned(),
            "the ones that were given with the rows".to_owned(),
        ));
    }
    Ok(Checked { aggregate: own })
}

/// What was seen and what was wanted, if the row does not have the table's form.
fn mistake(row: &Row, columns: &[Column]) -> Option<(String, String)> {
    let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    if row.len() != columns.len() || !names.iter().all(|name| row.contains_key(*name)) {
        let seen: Vec<&str> = row.keys().map(String::as_str).collect();
        return Some((format!("columns {}", seen.join(", ")), names.join(", ")));
    }
    columns.iter().find_map(|Column { name, kind }| {
        let value = &row[name];
        let (fits, wanted) = match kind {
            Kind::Text => (value.is_string(), "a text or null"),
            Kind::Integer => (value.is_i64(), "a whole number of 64 bits or null"),
        };
        (!fits && !value.is_null()).then(|| (format!("another type in {name}"), wanted.to_owned()))
    })
}

/// Stores the aggregate, unless what is there is as new.
pub(super) async fn take(
    tx: &mut Tx,
    catalogue: &Catalogue,
    set: &Set,
    Checked { aggregate }: Checked,
) -> Result<Taken, TakeError> {
    let there = whole(tx, catalogue, set, &aggregate).await?;
    let taken = match &there {
        None => Taken::Added,
        Some(there) => match aggregate.outline.progress.partial_cmp(&there.outline.progress) {
            Some(Ordering::Greater) => Taken::Updated,
            Some(Ordering::Less) => return Ok(Taken::Older),
            Some(Ordering::Equal) if aggregate.outline.digest == there.outline.digest => return Ok(Taken::Same),
            Some(Ordering::Equal) | None => return Ok(Taken::Refused),
        },
    };
    stand_by_at_first(tx).await?;
    for table in set.tables() {
        for row in aggregate.rows.get(table.name).into_iter().flatten() {
            put(tx, table, catalogue.of(table), row).await?;
        }
    }
    if aggregate
        .rows
        .get(Table::EVENTS.name)
        .is_some_and(|events| !events.is_empty())
    {
        tx.events_appended();
    }
    // A row that stood in the way, under a key of another aggregate or with another content, shows here.
    let after = whole(tx, catalogue, set, &aggregate).await?;
    match after {
        Some(after) if after.outline == aggregate.outline => Ok(taken),
        _ => Err(TakeError::Apart),
    }
}

/// The reason why an aggregate is not stored; the write is rolled back.
#[derive(Debug)]
pub(super) enum TakeError {
    /// The result would be another than what was given.
    Apart,
    Database(DatabaseError),
}

impl From<DatabaseError> for TakeError {
    fn from(error: DatabaseError) -> Self {
        Self::Database(error)
    }
}

async fn whole(
    tx: &mut Tx,
    catalogue: &Catalogue,
    set: &Set,
    aggregate: &Aggregate,
) -> Result<Option<Aggregate>, DatabaseError> {
    let engine = tx.engine();
    let wanted = Wanted::Is(&aggregate.outline.key);
    let found = read::aggregates(tx.connection(), engine, catalogue, set, wanted).await?;
    Ok(found.into_iter().next())
}

async fn put(tx: &mut Tx, table: &Table, columns: &[Column], row: &Row) -> Result<(), DatabaseError> {
    let text = upsert(table, columns);
    // The text consists of names that the database itself has; all values are bound.
    let mut query = sqlx::query(sqlx::AssertSqlSafe(text));
    for Column { name, kind } in columns {
        let value = &row[name];
        query = match kind {
            Kind::Text => query.bind(value.as_str()),
            Kind::Integer => query.bind(value.as_i64()),
        };
    }
    query.execute(tx.connection()).await?;
    Ok(())
}

fn upsert(table: &Table, columns: &[Column]) -> String {
    let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    let places: Vec<String> = (1..=names.len()).map(|place| format!("${place}")).collect();
    let conflict = match table.changes {
        Changes::Never => "DO NOTHING".to_owned(),
        Changes::Raising(_) | Changes::Once(_) | Changes::Rounds { .. } => {
            let set: Vec<String> = names
                .iter()
                .filter(|name| !table.key.contains(name))
                .map(|name| format!("{name} = excluded.{name}"))
                .collect();
            // A row of another aggregate stays with it.
            let own: Vec<String> = table
                .of
                .iter()
                .map(|name| format!("{}.{name} = excluded.{name}", table.name))
                .collect();
            format!(
                "({}) DO UPDATE SET {} WHERE {}",
                table.key.join(", "),
                set.join(", "),
                own.join(" AND ")
            )
        }
    };
    format!(
        "INSERT INTO {} ({}) VALUES ({}) ON CONFLICT {conflict}",
        table.name,
        names.join(", "),
        places.join(", ")
    )
}
