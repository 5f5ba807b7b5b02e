//! The matrix in a terminal.

use super::{Live, Matrix};
use crate::gate::{self, Row};

impl Matrix {
    /// A table for each environment, no wider than `width` columns.
    pub fn text(&self, width: u16) -> String {
        let parts: Vec<String> = self
            .environments
            .iter()
            .map(|(name, live)| format!("{name}: {}\n\n{}", summary(live), table(live, width)))
            .collect();
        let parts: Vec<&str> = parts.iter().map(|part| part.trim_end()).collect();
        parts.join("\n\n") + "\n"
    }
}

/// How many of the pairs passed, in words.
pub(super) fn summary(live: &Live) -> String {
    if live.versions.is_empty() {
        return "nothing is live".to_owned();
    }
    let versions: usize = live.versions.values().map(Vec::len).sum();
    let passed = live
        .rows
        .iter()
        .filter(|row| row.state == gate::RowState::Passed)
        .count();
    let pairs = live.rows.len() + live.absent.len();
    format!(
        "{versions} versions of {} services are live; {passed} of {pairs} pairs passed",
        live.versions.len()
    )
}

fn table(live: &Live, width: u16) -> String {
    if live.rows.is_empty() && live.absent.is_empty() {
        return String::new();
    }
    let absent = live.absent.iter().map(|(consumer, version, provider)| {
        let nothing = String::new();
        [
            format!("{consumer} {version}"),
            provider.to_string(),
            nothing,
            "not live".to_owned(),
        ]
    });
    gate::table(absent.chain(live.rows.iter().map(Row::cells)), width)
}
