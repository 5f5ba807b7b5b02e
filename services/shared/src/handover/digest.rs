use seam::handover::{Key, Outline, Row};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{Table, catalogue::Column};

/// Digest of an aggregate: the columns of its rows that both sides must have alike.
#[derive(Default)]
pub(super) struct OfAggregate(Sha256);

impl OfAggregate {
    /// Adds the rows of a table, which are sorted by their keys.
    pub(super) fn add(&mut self, table: &Table, columns: &[Column], rows: &[Row]) {
        text(&mut self.0, table.name);
        number(&mut self.0, rows.len() as u64);
        for row in rows {
            let compared = columns
                .iter()
                .filter(|column| !table.local.contains(&column.name.as_str()));
            for column in compared {
                text(&mut self.0, &column.name);
                value(&mut self.0, row.get(&column.name).unwrap_or(&Value::Null));
            }
        }
    }

    pub(super) fn finish(self) -> String {
        crate::hex(&self.0.finalize())
    }
}

/// Digest of a range.
pub(super) fn of_range(outlines: &[Outline]) -> String {
    let mut digest = Sha256::new();
    for Outline { key, digest: own, .. } in outlines {
        of_key(&mut digest, key);
        text(&mut digest, own);
    }
    crate::hex(&digest.finalize())
}

fn of_key(digest: &mut Sha256, Key(values): &Key) {
    number(digest, values.len() as u64);
    for value in values {
        text(digest, value);
    }
}

// Each value with its kind and its length, so that no two rows have the same bytes.
fn value(digest: &mut Sha256, value: &Value) {
    match value {
        Value::String(value) => {
            digest.update(b"t");
            text(digest, value);
        }
        Value::Number(value) => {
            digest.update(b"i");
            text(digest, &value.to_string());
        }
        _ => digest.update(b"n"),
    }
}

fn text(digest: &mut Sha256, text: &str) {
    number(digest, text.len() as u64);
    digest.update(text.as_bytes());
}

fn number(digest: &mut Sha256, number: u64) {
    digest.update(number.to_le_bytes());
}
