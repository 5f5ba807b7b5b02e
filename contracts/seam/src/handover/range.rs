use std::fmt;

use serde::{Deserialize, Serialize};

/// The key of an aggregate: the values of its root's key columns. Keys are ordered by the bytes of their values.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Key(pub Vec<String>);

impl<const N: usize> From<[&str; N]> for Key {
    fn from(values: [&str; N]) -> Self {
        Self(values.map(str::to_owned).to_vec())
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("/"))
    }
}

/// The aggregates of a set whose keys come after `after`, up to `until` inclusively.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Range {
    /// Name of the set.
    pub set: String,
    /// The key before the first one; `None` for the beginning.
    pub after: Option<Key>,
    /// The last key; `None` for the end.
    pub until: Option<Key>,
}

impl Range {
    /// The whole set.
    pub fn all(set: impl Into<String>) -> Self {
        Self {
            set: set.into(),
            after: None,
            until: None,
        }
    }

    /// The part of the range after `key`.
    #[must_use]
    pub fn after(self, key: Key) -> Self {
        Self {
            after: Some(key),
            ..self
        }
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.set)?;
        if let Some(after) = &self.after {
            write!(f, " after {after}")?;
        }
        match &self.until {
            Some(until) => write!(f, " up to {until}"),
            None => Ok(()),
        }
    }
}

/// The number of aggregates and rows of a range, and a digest of their content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// The range that was examined.
    pub range: Range,
    /// Number of aggregates in it.
    pub aggregates: u64,
    /// Number of their rows.
    pub rows: u64,
    /// SHA-256 of their keys and digests, in hexadecimal digits.
    pub digest: String,
}

impl Summary {
    /// Returns `true` if both are of the same range and find the same in it.
    pub fn agrees(&self, other: &Self) -> bool {
        self == other
    }
}
