//! The state of a launch as its operator sees it, whatever the contract is.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    BoxFuture, Contract, MethodKind,
    launch::{Claim, Judgement, Launch, Position, Refused, Repaired, Seen, Side},
};

/// The state of a launch at one moment.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Status {
    /// The name of the launch.
    pub name: String,
    /// The name of the contract.
    pub contract: String,
    /// The text that a change has to name, so that it does not undo one that was made meanwhile.
    pub revision: String,
    /// The stages and the dials.
    pub position: Position,
    /// `true` if the second side gets no calls, by the settings or by [`Launch::kill`].
    pub killed: bool,
    /// `true` if writes may go to both sides: both were built with [`Isolated::pair`](crate::launch::Isolated::pair).
    pub isolated: bool,
    /// The reason why settings of the source are not in force.
    pub problem: Option<String>,
    /// Writes that one side may lack.
    pub pending: usize,
    /// The counts of each method of the contract.
    pub methods: Vec<MethodStatus>,
    /// The gate's decision with its evidence, and the groups of mismatches with their samples.
    pub gate: Judgement,
    /// Rules that have expired or have explained nothing.
    pub stale_rules: Vec<String>,
}

/// The counts of one method.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MethodStatus {
    /// The name of the method.
    pub method: String,
    /// `read` or `write`.
    pub kind: String,
    /// Calls since the start that the control and the candidate have answered.
    pub answered: [u64; 2],
    /// Calls since the last step that went to both sides or should have, by their result ([`Seen::name`]); every
    /// result is there.
    pub results: BTreeMap<String, u64>,
}

impl MethodStatus {
    /// The number of calls since the last step with this result.
    pub fn of(&self, seen: Seen) -> u64 {
        self.results.get(seen.name()).copied().unwrap_or(0)
    }

    /// The number of calls since the last step that both sides answered and that were compared.
    pub fn compared(&self) -> u64 {
        [Seen::Same, Seen::Explained, Seen::Different]
            .map(|seen| self.of(seen))
            .iter()
            .sum()
    }
}

/// A write that one side may lack, without its arguments, which are nobody's business but the sides'.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lacking {
    /// The id of the entry in the journal.
    pub id: String,
    /// The method that writes.
    pub method: String,
    /// The side that lacks the write.
    pub side: Side,
    /// `true` if the other side answered; `false` if nobody knows whether it wrote.
    pub answered: bool,
}

/// A launch in the hands of an operator, whatever its contract is.
pub trait Operated: Send + Sync + 'static {
    /// The name of the launch.
    fn name(&self) -> &str;

    /// The state now, with the gate's answer to `claim`.
    fn status(&self, claim: &Claim) -> Status;

    /// Turns the launch: see [`Launch::turn`].
    fn turn(&self, position: Position, revision: Option<&str>) -> Result<(), Refused>;

    /// The writes that one side may lack; `None` if the launch has no journal, since writes never go to both sides.
    fn lacking(&self) -> Option<Vec<Lacking>>;

    /// Gives each side the writes that it lacks: see [`Launch::repair`].
    fn repair(&self) -> BoxFuture<'_, Repaired>;

    /// All counts, in the text format of Prometheus.
    fn metrics(&self) -> String;
}

impl<C: Contract + ?Sized> Operated for Launch<C> {
    fn name(&self) -> &str {
        &self.0.name
    }

    fn status(&self, claim: &Claim) -> Status {
        let settings = self.settings();
        let gate = self.gate(claim);
        let book = self.0.recorder.book();
        let methods = C::METHODS
            .iter()
            .zip(&book.step)
            .enumerate()
            .map(|(index, (method, tally))| {
                let counted = |seen: Seen| (seen.name().to_owned(), tally.of(seen));
                MethodStatus {
                    method: method.name.to_owned(),
                    kind: match method.kind {
                        MethodKind::Read => "read".to_owned(),
                        MethodKind::Write => "write".to_owned(),
                    },
                    answered: [Side::Control, Side::Candidate].map(|side| self.0.recorder.calls(index, side)),
                    results: Seen::ALL.into_iter().map(counted).collect(),
                }
            });
        let methods = methods.collect();
        drop(book);
        Status {
            name: self.0.name.clone(),
            contract: C::NAME.to_owned(),
            revision: settings.revision(),
            position: settings.position(),
            killed: self.0.is_killed(),
            isolated: self.0.journal.is_some(),
            problem: self.problem(),
            pending: self.pending().len(),
            methods,
            gate,
            stale_rules: self.stale_rules(),
        }
    }

    fn turn(&self, position: Position, revision: Option<&str>) -> Result<(), Refused> {
        Launch::turn(self, position, revision)
    }

    fn lacking(&self) -> Option<Vec<Lacking>> {
        self.0.journal.as_ref()?;
        let lacking = self.pending().into_iter().map(|entry| Lacking {
            id: entry.id.to_string(),
            method: entry.method,
            side: entry.first.other(),
            answered: entry.answered,
        });
        Some(lacking.collect())
    }

    fn repair(&self) -> BoxFuture<'_, Repaired> {
        Box::pin(Launch::repair(self))
    }

    fn metrics(&self) -> String {
        Launch::metrics(self)
    }
}
