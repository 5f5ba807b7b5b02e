//! Matrix for a terminal.

use super::{Environment, Matrix};
use crate::gate::{self, Pair, PairState};

impl Matrix {
    /// Text with a table for each environment, at most `width` columns wide.
    pub fn text(&self, width: u16) -> String {
        let parts: Vec<String> = self
            .environments
            .iter()
            .map(|(name, environment)| format!("{name}: {}\n\n{}", summary(environment), table(environment, width)))
            .collect();
        let parts: Vec<&str> = parts.iter().map(|part| part.trim_end()).collect();
        parts.join("\n\n") + "\n"
    }
}

/// Sentence about the number of live versions and of pairs that passed.
pub(super) fn summary(environment: &Environment) -> String {
    if environment.versions.is_empty() {
        return "nothing is live".to_owned();
    }
    let versions: usize = environment.versions.values().map(Vec::len).sum();
    let is_passed = |pair: &&Pair| pair.state == PairState::Passed;
    let passed = environment.pairs.iter().filter(is_passed).count();
    let pairs = environment.pairs.len() + environment.absent.len();
    format!(
        "{versions} versions of {} services are live; {passed} of {pairs} pairs passed",
        environment.versions.len()
    )
}

fn table(environment: &Environment, width: u16) -> String {
    if environment.pairs.is_empty() && environment.absent.is_empty() {
        return String::new();
    }
    let absent = environment.absent.iter().map(|(consumer, version, provider)| {
        [
            format!("{consumer} {version}"),
            provider.to_string(),
            String::new(),
            "not live".to_owned(),
        ]
    });
    gate::table(absent.chain(environment.pairs.iter().map(Pair::cells)), width)
}
