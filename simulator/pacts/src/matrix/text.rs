//! The matrix in a terminal.

use comfy_table::{ContentArrangement, Table, presets};

use super::{Live, Matrix};

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
        .filter(|row| row.state == crate::gate::RowState::Passed)
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
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(width);
    table.set_header(["consumer", "provider", "pact", "verified"]);
    for (consumer, version, provider) in &live.absent {
        table.add_row([&format!("{consumer} {version}"), provider, "", "not live"]);
    }
    for row in &live.rows {
        table.add_row([
            row.consumer.to_string(),
            row.provider.to_string(),
            row.pact.short().to_owned(),
            row.state.to_string(),
        ]);
    }
    table.trim_fmt()
}
