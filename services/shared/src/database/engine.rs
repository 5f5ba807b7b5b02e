use std::{
    path::{Path, PathBuf},
    str::FromStr,
};

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

    /// Creates the folder of the file, on SQLite.
    pub(super) async fn prepare(&self) -> Result<(), DatabaseError> {
        let Some(folder) = self.file.as_deref().and_then(Path::parent) else {
            return Ok(());
        };
        if folder.as_os_str().is_empty() {
            return Ok(());
        }
        tokio::fs::create_dir_all(folder)
            .await
            .map_err(|error| DatabaseError::Address {
                url: redacted(&self.url),
                wanted: format!("a folder that can be written ({}: {error})", folder.display()),
            })
    }
}
