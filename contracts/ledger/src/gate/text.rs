//! The answer for people and for machines.

use std::fmt::Write;

use comfy_table::{ContentArrangement, Table, presets};
use serde_json::{Value, json};

use super::{Answer, Ask, Row, RowState, Verdict};

impl Answer {
    /// The answer for people, no wider than `width` columns: the verdict first, then why, then what would have to change.
    pub fn text(&self, width: u16) -> String {
        let mut text = format!("{}: {}\n", self.verdict.as_str(), self.sentence());
        for (service, reason) in &self.no_contracts {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{service} has no contracts: {reason}");
        }
        if !self.rows.is_empty() {
            let _ = write!(text, "\n{}\n", table(self.rows.iter().map(Row::cells), width));
        }
        if !self.needs.is_empty() {
            let many = if self.needs.len() == 1 {
                "one change is"
            } else {
                "these changes are"
            };
            let _ = writeln!(text, "\n{many} needed for a yes:");
        }
        for (number, need) in (1..).zip(&self.needs) {
            let _ = writeln!(text, "{number}. {need}:\n     {}", need.command(&self.pacts));
        }
        text
    }

    /// The answer for machines.
    pub fn json(&self) -> Value {
        let needs = self.needs.iter().map(|need| {
            json!({
                "answer": need.verdict(),
                "reason": need.reason(),
                "text": need.to_string(),
                "command": need.command(&self.pacts),
            })
        });
        json!({
            "answer": self.verdict,
            "asked": self.ask,
            "of": self.changes,
            "environment": self.environment,
            "text": self.sentence(),
            "rows": self.rows,
            "needed": needs.collect::<Vec<_>>(),
            "no_contracts": self.no_contracts,
        })
    }

    fn sentence(&self) -> String {
        let who: Vec<String> = self.changes.iter().map(ToString::to_string).collect();
        let (who, place) = (who.join(" with "), &self.environment);
        let way = match self.ask {
            Ask::Deploy => format!("go to {place}"),
            Ask::Undeploy => format!("leave {place}"),
            Ask::Rollback => format!("come back to {place}"),
        };
        match self.verdict {
            Verdict::Yes => format!("{who} can {way}; {}", self.evidence()),
            Verdict::No => format!("{who} can't {way}"),
            Verdict::Unknown => format!("nothing proves that {who} can {way}"),
        }
    }

    fn evidence(&self) -> String {
        let passed = self.rows.iter().filter(|row| row.state == RowState::Passed).count();
        match (self.ask, passed) {
            (Ask::Undeploy, 0) => "nothing that is live needs it".to_owned(),
            (Ask::Undeploy, _) => "all that need it have another version that passed".to_owned(),
            (_, 0)
                if self
                    .changes
                    .iter()
                    .all(|who| self.no_contracts.contains_key(&who.service)) =>
            {
                "nothing that is live has to do with it".to_owned()
            }
            (_, 0) => "it has passed a verification, and nothing that is live has to do with it".to_owned(),
            (_, 1) => "the one pair it makes was verified".to_owned(),
            (_, pairs) => format!("all {pairs} pairs it makes were verified"),
        }
    }
}

/// Pairs, one in each line, no wider than `width` columns.
pub(crate) fn table(lines: impl IntoIterator<Item = [String; 4]>, width: u16) -> String {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(width);
    table.set_header(["consumer", "provider", "pact", "verified"]);
    table.add_rows(lines);
    table.trim_fmt()
}
