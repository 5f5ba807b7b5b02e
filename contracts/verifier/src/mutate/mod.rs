//! Strength of pacts: every example reply is changed in one place at a time, and the change should be noticed.
//!
//! A changed reply is a [`Mutant`]. It is killed if the matcher finds a mismatch, and survives otherwise: then a
//! provider may make that change while every verification stays green. Everything in an example is assumed to be
//! read by the consumer. The unchanged example has to pass; a pact whose example does not is reported as a
//! [`Problem`], without a score.
//!
//! # Score
//!
//! The score is the part of the mutants that are killed, of all that should be. These are: a field, a header,
//! metadata or the body left out; a field renamed; `null`, text, a number or an object in the place of another
//! type; a half added to a whole number; a value that the rule refuses or, without a rule, another value; an
//! empty list where the example has elements; success in the place of failure and the reverse; another status
//! that the pact does not allow; another media type.
//!
//! Permitted mutants are counted apart. They are changes that the pact itself allows, so that surviving is right:
//! another value that the rule of the value accepts by itself (`in range`), decimals where the rule is `number`
//! or `decimal`, and more elements where the rule of a list is `type` without a maximum. If such a mutant is
//! killed all the same, rules contradict each other.
//!
//! Bodies are changed inside if they are JSON, text, a form, or XML without namespaces, entities, CDATA and DTD. All
//! others are only left out. They are listed, and a pact that has one never scores 100 %, since nothing says
//! what it protects of that body.
//!
//! Additional fields, headers and metadata are never tried, because Pact says that replies may have more than was
//! promised.

mod body;
mod format;
mod operator;
mod parts;
mod reply;
mod strength;
mod subject;
mod values;
mod xml;

pub use operator::Operator;
pub use reply::{HttpReply, Mutant, Reply};
pub use strength::{Mutation, Strength, Unmutated, Weakness};
pub use subject::Subject;

use ledger::{document::Interaction, source::FoundPact};
use strength::Fields;

use crate::{Problem, Selection};

/// Mutates every reply of the selection's pacts in every way, and reports the changes that go unnoticed.
///
/// Asks no provider. Needs a Tokio runtime, and uses its threads. Reports only problems for pacts that could not
/// be verified as they are.
pub async fn mutate(selection: &Selection) -> Mutation {
    let mut mutation = Mutation {
        provider: selection.provider().to_owned(),
        pairs: Vec::new(),
        problems: selection.problems.clone(),
    };
    if selection.has_problems() {
        return mutation;
    }
    let judge = |(pact, interactions): &(FoundPact, Vec<Interaction>)| {
        let (file, pact, interactions) = (pact.file.clone(), pact.clone(), interactions.clone());
        // Matching is work for the processor, so each pact gets a task and may have a thread of its own.
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

async fn strength(pact: &FoundPact, interactions: &[Interaction]) -> Result<Strength, Problem> {
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
        unmutated: Vec::new(),
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
        if let Some(content_type) = subject.unmutated() {
            let interaction = description.clone();
            strength.unmutated.push(Unmutated {
                interaction,
                content_type,
            });
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
