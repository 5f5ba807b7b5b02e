use std::{panic::resume_unwind, path::Path, thread};

use serde_json::Value;
use tokio::runtime::Builder;

use super::{Row, Scenario, ScenarioError, tables::Tables};

/// The observations of a run, in tables that invariants query: SQLite in memory.
///
/// SQLite is real I/O, which must not share a runtime with an engine that may run in virtual time: every method works
/// on a thread of its own, and the caller's thread waits for it. So no clock but the real one moves meanwhile.
#[derive(Debug)]
pub struct Observations(Tables);

impl Observations {
    /// Makes the empty tables of a scenario, with its lists filled in.
    ///
    /// # Errors
    /// When SQLite does not understand a query of the scenario; the text names the tables there are.
    pub(super) fn open(scenario: &Scenario) -> Result<Self, ScenarioError> {
        off_runtime(|| Tables::open(scenario)).map(Self)
    }

    /// Replaces the content of a table; each row has a value for each column, in order.
    pub(super) fn fill(&mut self, table: &str, rows: Vec<Vec<Value>>) -> Result<(), ScenarioError> {
        let tables = &mut self.0;
        off_runtime(move || tables.fill(table, rows))
    }

    /// The rows that a query gives; `what` names the query in errors.
    pub(super) fn rows(&mut self, what: &str, sql: &str) -> Result<Vec<Row>, ScenarioError> {
        let tables = &mut self.0;
        off_runtime(move || tables.rows(what, sql))
    }

    /// The one value that a query gives: one row of one column.
    pub(super) fn value(&mut self, what: &str, sql: &str) -> Result<Value, ScenarioError> {
        let rows = self.rows(what, sql)?;
        let columns = rows.first().map_or(0, Row::len);
        let mut values = rows.iter().flat_map(Row::values);
        match (values.next(), values.next()) {
            (Some(value), None) => Ok(value.clone()),
            _ => Err(ScenarioError::Query {
                what: what.to_owned(),
                problem: format!("gave {} rows of {columns} columns, wanted one value", rows.len()),
            }),
        }
    }

    /// The count that a query gives.
    pub(super) fn count(&mut self, what: &str, sql: &str) -> Result<u64, ScenarioError> {
        let value = self.value(what, sql)?;
        value.as_u64().ok_or_else(|| ScenarioError::Query {
            what: what.to_owned(),
            problem: format!("gave {value}, wanted a whole number from 0"),
        })
    }

    /// Writes all tables to a new SQLite file, which any tool can open.
    ///
    /// # Errors
    /// When the file exists or can't be written.
    pub fn save_to(&mut self, path: &Path) -> Result<(), ScenarioError> {
        let tables = &mut self.0;
        off_runtime(move || tables.save_to(path))
    }
}

/// Does work on a thread and a runtime of its own, and waits for it.
fn off_runtime<T, F>(work: impl FnOnce() -> F + Send) -> Result<T, ScenarioError>
where
    T: Send,
    F: Future<Output = Result<T, ScenarioError>>,
{
    thread::scope(|scope| {
        let worker = scope.spawn(|| {
            let runtime = Builder::new_current_thread()
                .build()
                .map_err(|error| ScenarioError::Tables {
                    what: "a runtime for the tables of observations".to_owned(),
                    source: error.into(),
                })?;
            runtime.block_on(work())
        });
        worker.join().unwrap_or_else(|panic| resume_unwind(panic))
    })
}
