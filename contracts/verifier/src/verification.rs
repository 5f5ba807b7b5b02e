use ledger::document::{ContentHash, Kind};
use serde::{Serialize, Serializer};

use crate::{Difference, Problem};

/// What came of verifying one provider.
#[derive(Clone, Debug, Serialize)]
pub struct Verification {
    /// The provider.
    pub provider: String,
    /// Its version, where it is known.
    pub version: Option<String>,
    /// Whether only a part of its interactions was wanted.
    pub partial: bool,
    /// What was verified, by consumer.
    pub consumers: Vec<ConsumerResult>,
    /// Why it is not to be believed, if it is not.
    pub problems: Vec<Problem>,
}

/// What came of one pact.
#[derive(Clone, Debug, Serialize)]
pub struct ConsumerResult {
    /// The consumer.
    pub consumer: String,
    /// The file of the pact.
    pub file: String,
    /// What the pact promises, as a hash.
    pub content_hash: ContentHash,
    /// How many interactions were to be verified.
    pub expected: usize,
    /// Those that were.
    pub interactions: Vec<Checked>,
}

/// What came of one interaction.
#[derive(Clone, Debug, Serialize)]
pub struct Checked {
    /// The name that the consumer gave it.
    pub description: String,
    /// The names of the states that it needs.
    pub states: Vec<String>,
    /// How the two talk.
    #[serde(serialize_with = "kind_name")]
    pub kind: Kind,
    /// How it ended.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// How long it took, states included, in ms.
    pub took_ms: u64,
}

fn kind_name<S: Serializer>(kind: &Kind, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(kind.as_str())
}

/// How an interaction ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "outcome")]
pub enum Outcome {
    /// The provider gave what the consumer needs.
    Passed,
    /// It gave something else.
    Differs {
        /// Where.
        differences: Vec<Difference>,
    },
    /// It could not be asked, or gave no answer.
    Failed {
        /// On the way to what.
        stage: Stage,
        /// What came of it.
        reason: String,
    },
}

/// A part of verifying an interaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Setting up a provider state.
    SetUp,
    /// Asking the provider.
    Ask,
    /// Tearing a provider state down.
    TearDown,
}

impl Stage {
    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::SetUp => "setting up",
            Self::Ask => "asking",
            Self::TearDown => "tearing down",
        }
    }
}

/// What a verification says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Every interaction that there is was verified.
    Pass,
    /// Some was not, or can't be believed.
    Fail,
    /// There was nothing to verify: it proved nothing.
    Inconclusive,
    /// The provider did not answer.
    CouldNotRun,
}

impl Verdict {
    /// The name in reports.
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
    /// What it says.
    pub fn verdict(&self) -> Verdict {
        let failed = self.checked().any(|(_, checked)| checked.outcome != Outcome::Passed);
        let not_ready = |problem: &Problem| matches!(problem, Problem::NotReady { .. });
        if self.problems.iter().any(not_ready) {
            Verdict::CouldNotRun
        } else if failed || self.problems.iter().any(|problem| !problem.is_vacuous()) {
            Verdict::Fail
        } else if self.problems.is_empty() && self.checked().next().is_some() {
            Verdict::Pass
        } else {
            Verdict::Inconclusive
        }
    }

    /// Whether all that there is was asked, and nothing keeps it from being believed. Only then is it recorded or published, passed or failed.
    pub fn is_whole(&self) -> bool {
        !self.partial && self.problems.is_empty()
    }

    /// Every interaction that was verified, with its consumer.
    pub fn checked(&self) -> impl Iterator<Item = (&ConsumerResult, &Checked)> {
        let of = |result| ConsumerResult::interactions_of(result);
        self.consumers.iter().flat_map(of)
    }

    /// The interactions that did not pass, with their consumers.
    pub fn failures(&self) -> impl Iterator<Item = (&ConsumerResult, &Checked)> {
        self.checked().filter(|(_, checked)| checked.outcome != Outcome::Passed)
    }
}

impl ConsumerResult {
    /// Whether every one of its interactions was verified and passed.
    pub fn passed(&self) -> bool {
        self.interactions.len() == self.expected
            && self
                .interactions
                .iter()
                .all(|checked| checked.outcome == Outcome::Passed)
    }

    fn interactions_of(&self) -> impl Iterator<Item = (&Self, &Checked)> {
        self.interactions.iter().map(move |checked| (self, checked))
    }
}
