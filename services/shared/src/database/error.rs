use std::fmt;

use commerce::Error;
use seam::TransportFailure;

/// Failure of a database operation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DatabaseError {
    /// The address of the database can't be used.
    #[error("DATABASE_URL is {url:?}, wanted {wanted}")]
    Address {
        /// The address, without its password.
        url: String,
        /// Form of an address that would be accepted.
        wanted: String,
    },
    /// No connection. Nothing was done.
    #[error("database is not reachable: {reason}")]
    Unreachable {
        /// Message of the driver.
        reason: String,
    },
    /// The file of the database can't be opened. Nothing was done.
    #[error("database file {file} can't be opened: {reason}")]
    File {
        /// Path of the file.
        file: String,
        /// Message of the engine.
        reason: String,
    },
    /// The file of the database is damaged, or is none of a database.
    #[error("database file {file} is damaged: {reason}; restore it from a backup")]
    Damaged {
        /// Path of the file.
        file: String,
        /// Finding of the engine.
        reason: String,
    },
    /// The file that was opened is not at its path any more, so whatever is written to it is lost. Nothing was done.
    #[error("database file {file} was {what} while it was in use; restart the service")]
    Gone {
        /// Path of the file.
        file: String,
        /// Description of what happened to it.
        what: String,
    },
    /// A migration could not be applied. The schema is as it was before it.
    #[error("migration {version} ({name}) of {module} failed: {reason}")]
    Migration {
        /// The module whose schema it is.
        module: String,
        /// Number of the migration.
        version: i64,
        /// Name of the migration.
        name: String,
        /// The error, or the rule that the migration breaks.
        reason: String,
    },
    /// A unique constraint is violated. Nothing was done.
    #[error("already there: {constraint}")]
    Unique {
        /// The constraint's name (PostgreSQL) or its columns (SQLite).
        constraint: String,
    },
    /// A check or foreign key constraint is violated. Nothing was done.
    #[error("refused by the schema: {constraint}")]
    Check {
        /// The constraint, as the engine names it.
        constraint: String,
    },
    /// A statement failed. Nothing was done.
    #[error("SQL statement failed: {reason}")]
    Statement {
        /// Message of the engine.
        reason: String,
    },
    /// The disk has no room for the write. Nothing was done.
    #[error("database is full: {reason}")]
    Full {
        /// Message of the engine.
        reason: String,
    },
    /// Somebody else held a lock for longer than this process waits. Nothing was done.
    #[error("database is locked by somebody else: {reason}")]
    Locked {
        /// Message of the engine.
        reason: String,
    },
    /// The engine rolled the transaction back, because a write that shared it failed. Nothing was done.
    #[error("a write in the same transaction failed, and all of it was rolled back: {reason}")]
    RolledBack {
        /// Message of the engine.
        reason: String,
    },
    /// The connection broke during the commit: the work may be durable or not.
    #[error("commit was not answered, the write may be durable or not: {reason}")]
    OutcomeUnknown {
        /// Message of the driver.
        reason: String,
    },
    /// A value that can't be written as JSON.
    #[error("{what} can't be written as JSON: {reason}")]
    Unencodable {
        /// The kind of value that was to be stored.
        what: &'static str,
        /// Message of the serializer.
        reason: String,
    },
    /// A stored value that this program can't have written.
    #[error("stored {what} can't be read: {reason}")]
    Corrupt {
        /// The column, or the kind of value, that was read.
        what: &'static str,
        /// Reason why it can't be read.
        reason: String,
    },
    /// Somebody else has taken over the claim of an idempotency key: this work must not count. Claim again to get the
    /// answer.
    #[error("claim of idempotency key {key} was taken over; repeat the request")]
    ClaimLost {
        /// The idempotency key.
        key: String,
    },
    /// The database was closed, because the process is going down.
    #[error("database is closed")]
    Closed,
}

impl DatabaseError {
    /// True if a unique constraint was violated.
    pub fn is_unique(&self) -> bool {
        matches!(self, Self::Unique { .. })
    }

    /// True if the same work may succeed later without anything else changing.
    pub fn is_passing(&self) -> bool {
        matches!(
            self,
            Self::Unreachable { .. }
                | Self::Full { .. }
                | Self::Locked { .. }
                | Self::Gone { .. }
                | Self::RolledBack { .. }
                | Self::OutcomeUnknown { .. }
                | Self::Closed
                | Self::ClaimLost { .. }
        )
    }

    /// The reason in the words that anybody may read, in an answer or in readiness: without paths, addresses and text
    /// of the engine. [`fmt::Display`] has the rest, for logs and for the messages of a start.
    pub fn for_anybody(&self) -> &'static str {
        match self {
            Self::Unreachable { .. } | Self::File { .. } => "no connection",
            Self::Full { .. } => "no space left",
            Self::Locked { .. } => "locked by somebody else",
            Self::Damaged { .. } => "its file is damaged",
            Self::Gone { .. } => "its file was removed or replaced",
            Self::RolledBack { .. } => "another write failed in the same transaction",
            Self::OutcomeUnknown { .. } => "the commit was not answered",
            Self::ClaimLost { .. } => "the claim was taken over",
            Self::Closed => "closed",
            _ => "it can't be read or written",
        }
    }

    /// Makes [`DatabaseError::Corrupt`] of a column, or of the kind of value, that can't be read.
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
        _ if error.code().is_some_and(|code| is_full(&code)) => DatabaseError::Full { reason },
        _ if error.code().is_some_and(|code| is_locked(&code)) => DatabaseError::Locked { reason },
        _ => DatabaseError::Statement { reason },
    }
}

/// Tells whether a code means that the disk is full: `SQLITE_FULL`, or `disk_full` on PostgreSQL, whose codes have
/// five characters.
fn is_full(code: &str) -> bool {
    matches!(code, "13" | "53100")
}

/// Tells whether a code means that a lock was waited for in vain: `SQLITE_BUSY`, extended or not, or
/// `lock_not_available` on PostgreSQL.
fn is_locked(code: &str) -> bool {
    const BUSY: i64 = 5;
    // The lowest byte of an extended result code is the primary code.
    let of_sqlite = |code: i64| code & 0xff == BUSY;
    code == "55P03" || (code.len() < 5 && code.parse().is_ok_and(of_sqlite))
}

/// The error for the caller of a contract. The cause is logged here, once, and is not passed on.
impl<C: fmt::Display> From<DatabaseError> for Error<C> {
    fn from(error: DatabaseError) -> Self {
        match error {
            DatabaseError::OutcomeUnknown { .. } => {
                tracing::error!(%error, "commit was not answered");
                Self::Transport(TransportFailure::new("database", error.for_anybody()))
            }
            DatabaseError::Unreachable { .. }
            | DatabaseError::Closed
            | DatabaseError::Full { .. }
            | DatabaseError::Locked { .. }
            | DatabaseError::Gone { .. }
            | DatabaseError::RolledBack { .. } => {
                tracing::error!(%error, "database not available");
                Self::ServiceUnavailable {
                    service: "database".to_owned(),
                    reason: error.for_anybody().to_owned(),
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
