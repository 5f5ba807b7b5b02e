//! Changes of a platform's contracts between two revisions, and the consumers that they matter to.
//!
//! Two sources are compared: the pacts, and the OpenAPI documents of the providers. A document says what a
//! provider offers, a pact what a consumer uses of it. So a removed field breaks those consumers whose pacts read
//! it, and nobody else.

mod api;
mod interactions;
mod limits;
mod parameters;
mod responses;
mod shape;
mod text;
mod usage;

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::source::FoundPact;

/// Contracts of a platform at one moment.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Snapshot {
    /// Pacts of all consumers.
    pub pacts: Vec<FoundPact>,
    /// OpenAPI documents by name. Their provider does not matter: an interaction belongs to the operation that
    /// its path fits.
    pub documents: BTreeMap<String, Value>,
}

/// Difference between two snapshots.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// All changes, worst first.
    pub changes: Vec<Change>,
}

/// Change, with its effect on each consumer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Change {
    /// Worst effect on any consumer.
    pub effect: Effect,
    /// Pact or operation that changed.
    pub place: String,
    /// Description of the change.
    pub what: String,
    /// Single values that changed, each with its path, if there is more to say.
    pub details: Vec<String>,
    /// Consumers that use what changed, each with the effect on it. Empty if no pact uses it.
    pub consumers: BTreeMap<String, Concern>,
}

/// Effect of a change on one consumer, with the reason.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Concern {
    /// Effect on the consumer.
    pub effect: Effect,
    /// Reason for the effect.
    pub why: String,
}

/// Effect of a change, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// Takes away something that a consumer uses.
    Breaks,
    /// May break a consumer; only a verification can tell.
    Warns,
    /// Matters to no pact.
    LeavesAlone,
}

impl Difference {
    /// Compares `new` with `old`.
    pub fn between(old: &Snapshot, new: &Snapshot) -> Self {
        let mut changes = interactions::changes(&old.pacts, &new.pacts);
        let users = usage::Users::of(&old.pacts, &new.pacts);
        changes.extend(api::changes(&old.documents, &new.documents, &users));
        changes.sort();
        Self { changes }
    }

    /// Says whether any change breaks a consumer.
    pub fn breaks_somebody(&self) -> bool {
        self.changes.iter().any(|change| change.effect == Effect::Breaks)
    }
}

impl Change {
    fn new(place: &str, what: String, details: Vec<String>, consumers: BTreeMap<String, Concern>) -> Self {
        let effect = consumers.values().map(|concern| concern.effect).min();
        Self {
            effect: effect.unwrap_or(Effect::LeavesAlone),
            place: place.to_owned(),
            what,
            details,
            consumers,
        }
    }
}

impl Concern {
    fn new(effect: Effect, why: impl Into<String>) -> Self {
        Self {
            effect,
            why: why.into(),
        }
    }
}
