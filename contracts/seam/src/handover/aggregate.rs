use std::{cmp::Ordering, collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Key;

/// A row: its columns, each with a text, a whole number or null.
pub type Row = Map<String, Value>;

/// Figures of an aggregate that only ever grow, such as the version of its root and the number of its rows.
///
/// One aggregate is newer than another if none of its figures is smaller and one is larger. Of two aggregates where
/// each has a larger figure, neither is newer: both sides have changed them by themselves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Progress(pub Vec<i64>);

impl PartialOrd for Progress {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        if self.0.len() != other.0.len() {
            return None;
        }
        let mut result = Ordering::Equal;
        for (ours, theirs) in self.0.iter().zip(&other.0) {
            match (ours.cmp(theirs), result) {
                (Ordering::Equal, _) => {}
                (one, Ordering::Equal) => result = one,
                (one, before) if one == before => {}
                _ => return None,
            }
        }
        Some(result)
    }
}

/// What identifies the state of an aggregate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outline {
    /// Its key.
    pub key: Key,
    /// Its progress.
    pub progress: Progress,
    /// SHA-256 of the columns that both sides must have alike, in hexadecimal digits.
    pub digest: String,
}

/// A row of the root's table, and all rows that belong to it.
///
/// `Debug` shows no values: they may be personal data.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Aggregate {
    /// Key, progress and digest.
    #[serde(flatten)]
    pub outline: Outline,
    /// The rows of each table, in the order of their keys.
    pub rows: BTreeMap<String, Vec<Row>>,
}

impl fmt::Debug for Aggregate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows: BTreeMap<_, _> = self.rows.iter().map(|(table, rows)| (table, rows.len())).collect();
        f.debug_struct("Aggregate")
            .field("outline", &self.outline)
            .field("rows", &rows)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn progress(figures: &[i64]) -> Progress {
        Progress(figures.to_vec())
    }

    #[test]
    fn progress_is_newer_only_if_no_figure_is_smaller() {
        let one = progress(&[2, 5]);

        assert!(progress(&[2, 6]) > one && progress(&[3, 5]) > one && progress(&[1, 5]) < one);
        assert_eq!(one.partial_cmp(&progress(&[2, 5])), Some(Ordering::Equal));
        assert_eq!(one.partial_cmp(&progress(&[1, 6])), None, "each has a larger figure");
        assert_eq!(one.partial_cmp(&progress(&[2])), None, "they have other figures");
    }

    #[test]
    fn an_aggregate_prints_no_values() {
        let row = Row::from_iter([("email".to_owned(), Value::from("ada@example.org"))]);
        let aggregate = Aggregate {
            outline: Outline {
                key: Key::from(["one"]),
                progress: progress(&[1]),
                digest: "00".to_owned(),
            },
            rows: BTreeMap::from([("contacts".to_owned(), vec![row])]),
        };

        let text = format!("{aggregate:?}");

        assert!(!text.contains("ada") && text.contains("\"contacts\": 1"), "{text}");
    }
}
