use serde::{Deserialize, Serialize};

use super::{Duty, Key};
use crate::{ContractError, TransportFailure};

/// Failure of a handover's call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum HandoverError {
    /// There is no set of that name. Nothing was done.
    #[error("there is no set {set:?}; this module has {known}")]
    UnknownSet {
        /// The name.
        set: String,
        /// Names of the sets that there are.
        known: String,
    },
    /// A key or an aggregate is not of the set's form. Nothing was done.
    #[error("{what} of {set} is {seen}, wanted {wanted}")]
    Malformed {
        /// The set.
        set: String,
        /// The part that is wrong.
        what: String,
        /// The form that was seen, without values.
        seen: String,
        /// The form that would be accepted.
        wanted: String,
    },
    /// A set has more aggregates in the range than one answer holds. Nothing was done.
    #[error("{set} has more than {most} aggregates in this range; ask for less at once, as after {first}")]
    TooMany {
        /// The set.
        set: String,
        /// The most that one answer holds.
        most: u32,
        /// The last key that would have had a place.
        first: Key,
    },
    /// The side knows this epoch or a later one, or gave it away. Nothing was done.
    #[error("epoch {seen} is over: this side {known}; ask both sides for their duty and take the next one")]
    Epoch {
        /// The epoch.
        seen: i64,
        /// The duty of this side.
        known: Duty,
    },
    /// The module does nothing that only one side may do, so there is no duty to move.
    #[error("nothing that {0} does has to be done by one side alone: copy its rows, and send its calls there")]
    NoDuty(String),
    /// The side acts, has rows of its own, and never took part in a handover: rows would make it stand by. Nothing was
    /// done.
    #[error(
        "this side acts and has rows of its own; to have it take over, start it with STANDS_BY=true, or switch to it"
    )]
    Acts,
    /// Something was still under way after the time for it. No new work begins; ask again.
    #[error("work is still under way after {0} s; nothing new begins, so ask again")]
    Busy(u64),
    /// The database could not do it now.
    #[error("the database can't do this now: {0}")]
    Database(String),
    /// The caller's token is not the one that this side wants. Nothing was done.
    #[error("the token is not the one that this side was started with; set SEAM_ADMIN_TOKEN")]
    Forbidden,
    /// No answer came.
    #[error(transparent)]
    Transport(#[from] TransportFailure),
}

impl ContractError for HandoverError {
    fn transport(&self) -> Option<&TransportFailure> {
        match self {
            Self::Transport(failure) => Some(failure),
            _ => None,
        }
    }
}
