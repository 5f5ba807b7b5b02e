use crate::{DatabaseError, SettingsError};

/// Reason why a service did not start.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StartError {
    /// Wrong settings: exit code 2.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// A database that can't be opened.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// An address that can't be listened on.
    #[error("can't listen on {address}: {reason}")]
    Listen {
        /// The address that `LISTEN` gives.
        address: String,
        /// Message of the system.
        reason: String,
    },
    /// Another reason, as the module words it.
    #[error("{0}")]
    Other(String),
}
