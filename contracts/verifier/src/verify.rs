use std::time::Instant;

use ledger::{
    document::{Interaction, State},
    source::Found,
};

use crate::{Checked, ConsumerResult, Outcome, Problem, Provider, Selection, Stage, Values, Verification, interaction};

/// Verifies all that is selected, one interaction after the other: sets its states up, asks, compares, and tears down
/// everything that it began to set up, whatever happened in between.
///
/// `version` is the provider's, for the record. Nothing is asked of a provider whose pacts can't be verified as they are.
pub async fn verify(selection: &Selection, provider: &dyn Provider, version: Option<&str>) -> Verification {
    let mut verification = selection.refused();
    verification.version = version.map(str::to_owned);
    if selection.has_problems() {
        return verification;
    }
    if let Err(reason) = interaction::reachable(provider.url()).await {
        let provider = selection.provider.clone();
        verification.problems.push(Problem::NotReady { provider, reason });
        return verification;
    }
    for (pact, interactions) in &selection.wanted {
        let expected = selection.expected(pact);
        let result = verify_pact(pact, interactions, expected, provider).await;
        if result.interactions.len() != expected {
            verification.problems.push(Problem::Miscounted {
                file: pact.file.clone(),
                expected,
                verified: result.interactions.len(),
            });
        }
        verification.consumers.push(result);
    }
    verification
}

async fn verify_pact(
    pact: &Found,
    interactions: &[Interaction],
    expected: usize,
    provider: &dyn Provider,
) -> ConsumerResult {
    let mut result = ConsumerResult {
        consumer: pact.document.consumer().to_owned(),
        file: pact.file.clone(),
        content_hash: pact.document.content_hash(),
        expected,
        interactions: Vec::new(),
    };
    for interaction in interactions {
        let begun = Instant::now();
        let outcome = verify_interaction(pact, interaction, provider).await;
        result.interactions.push(Checked {
            description: interaction.description.clone(),
            states: interaction.states.iter().map(|state| state.name.clone()).collect(),
            kind: interaction.kind,
            outcome,
            took_ms: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
        });
    }
    result
}

async fn verify_interaction(pact: &Found, interaction: &Interaction, provider: &dyn Provider) -> Outcome {
    let mut begun: Vec<&State> = Vec::new();
    let mut values = Values::new();
    let mut outcome = Outcome::Passed;
    for state in &interaction.states {
        begun.push(state);
        values.extend(state.params.clone());
        match provider.set_up(state).await {
            Ok(given) => values.extend(given),
            Err(reason) => {
                outcome = failed(Stage::SetUp, state, &reason);
                break;
            }
        }
    }
    if outcome == Outcome::Passed {
        outcome = interaction::ask(pact, interaction, provider, &values).await;
    }
    // In the other order, and also what was only half set up.
    for state in begun.into_iter().rev() {
        if let (Err(reason), Outcome::Passed) = (provider.tear_down(state, &values).await, &outcome) {
            outcome = failed(Stage::TearDown, state, &reason);
        }
    }
    outcome
}

fn failed(stage: Stage, state: &State, reason: &str) -> Outcome {
    Outcome::Failed {
        stage,
        reason: format!("'{}': {reason}", state.name),
    }
}
