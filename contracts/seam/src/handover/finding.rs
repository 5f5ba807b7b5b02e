use serde::{Deserialize, Serialize};

use super::Key;

/// What became of an aggregate that a side was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Taken {
    /// It was not there, and is now.
    Added,
    /// An older one was there, and is replaced.
    Updated,
    /// The same is there.
    Same,
    /// A newer one is there, and stays.
    Older,
    /// One is there that is neither newer nor older and has another content, or that can't become the given one. It
    /// stays.
    Refused,
}

/// An aggregate in which the two sides differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// The set.
    pub set: String,
    /// Key of the aggregate.
    pub key: Key,
    /// The difference, and what to do.
    pub reason: String,
}
