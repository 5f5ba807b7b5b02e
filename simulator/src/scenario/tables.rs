use std::{collections::BTreeMap, fs, os::unix::fs::OpenOptionsExt, path::Path};

use serde_json::Value;
use sqlx::{
    AssertSqlSafe, Column, Connection, Row as _, SqliteConnection, TypeInfo, ValueRef,
    query::Query,
    sqlite::{Sqlite, SqliteArguments, SqliteConnectOptions, SqliteRow},
};

use super::{
    Row, Scenario, ScenarioError,
    plan::{FAULTS, JOURNEYS, LINKS},
    query::one_query,
};
use crate::steps::as_text;

/// Tables of a scenario, in SQLite in memory.
#[derive(Debug)]
pub(super) struct Tables {
    connection: SqliteConnection,
    columns: BTreeMap<String, Vec<String>>,
}

impl Tables {
    /// Makes the empty tables of a scenario, fills its lists in, and lets SQLite explain every query of the scenario.
    pub(super) async fn open(scenario: &Scenario) -> Result<Self, ScenarioError> {
        // Not `sqlite::memory:`, whose copies by VACUUM INTO would stay in memory too.
        let connection = SqliteConnection::connect_with(&SqliteConnectOptions::new().create_if_missing(true))
            .await
            .map_err(|source| ScenarioError::Tables {
                what: "tables of observations".to_owned(),
                source,
            })?;
        let mut tables = Self {
            connection,
            columns: columns_of(scenario),
        };
        for (table, columns) in tables.columns.clone() {
            tables
                .run(&format!("CREATE TABLE {table} ({})", columns.join(", ")))
                .await?;
        }
        for (list, things) in &scenario.lists {
            let columns = tables.columns.get(list).cloned().unwrap_or_default();
            let row = |thing: &BTreeMap<String, Value>| {
                columns
                    .iter()
                    .map(|column| thing.get(column).cloned().unwrap_or(Value::Null))
                    .collect()
            };
            tables.fill(list, things.iter().map(row).collect()).await?;
        }
        tables.run("PRAGMA query_only = ON").await?;
        for (what, sql) in queries_of(scenario) {
            tables.understand(&what, sql).await?;
        }
        Ok(tables)
    }

    /// Replaces the content of a table; each row has a value for each column, in order.
    pub(super) async fn fill(&mut self, table: &str, rows: Vec<Vec<Value>>) -> Result<(), ScenarioError> {
        let width = self.columns.get(table).map_or(0, Vec::len);
        let places: Vec<String> = (1..=width).map(|n| format!("${n}")).collect();
        let insert = format!("INSERT INTO {table} VALUES ({})", places.join(", "));
        self.run("PRAGMA query_only = OFF").await?;
        self.run("BEGIN").await?;
        self.run(&format!("DELETE FROM {table}")).await?;
        for row in rows {
            let query = row.into_iter().fold(sqlx::query(AssertSqlSafe(insert.clone())), bind);
            query
                .execute(&mut self.connection)
                .await
                .map_err(|source| ScenarioError::Tables {
                    what: format!("table {table}"),
                    source,
                })?;
        }
        self.run("COMMIT").await?;
        // A query that changes what it examines would prove nothing.
        self.run("PRAGMA query_only = ON").await
    }

    /// The rows that a query gives; `what` names the query in errors.
    pub(super) async fn rows(&mut self, what: &str, sql: &str) -> Result<Vec<Row>, ScenarioError> {
        let failed = |source| ScenarioError::Tables {
            what: what.to_owned(),
            source,
        };
        let rows = sqlx::query(AssertSqlSafe(sql.to_owned()))
            .fetch_all(&mut self.connection)
            .await
            .map_err(failed)?;
        rows.iter().map(|row| as_json(row).map_err(failed)).collect()
    }

    /// Writes all tables to a new SQLite file that only its owner reads: it holds what was observed of customers.
    pub(super) async fn save_to(&mut self, path: &Path) -> Result<(), ScenarioError> {
        let failed = |source| ScenarioError::Tables {
            what: format!("copy of the tables to {}", path.display()),
            source,
        };
        let mut new = fs::OpenOptions::new();
        new.write(true).create_new(true).mode(0o600);
        new.open(path).map_err(|error| failed(error.into()))?;
        self.run("PRAGMA query_only = OFF").await?;
        let saved = sqlx::query("VACUUM INTO ?").bind(path.display().to_string());
        saved.execute(&mut self.connection).await.map(drop).map_err(failed)
    }

    /// Sees that this is a query, and that SQLite understands it.
    async fn understand(&mut self, what: &str, sql: &str) -> Result<(), ScenarioError> {
        let refused = |problem| ScenarioError::Query {
            what: what.to_owned(),
            problem,
        };
        let sql = one_query(sql).map_err(refused)?;
        self.explain(sql).await.map_err(|source| {
            let columns = self.columns.iter();
            let tables = columns.map(|(table, columns)| format!("{table}({})", columns.join(", ")));
            let tables = tables.collect::<Vec<_>>().join(", ");
            refused(format!("{source}; tables: {tables}"))
        })?;
        // Only a query may stand in brackets: no INSERT after a WITH, for one.
        let reads = self.explain(&format!("SELECT * FROM (\n{sql}\n)")).await;
        reads.map_err(|source| refused(format!("does not only read, wanted one SELECT: {source}")))
    }

    async fn explain(&mut self, sql: &str) -> Result<(), sqlx::Error> {
        let explained = sqlx::query(AssertSqlSafe(format!("EXPLAIN {sql}")));
        explained.fetch_all(&mut self.connection).await.map(drop)
    }

    async fn run(&mut self, sql: &str) -> Result<(), ScenarioError> {
        sqlx::query(AssertSqlSafe(sql.to_owned()))
            .execute(&mut self.connection)
            .await
            .map(drop)
            .map_err(|source| ScenarioError::Tables {
                what: format!("tables of observations, {sql}"),
                source,
            })
    }
}

fn columns_of(scenario: &Scenario) -> BTreeMap<String, Vec<String>> {
    let named = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let mut tables = BTreeMap::from([
        (JOURNEYS.to_owned(), named(&[JOURNEYS, "failed", "doc"])),
        (
            FAULTS.to_owned(),
            named(&["name", "link", "met", "fired", "at_ms", "healed_ms"]),
        ),
        (LINKS.to_owned(), named(&["link", "connections", "requests"])),
    ]);
    for (list, things) in &scenario.lists {
        let mut columns: Vec<String> = things.iter().flat_map(|thing| thing.keys().cloned()).collect();
        columns.sort();
        columns.dedup();
        tables.insert(list.clone(), columns);
    }
    for observation in &scenario.observations {
        let mut columns = named(&[JOURNEYS, "doc"]);
        columns.extend(observation.columns.keys().cloned());
        tables.insert(observation.table.clone(), columns);
    }
    tables
}

fn queries_of(scenario: &Scenario) -> Vec<(String, &str)> {
    let conditions = scenario.conditions.iter().map(|it| (it.what(), it.pending.as_str()));
    let invariants = scenario.invariants.iter().flat_map(|it| {
        let figures = it.figures.iter().map(|(figure, sql)| (it.figure(figure), sql.as_str()));
        let claims = [
            (it.what("violations"), it.violations.as_str()),
            (it.what("checked"), it.checked.as_str()),
        ];
        claims.into_iter().chain(figures)
    });
    conditions.chain(invariants).collect()
}

type SqliteQuery<'q> = Query<'q, Sqlite, SqliteArguments>;

fn bind(query: SqliteQuery<'_>, value: Value) -> SqliteQuery<'_> {
    match value {
        Value::Null => query.bind(None::<i64>),
        Value::Bool(flag) => query.bind(i64::from(flag)),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => query.bind(whole),
            None => query.bind(number.as_f64()),
        },
        other => query.bind(as_text(&other)),
    }
}

fn as_json(row: &SqliteRow) -> Result<Row, sqlx::Error> {
    row.columns()
        .iter()
        .enumerate()
        .map(|(index, column)| {
            let raw = row.try_get_raw(index)?;
            let value = match (raw.is_null(), raw.type_info().name()) {
                (true, _) => Value::Null,
                (_, "INTEGER") => Value::from(row.try_get_unchecked::<i64, _>(index)?),
                (_, "REAL") => Value::from(row.try_get_unchecked::<f64, _>(index)?),
                _ => Value::from(row.try_get_unchecked::<String, _>(index)?),
            };
            Ok((column.name().to_owned(), value))
        })
        .collect()
}
