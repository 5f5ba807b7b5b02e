use std::time::Instant;

use futures::{Stream, StreamExt};
use ledger::{document::Interaction, source::FoundPact};

use crate::{
    ConsumerResult, InteractionResult, Interrupted, Outcome, Problem, Provider, ProviderError, Selection, Stage,
    Verification, interaction, open_states::OpenStates, request,
};

/// Verifies every selected interaction, one after the other: sets its states up, asks, compares, and tears down
/// everything that it began to set up, whatever happened in between.
///
/// `version` is the version of the provider, for the report. A provider is not asked anything if its pacts can't
/// be verified as they are.
pub async fn verify(selection: &Selection, provider: &dyn Provider, version: Option<&str>) -> Verification {
    verify_all(selection, provider, version, &OpenStates::default()).await
}

/// Verifies as [`verify`] does, until `interrupts` gives its first item. Then it stops asking and tears down the
/// states that are open; a second item ends that too.
///
/// The items stand for requests to stop, such as signals. A stream that ends stops nothing.
///
/// # Errors
/// When it was interrupted, with the fate of each state that was open.
pub async fn verify_interruptibly(
    selection: &Selection,
    provider: &dyn Provider,
    version: Option<&str>,
    interrupts: &mut (impl Stream<Item = ()> + Unpin),
) -> Result<Verification, Interrupted> {
    let open = OpenStates::default();
    tokio::select! {
        verification = verify_all(selection, provider, version, &open) => return Ok(verification),
        () = next(interrupts) => {}
    }
    let ended = tokio::select! {
        ended = open.tear_down(provider) => ended,
        () = next(interrupts) => return Err(Interrupted::Twice { left: open.names() }),
    };
    Err(Interrupted::Once { ended })
}

/// Waits for the next item, for ever if there is none.
async fn next(interrupts: &mut (impl Stream<Item = ()> + Unpin)) {
    if interrupts.next().await.is_none() {
        std::future::pending().await
    }
}

async fn verify_all(
    selection: &Selection,
    provider: &dyn Provider,
    version: Option<&str>,
    open: &OpenStates,
) -> Verification {
    let mut verification = selection.refused();
    verification.version = version.map(str::to_owned);
    if selection.has_problems() {
        return verification;
    }
    if let Err(reason) = request::reachable(provider.url()).await {
        let provider = selection.provider.clone();
        verification.problems.push(Problem::NotReady { provider, reason });
        return verification;
    }
    for (pact, interactions) in &selection.wanted {
        let expected = selection.expected(pact);
        let result = verify_pact(pact, interactions, expected, provider, open).await;
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
    pact: &FoundPact,
    interactions: &[Interaction],
    expected: usize,
    provider: &dyn Provider,
    open: &OpenStates,
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
        let outcome = verify_interaction(pact, interaction, provider, open).await;
        result.interactions.push(InteractionResult {
            description: interaction.description.clone(),
            states: interaction.states.iter().map(|state| state.name.clone()).collect(),
            kind: interaction.kind,
            outcome,
            took_ms: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
        });
    }
    result
}

async fn verify_interaction(
    pact: &FoundPact,
    interaction: &Interaction,
    provider: &dyn Provider,
    open: &OpenStates,
) -> Outcome {
    let mut outcome = Outcome::Passed;
    for state in &interaction.states {
        if let Err(error) = open.set_up(provider, state).await {
            outcome = failed(Stage::SetUp, &state.name, error);
            break;
        }
    }
    if outcome == Outcome::Passed {
        outcome = interaction::ask(pact, interaction, provider, &open.values()).await;
    }
    for (name, ended) in open.tear_down(provider).await {
        if let (Err(error), Outcome::Passed) = (ended, &outcome) {
            outcome = failed(Stage::TearDown, &name, error);
        }
    }
    outcome
}

fn failed(stage: Stage, state: &str, error: ProviderError) -> Outcome {
    let (stage, reason) = match error {
        ProviderError::NoAnswer(reason) => (Stage::Reach, format!("{} '{state}': {reason}", stage.name())),
        ProviderError::Failed(reason) => (stage, format!("'{state}': {reason}")),
    };
    Outcome::Failed { stage, reason }
}
