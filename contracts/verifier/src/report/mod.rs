//! One result, four forms: for a terminal, for machines ([`json`]), for CI ([`junit`]), and for a browser ([`html`]). How strong
//! the pacts are has the same forms but that for CI.

mod html;
mod junit;
mod strength;
mod text;

use crate::{ConsumerResult, Verification};

pub use html::html;
pub use junit::junit;
pub use strength::{strength_json, strength_text};
pub use text::text;

/// The verifications as JSON, with the verdict of each.
pub fn json(verifications: &[Verification]) -> serde_json::Value {
    let one = |verification: &Verification| {
        let mut value = serde_json::to_value(verification).unwrap_or_default();
        value["verdict"] = serde_json::json!(verification.verdict());
        value
    };
    serde_json::json!({ "verifications": verifications.iter().map(one).collect::<Vec<_>>() })
}

fn count(result: &ConsumerResult) -> String {
    let passed = result
        .interactions
        .iter()
        .filter(|checked| checked.outcome == crate::Outcome::Passed)
        .count();
    format!("{passed} of {}", result.expected)
}
