//! One pact file.

mod mistakes;
mod promises;
mod reading;

use ledger::document::Document;
use serde_json::Value;

/// Reads a pact that must be well formed.
pub(crate) fn pact(json: &Value) -> Document {
    Document::parse("pact.json", json.to_string().as_bytes()).unwrap()
}
