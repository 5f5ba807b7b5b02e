use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::Duration,
};

use serde::{Deserialize, Serialize};

/// Number of decisions that are kept; older ones make room.
pub const KEPT_DECISIONS: usize = 10_000;
/// Number of faults whose tallies are kept once they are lifted.
pub const KEPT_TALLIES: usize = 1_000;

/// Decisions of a proxy about its faults: the latest [`KEPT_DECISIONS`] of them, and how many there were of each kind.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[non_exhaustive]
pub struct Record {
    /// The latest decisions, oldest first.
    pub decisions: VecDeque<Decision>,
    /// Number of older decisions that made room.
    pub forgotten: u64,
    /// Numbers of decisions by the fault's name, of all faults that were ever laid; the tallies of at most
    /// [`KEPT_TALLIES`] lifted faults are kept.
    pub tallies: BTreeMap<String, Tally>,
}

/// One decision about one fault.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Decision {
    /// Time since the proxy's [`Faults`](crate::Faults) were made.
    pub at: Duration,
    /// Name of the fault.
    pub fault: String,
    /// Number of the connection, from 1; 0 for a fault of the listening address, such as `refuse`.
    pub connection: u64,
    /// Number of the request on its connection, from 1; 0 for a decision about the whole connection.
    pub request: u64,
    /// Answer to the question if the fault acts.
    pub outcome: Outcome,
}

/// Answer to the question if a fault acts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    /// The fault acted on this request, or for the first time on this connection.
    Fired,
    /// Chance spared the connection or request.
    NotDrawn,
    /// A fault of the same kind that was laid earlier acts in its place.
    Masked {
        /// Name of that fault.
        by: String,
    },
    /// The fault can't act here, which is passed on unchanged.
    Unfit {
        /// The reason, such as a connection that does not speak HTTP/1.
        why: String,
    },
}

/// Numbers of decisions about one fault.
///
/// A fault that met nothing was laid where nothing passed. One that met but did not fire was spared by chance,
/// masked, or saw nothing that it acts on, such as `cut` a connection with fewer bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Tally {
    /// Number of connections that its selector met, before chance; for effects on HTTP, of requests. A connection on
    /// which no byte passed while it stood, in a direction of it, was not met, unless the fault acts on the connection
    /// itself, as `reset` does.
    pub met: u64,
    /// Number of those on which it acted; for `refuse`, how often the address was closed.
    pub fired: u64,
    /// Number of those that chance spared.
    pub not_drawn: u64,
    /// Number of those on which another fault acted in its place.
    pub masked: u64,
    /// Number of those on which it can't act.
    pub unfit: u64,
}

impl Record {
    pub(crate) fn met(&mut self, fault: &str) {
        self.tally(fault).met += 1;
    }

    pub(crate) fn decided(&mut self, decision: Decision) {
        let tally = self.tally(&decision.fault);
        match decision.outcome {
            Outcome::Fired => tally.fired += 1,
            Outcome::NotDrawn => tally.not_drawn += 1,
            Outcome::Masked { .. } => tally.masked += 1,
            Outcome::Unfit { .. } => tally.unfit += 1,
        }
        if self.decisions.len() == KEPT_DECISIONS {
            self.decisions.pop_front();
            self.forgotten += 1;
        }
        self.decisions.push_back(decision);
    }

    /// Begins the tally of a fault that is laid now.
    pub(crate) fn laid(&mut self, fault: &str) {
        self.tally(fault);
    }

    /// Forgets tallies of lifted faults beyond the limit, in the order of their names.
    pub(crate) fn forget_lifted(&mut self, standing: &BTreeSet<&str>) {
        let lifted = self.tallies.len().saturating_sub(standing.len());
        let mut excess = lifted.saturating_sub(KEPT_TALLIES);
        self.tallies.retain(|name, _| {
            let forget = excess > 0 && !standing.contains(name.as_str());
            excess -= usize::from(forget);
            !forget
        });
    }

    fn tally(&mut self, fault: &str) -> &mut Tally {
        self.tallies.entry(fault.to_owned()).or_default()
    }
}
