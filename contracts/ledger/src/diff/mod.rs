//! What changed between two states of a platform's contracts, and for which consumer that matters.
//!
//! Two witnesses: the pacts themselves, and the OpenAPI documents of the providers. A document says what a provider offers, a pact what a
//! consumer uses of it. So a field that goes breaks those whose pacts read it, and nobody else.

mod api;
mod interactions;
mod shape;
mod text;
mod usage;

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::source::Found;

/// One state: the pacts, and the OpenAPI documents by their names.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct State {
    /// The pacts.
    pub pacts: Vec<Found>,
    /// The documents. Whose they are does not matter: an interaction is held against the operation that its path fits.
    pub documents: BTreeMap<String, Value>,
}

/// What changed, worst first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The changes.
    pub changes: Vec<Change>,
}

/// One change and what it does.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Change {
    /// What it does to the consumer whom it hurts most.
    pub effect: Effect,
    /// Where: a pact or an operation.
    pub place: String,
    /// What changed there.
    pub what: String,
    /// Single values, each at its path, where there is more to say.
    pub details: Vec<String>,
    /// What it does to each consumer that has to do with it; nobody, if none has.
    pub consumers: BTreeMap<String, Concern>,
}

/// What a change does to a consumer, and why.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Concern {
    /// What it does.
    pub effect: Effect,
    /// Why.
    pub why: String,
}

/// What a change does. Worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// It takes away what a consumer uses.
    Breaks,
    /// It may matter: only a verification tells.
    Warns,
    /// It does not matter to anybody's pact.
    LeavesAlone,
}

impl Difference {
    /// What is different in `new`.
    pub fn between(old: &State, new: &State) -> Self {
        let mut changes = interactions::changes(&old.pacts, &new.pacts);
        let users = usage::Users::of(&old.pacts, &new.pacts);
        changes.extend(api::changes(&old.documents, &new.documents, &users));
        changes.sort();
        Self { changes }
    }

    /// Whether somebody loses what they use.
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
