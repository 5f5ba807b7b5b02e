use std::fmt;

use commerce::Error;
use seam::TransportFailure;

/// Why the database did not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DatabaseError {
    /// The address of the database can't be used.
    #[error("DATABASE_URL is {url:?}, wanted {wanted}")]
    Address {
        /// What was seen, without its password.
        url: String,
        /// What would be accepted.
        wanted: String,
    },
    /// There is no connection; nothing was done.
    #[error("database is not reachable: {reason}")]
    Unreachable {
        /// What the driver said.
        reason: String,
    },
    /// A migration could not be applied; the schema is as it was before it.
    #[error("migration {version} ({name}) of {module} failed: {reason}")]
    Migration {
        /// Whose schema.
        module: String,
        /// The number of the migration.
        version: i64,
        /// Its name.
        name: String,
        /// What went wrong.
        reason: String,
    },
    /// A unique constraint forbids it; nothing was done.
    #[error("already there: {constraint}")]
    Unique {
        /// The constraint's name (PostgreSQL) or its columns (SQLite).
        constraint: String,
    },
    /// A check or foreign key constraint forbids it; nothing was done.
    #[error("refused by the schema: {constraint}")]
    Check {
        /// The constraint, as the engine names it.
        constraint: String,
    },
    /// A statement failed; nothing was done.
    #[error("statement failed: {reason}")]
    Statement {
        /// What the engine said.
        reason: String,
    },
    /// The connection broke while the work was being committed: it may be durable or not.
    #[error("commit was not answered, the work may be done or not: {reason}")]
    OutcomeUnknown {
        /// What the driver said.
        reason: String,
    },
    /// A value can't be written as JSON.
    #[error("{what} can't be written as JSON: {reason}")]
    Unencodable {
        /// What was to be stored.
        what: &'static str,
        /// What serde said.
        reason: String,
    },
    /// A stored value is not what this program once wrote.
    #[error("stored {what} can't be read: {reason}")]
    Corrupt {
        /// What was read.
        what: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The claim of an idempotency key was lost to somebody else: this work must not count. Claim again to see the answer.
    #[error("claim of idempotency key {key} was taken over; repeat the request")]
    ClaimLost {
        /// The key.
        key: String,
    },
    /// The database was closed: the process is going down.
    #[error("database is closed")]
    Closed,
}

impl DatabaseError {
    /// A unique constraint was violated.
    pub fn is_unique(&self) -> bool {
        matches!(self, Self::Unique { .. })
    }

    /// The same work may succeed later without anything else changing.
    pub fn is_passing(&self) -> bool {
        matches!(
            self,
            Self::Unreachable { .. } | Self::OutcomeUnknown { .. } | Self::Closed | Self::ClaimLost { .. }
        )
    }

    /// A stored `what` can't be read, for this reason.
    pub fn corrupt(what: &'static str, reason: impl fmt::Display) -> Self {
        Self::Corrupt {
            what,
            reason: reason.to_string(),
        }
    }

    pub(crate) fn unencodable(what: &'static str, reason: impl fmt::Display) -> Self {
        Self::Unencodable {
            what,
            reason: reason.to_string(),
        }
    }
}

impl From<sqlx::Error> for DatabaseError {
    fn from(error: sqlx::Error) -> Self {
        let reason = error.to_string();
        match error {
            sqlx::Error::Database(database) => from_engine(database.as_ref(), reason),
            sqlx::Error::PoolClosed => Self::Closed,
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::Protocol(_) => Self::Unreachable { reason },
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) | sqlx::Error::TypeNotFound { .. } => {
                Self::Corrupt { what: "row", reason }
            }
            _ => Self::Statement { reason },
        }
    }
}

fn from_engine(error: &dyn sqlx::error::DatabaseError, reason: String) -> DatabaseError {
    use sqlx::error::ErrorKind;
    let constraint = || {
        error.constraint().map_or_else(
            || {
                error
                    .message()
                    .trim_start_matches("UNIQUE constraint failed: ")
                    .to_owned()
            },
            str::to_owned,
        )
    };
    match error.kind() {
        ErrorKind::UniqueViolation => DatabaseError::Unique {
            constraint: constraint(),
        },
        ErrorKind::CheckViolation | ErrorKind::ForeignKeyViolation | ErrorKind::NotNullViolation => {
            DatabaseError::Check {
                constraint: constraint(),
            }
        }
        // 57P01 to 57P03: PostgreSQL is going down or coming up. 08xxx: the connection is gone.
        _ if error
            .code()
            .is_some_and(|code| code.starts_with("57P") || code.starts_with("08")) =>
        {
            DatabaseError::Unreachable { reason }
        }
        _ => DatabaseError::Statement { reason },
    }
}

/// What a caller of a contract is told. The cause is logged here, once, and goes no further.
impl<C: fmt::Display> From<DatabaseError> for Error<C> {
    fn from(error: DatabaseError) -> Self {
        match error {
            DatabaseError::OutcomeUnknown { .. } => {
                tracing::error!(%error, "database left a commit unanswered");
                Self::Transport(TransportFailure {
                    to: "database".to_owned(),
                    reason: "the commit was not answered".to_owned(),
                })
            }
            DatabaseError::Unreachable { .. } | DatabaseError::Closed => {
                tracing::error!(%error, "database is not available");
                Self::ServiceUnavailable {
                    service: "database".to_owned(),
                    reason: "no connection".to_owned(),
                }
            }
            DatabaseError::ClaimLost { ref key } => Self::InFlight {
                key: key.clone(),
                retry_after_ms: 0,
            },
            _ => {
                tracing::error!(%error, "database work failed");
                Self::Internal
            }
        }
    }
}
