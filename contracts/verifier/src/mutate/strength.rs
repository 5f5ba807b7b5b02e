use std::collections::{BTreeMap, BTreeSet};

use ledger::document::ContentHash;
use serde::Serialize;

use super::{Mutant, Operator};
use crate::{Part, Problem};

/// Strength of the pacts with one provider.
#[derive(Clone, Debug, Serialize)]
pub struct Mutation {
    /// Name of the provider.
    pub provider: String,
    /// Strength of each pact with the provider.
    pub pairs: Vec<Strength>,
    /// Reasons why some pacts have no score.
    pub problems: Vec<Problem>,
}

/// Strength of one pact.
#[derive(Clone, Debug, Serialize)]
pub struct Strength {
    /// Name of the consumer.
    pub consumer: String,
    /// Name of the provider.
    pub provider: String,
    /// File of the pact.
    pub file: String,
    /// Hash over the content of the pact.
    pub content_hash: ContentHash,
    /// Number of interactions that were mutated.
    pub interactions: usize,
    /// Number of mutants that should be killed.
    pub mutants: usize,
    /// Number of these mutants that were killed.
    pub killed: usize,
    /// Number of mutants that the pact permits, which do not count.
    pub permitted: usize,
    /// Unprotected fields, of which some change is not noticed, shortest path first.
    pub survivors: Vec<Weakness>,
    /// Fields of which a permitted change is refused all the same, since their rules contradict each other.
    pub contradictions: Vec<Weakness>,
    /// Bodies that were not changed inside. A pact that has one does not score 100 %.
    pub unmutated: Vec<Unmutated>,
}

/// Body in a format of which nothing is changed, so that no change inside it was tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unmutated {
    /// Description of the interaction.
    pub interaction: String,
    /// Media type of the body.
    pub content_type: String,
}

/// Field, with the changes of it that were judged wrongly.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Weakness {
    /// Part of the reply that has the field.
    pub part: Part,
    /// Path of the field, with `[*]` for every element of a list.
    pub field: String,
    /// Operators that made the changes.
    pub operators: BTreeSet<Operator>,
    /// Descriptions of the interactions that have the field.
    pub interactions: BTreeSet<String>,
}

/// Collector of weaknesses, one for each field.
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
    /// Name of the field in reports.
    pub fn place(&self) -> String {
        place(self.part, &self.field)
    }
}

/// Name of a field in reports: the part, and the field in it if the part has fields.
pub(super) fn place(part: Part, field: &str) -> String {
    match part {
        Part::ContentType | Part::Status => part.name().to_owned(),
        _ => format!("{} {field}", part.name()),
    }
}

impl Strength {
    /// Score in tenths of a percent, rounded down, so that it is 1000 only if every mutant was killed and no body was
    /// left as it is. `None` if there are no mutants.
    pub fn per_mille(&self) -> Option<usize> {
        let most = if self.unmutated.is_empty() { 1000 } else { 999 };
        let tenths = (self.killed * 1000).checked_div(self.mutants);
        tenths.map(|tenths| tenths.min(most))
    }

    /// Score in reports, such as `99.9 %`.
    pub fn score(&self) -> String {
        match self.per_mille() {
            Some(tenths) => format!("{}.{} %", tenths / 10, tenths % 10),
            None => "-".to_owned(),
        }
    }

    /// Says whether at least `percent` of the mutants were killed. Never true without mutants, nor for 100 % if a body
    /// was left as it is.
    pub fn reaches(&self, percent: u8) -> bool {
        let is_whole = self.unmutated.is_empty() || percent < 100;
        is_whole && self.mutants > 0 && self.killed * 100 >= self.mutants * usize::from(percent)
    }
}

impl Mutation {
    /// Says whether there was nothing to mutate.
    pub fn is_vacuous(&self) -> bool {
        self.pairs.iter().all(|pair| pair.mutants == 0)
    }

    /// Says whether a pact that exists could not be judged.
    pub fn is_broken(&self) -> bool {
        self.problems.iter().any(|problem| !problem.is_vacuous())
    }
}
