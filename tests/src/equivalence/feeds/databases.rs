use sqlx::{Connection, PgConnection};
use tempfile::TempDir;

use super::super::{Storage, storage};

/// The databases of one history.
#[derive(Debug)]
pub(super) struct Databases {
    storage: Storage,
    folder: TempDir,
}

impl Databases {
    pub(super) fn new(storage: &Storage) -> Result<Self, String> {
        Ok(Self {
            storage: storage.clone(),
            folder: storage::folder().map_err(|error| format!("no folder: {error}"))?,
        })
    }

    /// Creates an empty database called `name` and returns its URL.
    pub(super) async fn database(&self, name: &str) -> Result<String, String> {
        match &self.storage {
            Storage::Sqlite => Ok(format!("sqlite://{}/{name}.db", self.folder.path().display())),
            Storage::Kept(kept) => Err(format!(
                "{} is kept, wanted fresh storage for each history",
                kept.path().display()
            )),
            Storage::Postgres(postgres) => {
                let admin = postgres.admin_url();
                let made = schema(&admin, name).await;
                made.map_err(|error| format!("schema {name} can't be made: {error}"))?;
                Ok(format!("{admin}?options=-c%20search_path%3Dfeeds_{name}"))
            }
        }
    }
}

async fn schema(admin: &str, name: &str) -> Result<(), sqlx::Error> {
    let mut connection = PgConnection::connect(admin).await?;
    let statements = format!("DROP SCHEMA IF EXISTS feeds_{name} CASCADE; CREATE SCHEMA feeds_{name};");
    sqlx::raw_sql(sqlx::AssertSqlSafe(statements))
        .execute(&mut connection)
        .await?;
    connection.close().await
}
