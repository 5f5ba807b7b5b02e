//! `seam mutate`: says how strong pacts are, and what they leave unprotected. No provider is started.

mod args;

pub(crate) use args::MutateArgs;
use futures::future::join_all;
use verifier::{
    Filter,
    mutate::{Mutation, Strength, mutate},
    report,
};

use super::output;
use crate::exit;

/// Runs `seam mutate` and returns the exit code, one of [`crate::exit`].
pub(crate) async fn run(args: MutateArgs) -> u8 {
    match attempt(&args).await {
        Ok(code) => code,
        Err(error) => output::could_not_run("mutate", &error),
    }
}

async fn attempt(args: &MutateArgs) -> Result<u8, String> {
    let selections = args.pacts.selections(&Filter::default())?;
    let mutations = join_all(selections.iter().map(mutate)).await;
    if let Some(file) = &args.html {
        output::write(file, &report::html(&[], &mutations))?;
    }
    output::print(&if args.json {
        format!("{:#}\n", report::strength_json(&mutations))
    } else {
        report::strength_text(&mutations)
    })?;
    for pair in under(args, &mutations) {
        let (consumer, provider, score) = (&pair.consumer, &pair.provider, pair.score());
        let wanted = args.min_score;
        let advice = if pair.unmutated.is_empty() || pair.survivors.len() > pair.unmutated.len() {
            format!("tighten the matchers of {consumer}'s suite")
        } else {
            let left = pair.unmutated.len();
            format!("in {left} of its bodies no change was tried, so that it can't reach 100 %")
        };
        output::complain(
            "mutate",
            &format!("{consumer} and {provider} score {score}, wanted {wanted} %; {advice}"),
        );
    }
    Ok(exit_code(args, &mutations))
}

/// The pairs that do not reach the score that is wanted.
fn under<'a>(args: &'a MutateArgs, mutations: &'a [Mutation]) -> impl Iterator<Item = &'a Strength> {
    let pairs = mutations.iter().flat_map(|mutation| &mutation.pairs);
    pairs.filter(|pair| pair.mutants > 0 && !pair.reaches(args.min_score))
}

/// The worst of all mutations: one that could not be judged makes every score worthless.
fn exit_code(args: &MutateArgs, mutations: &[Mutation]) -> u8 {
    if mutations.iter().any(Mutation::is_broken) {
        exit::COULD_NOT_RUN
    } else if under(args, mutations).next().is_some() {
        exit::FAIL
    } else if mutations.iter().any(Mutation::is_vacuous) {
        exit::INCONCLUSIVE
    } else {
        exit::PASS
    }
}
