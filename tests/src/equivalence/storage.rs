use std::{path::Path, sync::Arc};

use shared::{
    Environment, Settings,
    settings::{optional, standard},
};
use sqlx::{Connection, PgConnection};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::Postgres;

/// The place where a module keeps its data during one sequence.
#[derive(Clone, Debug)]
pub enum Storage {
    /// A new SQLite file.
    Sqlite,
    /// An SQLite file in this folder, as the last instance left it.
    Kept(Arc<TempDir>),
    /// The module's schema in this PostgreSQL, emptied before each sequence.
    Postgres(Arc<Postgres>),
}

/// An environment with an empty database. The folder has to outlive the module.
#[derive(Debug)]
pub(crate) struct TestEnvironment {
    pub(crate) environment: Environment,
    pub(crate) folder: Arc<TempDir>,
}

impl Storage {
    /// Runs `test` on a PostgreSQL of its own, outside of any runtime.
    ///
    /// # Panics
    /// If a container can't be started.
    pub fn on_postgres<T>(test: impl FnOnce(Self) -> T) -> T {
        let runtime = Runtime::new().expect("a runtime starts");
        // The container is stopped when its last user is dropped, which needs a runtime.
        let _within = runtime.enter();
        let postgres = runtime.block_on(Postgres::start());
        test(Self::Postgres(Arc::new(postgres)))
    }

    /// Creates an environment for `module` with an empty database and the settings in `more`.
    pub(crate) async fn environment(&self, module: &str, more: &[(&str, &str)]) -> Result<TestEnvironment, String> {
        let folder = match self {
            Self::Kept(kept) => Arc::clone(kept),
            _ => Arc::new(folder().map_err(|error| format!("no folder: {error}"))?),
        };
        let url = match self {
            Self::Sqlite | Self::Kept(_) => sqlite_in(&folder, "{module}"),
            Self::Postgres(postgres) => {
                let emptied = empty(postgres, module).await;
                emptied.map_err(|error| format!("schema {module} can't be emptied: {error}"))?;
                postgres.url("{module}")
            }
        };
        let mut pairs = vec![("DATABASE_URL", url.as_str()), ("DRAIN_MS", "2000")];
        pairs.extend_from_slice(more);
        let declared = monolith::settings().and(&[optional(&standard::LISTEN), optional(&standard::DRAIN_MS)]);
        let settings = Settings::from_pairs(&declared, pairs).map_err(|error| error.to_string())?;
        Ok(TestEnvironment {
            environment: Environment::new(settings),
            folder,
        })
    }
}

pub(crate) fn sqlite_in(folder: &TempDir, name: &str) -> String {
    format!("sqlite://{}/{name}.db", folder.path().display())
}

/// Creates a folder in memory where the machine has one: these suites open thousands of databases and test no
/// power loss.
pub(crate) fn folder() -> std::io::Result<TempDir> {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() {
        TempDir::new_in(memory)
    } else {
        TempDir::new()
    }
}

async fn empty(postgres: &Postgres, module: &str) -> Result<(), sqlx::Error> {
    let mut connection = PgConnection::connect(&postgres.admin_url()).await?;
    let statements = format!("DROP SCHEMA IF EXISTS {module} CASCADE; CREATE SCHEMA {module} AUTHORIZATION {module};");
    sqlx::raw_sql(sqlx::AssertSqlSafe(statements))
        .execute(&mut connection)
        .await?;
    connection.close().await
}
