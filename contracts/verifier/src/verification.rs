use ledger::document::{ContentHash, Kind};
use serde::{Serialize, Serializer};

use crate::{Difference, Problem};

/// Result of verifying one provider.
#[derive(Clone, Debug, Serialize)]
pub struct Verification {
    /// Name of the provider.
    pub provider: String,
    /// Version of the provider, if it is known.
    pub version: Option<String>,
    /// `true` if a filter left interactions out.
    pub partial: bool,
    /// Results by consumer.
    pub consumers: Vec<ConsumerResult>,
    /// Reasons why the results are not to be believed; empty if they are.
    pub problems: Vec<Problem>,
}

/// Result of verifying one pact.
#[derive(Clone, Debug, Serialize)]
pub struct ConsumerResult {
    /// Name of the consumer.
    pub consumer: String,
    /// File of the pact.
    pub file: String,
    /// Hash over the content of the pact.
    pub content_hash: ContentHash,
    /// Number of interactions that had to be verified.
    pub expected: usize,
    /// Results of the interactions that were verified.
    pub interactions: Vec<InteractionResult>,
}

/// Result of verifying one interaction.
#[derive(Clone, Debug, Serialize)]
pub struct InteractionResult {
    /// Description that the consumer gave the interaction.
    pub description: String,
    /// Names of the provider states that it needs.
    pub states: Vec<String>,
    /// Kind of the interaction.
    #[serde(serialize_with = "kind_name")]
    pub kind: Kind,
    /// Outcome of the interaction.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// Time that it took, with its states, in milliseconds.
    pub took_ms: u64,
}

fn kind_name<S: Serializer>(kind: &Kind, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(kind.as_str())
}

/// Outcome of an interaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "outcome")]
pub enum Outcome {
    /// The reply has everything that the consumer needs.
    Passed,
    /// The reply differs from what the consumer needs.
    Differs {
        /// Places at which it differs.
        differences: Vec<Difference>,
    },
    /// There was no reply to compare, or a state was left behind.
    Failed {
        /// Stage that failed.
        stage: Stage,
        /// Reason of the failure.
        reason: String,
    },
}

impl Outcome {
    /// Says whether the provider gave no answer, which proves nothing about its answers.
    pub(crate) fn is_no_answer(&self) -> bool {
        matches!(
            self,
            Self::Failed {
                stage: Stage::Reach,
                ..
            }
        )
    }
}

/// Stage of verifying an interaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Setting up a provider state.
    SetUp,
    /// Reaching the provider, and waiting for its answer.
    Reach,
    /// Asking the provider.
    Ask,
    /// Tearing a provider state down.
    TearDown,
}

impl Stage {
    /// Name in reports, such as `setting up`.
    pub fn name(self) -> &'static str {
        match self {
            Self::SetUp => "setting up",
            Self::Reach => "reaching the provider",
            Self::Ask => "asking",
            Self::TearDown => "tearing down",
        }
    }
}

/// Verdict of a verification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Every interaction that had to be verified passed.
    Pass,
    /// An interaction did not pass, or a problem makes the results worthless.
    Fail,
    /// There was nothing to verify, so nothing is proven.
    Inconclusive,
    /// The provider did not answer, or a pact has something that can't be judged.
    CouldNotRun,
}

impl Verdict {
    /// Name in reports, such as `PASS`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pass => "PASS",
            Self::Fail => "FAIL",
            Self::Inconclusive => "INCONCLUSIVE",
            Self::CouldNotRun => "COULD NOT RUN",
        }
    }
}

impl Verification {
    /// Verdict over all results and problems.
    pub fn verdict(&self) -> Verdict {
        let stops = |problem: &Problem| matches!(problem, Problem::NotReady { .. } | Problem::NotJudged { .. });
        let failed = self.failures().any(|(_, checked)| !checked.outcome.is_no_answer());
        if self.problems.iter().any(stops) {
            Verdict::CouldNotRun
        } else if failed || self.problems.iter().any(|problem| !problem.is_vacuous()) {
            Verdict::Fail
        } else if self.failures().next().is_some() {
            Verdict::CouldNotRun
        } else if self.problems.is_empty() && self.results().next().is_some() {
            Verdict::Pass
        } else {
            Verdict::Inconclusive
        }
    }

    /// Says whether every interaction was answered and no problem was found. Only such a verification is recorded or
    /// published, passed or failed.
    pub fn is_whole(&self) -> bool {
        let no_answer = self.results().any(|(_, checked)| checked.outcome.is_no_answer());
        !self.partial && self.problems.is_empty() && !no_answer
    }

    /// Results of all interactions, each with the result of its pact.
    pub fn results(&self) -> impl Iterator<Item = (&ConsumerResult, &InteractionResult)> {
        let of = |result| ConsumerResult::interactions_of(result);
        self.consumers.iter().flat_map(of)
    }

    /// Results of the interactions that did not pass, each with the result of its pact.
    pub fn failures(&self) -> impl Iterator<Item = (&ConsumerResult, &InteractionResult)> {
        self.results().filter(|(_, checked)| checked.outcome != Outcome::Passed)
    }
}

impl ConsumerResult {
    /// Says whether every expected interaction was verified and passed.
    pub fn passed(&self) -> bool {
        let is_passed = |checked: &InteractionResult| checked.outcome == Outcome::Passed;
        self.interactions.len() == self.expected && self.interactions.iter().all(is_passed)
    }

    fn interactions_of(&self) -> impl Iterator<Item = (&Self, &InteractionResult)> {
        self.interactions.iter().map(move |checked| (self, checked))
    }
}
