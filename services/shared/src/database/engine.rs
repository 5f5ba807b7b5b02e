use std::{path::PathBuf, str::FromStr};

use seam::http::redacted;
use sqlx::sqlite::SqliteConnectOptions;

use super::DatabaseError;

/// The database engines; one text of each query serves both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// Embedded, one file per module.
    Sqlite,
    /// A server, one schema per module.
    Postgres,
}

/// A parsed database address.
#[derive(Clone)]
pub(super) struct Address {
    pub(super) url: String,
    pub(super) engine: Engine,
    /// Path of the file, on SQLite only.
    pub(super) file: Option<PathBuf>,
}

const WANTED: &str = "sqlite:///folder/{module}.db or postgres://{module}:password@host:5432/database";

impl Address {
    /// Replaces `{module}` by the module's name and chooses the engine by the scheme.
    pub(super) fn parse(url: &str, module: &str) -> Result<Self, DatabaseError> {
        let url = url.replace("{module}", module);
        let refused = |wanted: &str| DatabaseError::Address {
            url: redacted(&url),
            wanted: wanted.to_owned(),
        };
        match url.split_once(':').map(|(scheme, _)| scheme) {
            Some("postgres" | "postgresql") => {
                sqlx::postgres::PgConnectOptions::from_str(&url).map_err(|_| refused(WANTED))?;
                Ok(Self {
                    url,
                    engine: Engine::Postgres,
                    file: None,
                })
            }
            Some("sqlite") => {
                if url.contains(":memory:") || url.contains("mode=memory") {
                    return Err(refused("a file: the writer and the readers are separate connections"));
                }
                let options = SqliteConnectOptions::from_str(&url).map_err(|_| refused(WANTED))?;
                let file = options.get_filename().to_path_buf();
                if file.file_name().is_none() {
                    return Err(refused(WANTED));
                }
                let url = if url.contains("mode=") {
                    url
                } else {
                    format!("{url}{}mode=rwc", if url.contains('?') { '&' } else { '?' })
                };
                Ok(Self {
                    url,
                    engine: Engine::Sqlite,
                    file: Some(file),
                })
            }
            _ => Err(refused(WANTED)),
        }
    }

    /// The address for all connections after the first one: none of them may create a file in place of one that was
    /// removed.
    pub(super) fn existing(&self) -> Self {
        Self {
            url: match self.engine {
                Engine::Sqlite => self.url.replace("mode=rwc", "mode=rw"),
                Engine::Postgres => self.url.clone(),
            },
            ..self.clone()
        }
    }

    /// Creates the file and its folder where they are missing, on SQLite. Only the owner may read them, since they hold
    /// the data of customers; SQLite gives `-wal` and `-shm` the mode of the file. Modes are set here and not by a
    /// umask, which would hold for files that are shared on purpose too. Those that exist keep the mode they have.
    pub(super) async fn prepare(&self) -> Result<(), DatabaseError> {
        let Some(file) = self.file.as_deref() else {
            return Ok(());
        };
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
        let refused = |error: std::io::Error| DatabaseError::Address {
            url: redacted(&self.url),
            wanted: format!("a file in a folder that can be written ({}: {error})", file.display()),
        };
        if let Some(folder) = folder {
            let mut private = tokio::fs::DirBuilder::new();
            private.recursive(true).mode(0o700);
            private.create(folder).await.map_err(refused)?;
        }
        if self.url.contains("mode=rwc") {
            let mut private = tokio::fs::OpenOptions::new();
            private.create(true).append(true).mode(0o600);
            private.open(file).await.map_err(refused)?;
        }
        Ok(())
    }
}
