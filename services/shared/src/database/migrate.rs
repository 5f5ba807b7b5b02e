use commerce::Timestamp;
use sha2::{Digest, Sha256};
use sqlx::{AnyConnection, Row};

use super::{DatabaseError, Engine, Migration};

const TABLE: &str = "CREATE TABLE IF NOT EXISTS applied_migrations (
    chain TEXT NOT NULL, version BIGINT NOT NULL, name TEXT NOT NULL, checksum TEXT NOT NULL,
    applied_at BIGINT NOT NULL,
    PRIMARY KEY (chain, version))";

/// Applies the missing migrations of `chain`, in one transaction under a lock.
pub(super) async fn apply(
    connection: &mut AnyConnection,
    engine: Engine,
    chain: &str,
    migrations: &[Migration],
) -> Result<(), DatabaseError> {
    begin(connection, engine).await?;
    match missing(connection, engine, chain, migrations).await {
        Ok(()) => {
            sqlx::raw_sql("COMMIT").execute(connection).await?;
            Ok(())
        }
        Err(error) => {
            // The caller drops the connection with the error, and the transaction ends with it.
            let _unused = sqlx::raw_sql("ROLLBACK").execute(connection).await;
            Err(error)
        }
    }
}

async fn begin(connection: &mut AnyConnection, engine: Engine) -> Result<(), DatabaseError> {
    match engine {
        Engine::Sqlite => {
            sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut *connection).await?;
        }
        Engine::Postgres => {
            sqlx::raw_sql("BEGIN").execute(&mut *connection).await?;
            sqlx::raw_sql("SELECT pg_advisory_xact_lock(hashtext('applied_migrations'), hashtext(current_schema()))")
                .execute(&mut *connection)
                .await?;
        }
    }
    Ok(())
}

async fn missing(
    connection: &mut AnyConnection,
    engine: Engine,
    chain: &str,
    migrations: &[Migration],
) -> Result<(), DatabaseError> {
    sqlx::raw_sql(TABLE).execute(&mut *connection).await?;
    for migration in migrations {
        let failed = |reason: String| DatabaseError::Migration {
            module: chain.to_owned(),
            version: migration.version,
            name: migration.name.to_owned(),
            reason,
        };
        let text = match engine {
            Engine::Sqlite => migration.sqlite,
            Engine::Postgres => migration.postgres,
        };
        let checksum = crate::hex(&Sha256::digest(text));
        let applied = sqlx::query("SELECT checksum FROM applied_migrations WHERE chain = $1 AND version = $2")
            .bind(chain)
            .bind(migration.version)
            .fetch_optional(&mut *connection)
            .await?;
        match applied.map(|row| row.try_get::<String, _>(0)).transpose()? {
            Some(known) if known == checksum => continue,
            Some(_) => {
                return Err(failed(
                    "it was changed after it was applied; undo the change and add a new migration".to_owned(),
                ));
            }
            None => {}
        }
        sqlx::raw_sql(text)
            .execute(&mut *connection)
            .await
            .map_err(|error| failed(error.to_string()))?;
        sqlx::query(
            "INSERT INTO applied_migrations (chain, version, name, checksum, applied_at) VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(chain)
        .bind(migration.version)
        .bind(migration.name)
        .bind(checksum)
        .bind(Timestamp::now().as_micros())
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}
