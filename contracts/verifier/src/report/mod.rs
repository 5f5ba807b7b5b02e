//! Reports of verifications, as text, JSON ([`json`]), JUnit XML for CI ([`junit`]) and a page ([`html`]). The
//! strength of pacts is reported in all of these forms but JUnit.

mod html;
mod junit;
mod strength;
mod text;

use crate::{ConsumerResult, Outcome, Verification};

pub use html::html;
pub use junit::junit;
pub use strength::{strength_json, strength_text};
pub use text::text;

/// Renders verifications as JSON, each with its verdict.
pub fn json(verifications: &[Verification]) -> serde_json::Value {
    let one = |verification: &Verification| {
        let mut value = serde_json::to_value(verification).unwrap_or_default();
        value["verdict"] = serde_json::json!(verification.verdict());
        value
    };
    serde_json::json!({ "verifications": verifications.iter().map(one).collect::<Vec<_>>() })
}

/// Number of interactions that passed, of those that were expected, such as `3 of 4`.
fn count(result: &ConsumerResult) -> String {
    let passed = result
        .interactions
        .iter()
        .filter(|checked| checked.outcome == Outcome::Passed)
        .count();
    format!("{passed} of {}", result.expected)
}
