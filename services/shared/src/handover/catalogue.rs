use std::collections::BTreeMap;

use sqlx::{AnyConnection, Row};

use super::{Set, Table};
use crate::{DatabaseError, Engine};

/// Columns of the tables of a module's sets, as the database itself has them.
#[derive(Clone, Debug)]
pub(super) struct Catalogue(BTreeMap<&'static str, Vec<Column>>);

/// A column that is carried over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) kind: Kind,
}

/// The type of a column's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Integer,
}

const SQLITE: &str = "SELECT name, type FROM pragma_table_info($1) ORDER BY name";
const POSTGRES: &str = "SELECT column_name::text, data_type::text FROM information_schema.columns
    WHERE table_schema = current_schema() AND table_name = $1 ORDER BY column_name";

impl Catalogue {
    /// Reads the columns. Fails if a table or a declared column is not there, and if a column is neither a text nor a
    /// whole number.
    pub(super) async fn read(
        connection: &mut AnyConnection,
        engine: Engine,
        sets: &'static [Set],
    ) -> Result<Self, DatabaseError> {
        let mut tables = BTreeMap::new();
        for table in sets.iter().flat_map(Set::tables) {
            tables.insert(table.name, columns(connection, engine, table).await?);
        }
        Ok(Self(tables))
    }

    /// Columns of the table that are carried over, by name.
    pub(super) fn of(&self, table: &Table) -> &[Column] {
        self.0.get(table.name).map_or(&[], Vec::as_slice)
    }
}

async fn columns(connection: &mut AnyConnection, engine: Engine, table: &Table) -> Result<Vec<Column>, DatabaseError> {
    let query = match engine {
        Engine::Sqlite => SQLITE,
        Engine::Postgres => POSTGRES,
    };
    let rows = sqlx::query(query).bind(table.name).fetch_all(connection).await?;
    let mut columns = Vec::new();
    for row in rows {
        let (name, kind): (String, String) = (row.try_get(0)?, row.try_get(1)?);
        if table.generated.contains(&name.as_str()) {
            continue;
        }
        let kind = match kind.to_lowercase().as_str() {
            "text" => Kind::Text,
            "bigint" => Kind::Integer,
            other => {
                let reason = format!("is a {other}, wanted text or bigint: it can't be handed over");
                return Err(DatabaseError::corrupt(table.name, format!("column {name} {reason}")));
            }
        };
        columns.push(Column { name, kind });
    }
    let declared = table.of.iter().chain(table.key).chain(table.local);
    for name in declared {
        if !columns.iter().any(|column| column.name == *name) {
            return Err(DatabaseError::corrupt(table.name, format!("there is no column {name}")));
        }
    }
    Ok(columns)
}
