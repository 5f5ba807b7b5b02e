use std::collections::{BTreeMap, BTreeSet};

use ledger::document::ContentHash;
use serde::Serialize;

use super::{Mutant, Operator};
use crate::{Part, Problem};

/// How strong the pacts with one provider are.
#[derive(Clone, Debug, Serialize)]
pub struct Mutation {
    /// The provider.
    pub provider: String,
    /// Each pact with it.
    pub pairs: Vec<Strength>,
    /// Why there is nothing to say of some, if so.
    pub problems: Vec<Problem>,
}

/// How strong one pact is.
#[derive(Clone, Debug, Serialize)]
pub struct Strength {
    /// The consumer.
    pub consumer: String,
    /// The provider.
    pub provider: String,
    /// The file of the pact.
    pub file: String,
    /// What the pact promises, as a hash.
    pub content_hash: ContentHash,
    /// How many interactions were changed.
    pub interactions: usize,
    /// How many changes should be noticed.
    pub mutants: usize,
    /// How many of these are.
    pub killed: usize,
    /// How many changes the pact permits; they don't count.
    pub permitted: usize,
    /// The fields of which some change is not noticed, shortest path first: unprotected.
    pub survivors: Vec<Weakness>,
    /// The fields at which a permitted change is refused all the same: their rules contradict each other.
    pub contradictions: Vec<Weakness>,
}

/// A field, and what can be done to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Weakness {
    /// The part of the reply.
    pub part: Part,
    /// Where in it, `[*]` for every element of a list.
    pub field: String,
    /// What was done.
    pub operators: BTreeSet<Operator>,
    /// In the replies to what.
    pub interactions: BTreeSet<String>,
}

/// Weaknesses on their way to a list.
#[derive(Debug, Default)]
pub(super) struct Fields(BTreeMap<(Part, String), Weakness>);

impl Fields {
    pub(super) fn add(&mut self, description: &str, mutant: &Mutant) {
        let name = (mutant.part, mutant.field.clone());
        let weakness = self.0.entry(name).or_insert_with(|| Weakness {
            part: mutant.part,
            field: mutant.field.clone(),
            operators: BTreeSet::new(),
            interactions: BTreeSet::new(),
        });
        weakness.operators.insert(mutant.operator);
        weakness.interactions.insert(description.to_owned());
    }

    pub(super) fn shortest_first(self) -> Vec<Weakness> {
        let mut fields: Vec<Weakness> = self.0.into_values().collect();
        fields.sort_by_key(|weakness| (weakness.field.len(), weakness.field.clone()));
        fields
    }
}

impl Weakness {
    /// The field as reports name it.
    pub fn place(&self) -> String {
        place(self.part, &self.field)
    }
}

/// The part and the field in it, if it is a part with fields.
pub(super) fn place(part: Part, field: &str) -> String {
    match part {
        Part::ContentType | Part::Status => part.name().to_owned(),
        _ => format!("{} {field}", part.name()),
    }
}

impl Strength {
    /// Tenths of a percent of the changes that are noticed, rounded down: 1000 only if all are. Nothing if there are none.
    pub fn per_mille(&self) -> Option<usize> {
        (self.killed * 1000).checked_div(self.mutants)
    }

    /// The score as reports show it.
    pub fn score(&self) -> String {
        match self.per_mille() {
            Some(tenths) => format!("{}.{} %", tenths / 10, tenths % 10),
            None => "-".to_owned(),
        }
    }

    /// Whether at least so many percent of the changes are noticed.
    pub fn reaches(&self, percent: u8) -> bool {
        self.mutants > 0 && self.killed * 100 >= self.mutants * usize::from(percent)
    }
}

impl Mutation {
    /// Whether there was nothing to change.
    pub fn is_vacuous(&self) -> bool {
        self.pairs.iter().all(|pair| pair.mutants == 0)
    }

    /// Whether something there is could not be judged.
    pub fn is_broken(&self) -> bool {
        self.problems.iter().any(|problem| !problem.is_vacuous())
    }
}
