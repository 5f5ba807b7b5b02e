//! How strong pacts are: every reply that a pact has as its example is changed in one place, and the change should be noticed.
//!
//! A change is a [`Mutant`]; it is killed if the matcher finds a mismatch, and survives otherwise: then a provider may do it and every
//! verification stays green. What stands in an example is taken as what the consumer reads. The unchanged example has to pass; if it does
//! not, that is a [`Problem`] of its own and nothing is said of the pact.
//!
//! # What counts
//!
//! The score is killed mutants of all that have to be killed. These are: a field, a header, metadata or the body left out; a field renamed;
//! `null`, text, a number or an object in the place of another type; a half where a whole number stands; a value that the rule refuses, or,
//! without a rule, another value; an empty list where the example has elements; success in the place of failure and the reverse;
//! another status that the pact does not allow; another media type.
//!
//! Permitted, and counted apart, is what the pact itself says a provider may do, so that surviving is right: another value that the
//! value's rule takes when it is asked alone (`in range`), decimals where the rule is `number` or `decimal`, and more elements where the
//! rule of a list is `type` without a maximum. One that is killed nevertheless shows rules that contradict each other.
//!
//! Not changed at all, because Pact says that replies may have more than what was promised: additional fields, headers and metadata.

mod body;
mod operator;
mod parts;
mod reply;
mod strength;
mod subject;
mod values;

pub use operator::Operator;
pub use reply::{HttpReply, Mutant, Reply};
pub use strength::{Mutation, Strength, Weakness};
pub use subject::Subject;

use ledger::{document::Interaction, source::Found};
use strength::Fields;

use crate::{Problem, Selection};

/// Changes every reply of the selection's pacts in every way, and says which changes go unnoticed.
///
/// No provider is asked. Needs a Tokio runtime, and uses its threads. Nothing is said of pacts that could not be verified as they are.
pub async fn mutate(selection: &Selection) -> Mutation {
    let mut mutation = Mutation {
        provider: selection.provider().to_owned(),
        pairs: Vec::new(),
        problems: selection.problems.clone(),
    };
    if selection.has_problems() {
        return mutation;
    }
    let judge = |(pact, interactions): &(Found, Vec<Interaction>)| {
        let (file, pact, interactions) = (pact.file.clone(), pact.clone(), interactions.clone());
        // A task for each pact: matching is work for a processor, and there may be several.
        (file, tokio::spawn(async move { strength(&pact, &interactions).await }))
    };
    let judging: Vec<_> = selection.wanted.iter().map(judge).collect();
    for (file, judged) in judging {
        let stopped = |error: tokio::task::JoinError| Problem::Unusable {
            file,
            description: "its interactions".to_owned(),
            reason: format!("the matcher stopped: {error}"),
        };
        match judged.await.map_err(stopped).flatten() {
            Ok(strength) => mutation.pairs.push(strength),
            Err(problem) => mutation.problems.push(problem),
        }
    }
    mutation
}

async fn strength(pact: &Found, interactions: &[Interaction]) -> Result<Strength, Problem> {
    let (mut survivors, mut contradictions) = (Fields::default(), Fields::default());
    let mut strength = Strength {
        consumer: pact.document.consumer().to_owned(),
        provider: pact.document.provider().to_owned(),
        file: pact.file.clone(),
        content_hash: pact.document.content_hash(),
        interactions: interactions.len(),
        mutants: 0,
        killed: 0,
        permitted: 0,
        survivors: Vec::new(),
        contradictions: Vec::new(),
    };
    for interaction in interactions {
        let description = &interaction.description;
        let unusable = |reason| Problem::Unusable {
            file: pact.file.clone(),
            description: description.clone(),
            reason,
        };
        let subject = Subject::load(pact, interaction).map_err(unusable)?;
        let own = subject.judge(subject.example()).await.map_err(unusable)?;
        if let Some(difference) = own.first() {
            let place = format!("{} {}", difference.part.name(), difference.path);
            return Err(unusable(format!(
                "its own example does not pass: {place}: {}",
                difference.why
            )));
        }
        for mutant in subject.mutants() {
            let is_killed = !subject.judge(&mutant.reply).await.map_err(unusable)?.is_empty();
            match (mutant.is_permitted, is_killed) {
                (false, true) => strength.killed += 1,
                (false, false) => survivors.add(description, &mutant),
                (true, true) => contradictions.add(description, &mutant),
                (true, false) => {}
            }
            let counted = if mutant.is_permitted {
                &mut strength.permitted
            } else {
                &mut strength.mutants
            };
            *counted += 1;
        }
    }
    strength.survivors = survivors.shortest_first();
    strength.contradictions = contradictions.shortest_first();
    Ok(strength)
}
