//! `seam mutate`: says how strong pacts are, and what they leave unprotected. No provider is started.

mod args;

use std::{
    fs,
    io::{self, Write},
};

pub(crate) use args::MutateArgs;
use futures::future::join_all;
use verifier::{
    Filter,
    mutate::{Mutation, Strength, mutate},
    report,
};

use crate::{commands::verify::selections, exit};

/// Does what `seam mutate` is told, and returns the exit code, one of [`crate::exit`]. Prints results to stdout, all else to stderr.
pub(crate) async fn run(args: MutateArgs) -> u8 {
    match attempt(&args).await {
        Ok(mutations) => match tell(&args, &mutations) {
            Ok(()) => exit_code(&args, &mutations),
            Err(error) => exit::could_not_run("mutate", &error),
        },
        Err(error) => exit::could_not_run("mutate", &error),
    }
}

async fn attempt(args: &MutateArgs) -> Result<Vec<Mutation>, String> {
    let selections = selections(&args.pacts, args.service.as_deref(), &Filter::default())?;
    Ok(join_all(selections.iter().map(mutate)).await)
}

fn tell(args: &MutateArgs, mutations: &[Mutation]) -> Result<(), String> {
    if let Some(place) = &args.html {
        let written = fs::write(place, report::html(&[], mutations));
        written.map_err(|error| format!("the result can't be written to {}: {error}", place.display()))?;
    }
    let text = if args.json {
        format!("{:#}\n", report::strength_json(mutations))
    } else {
        report::strength_text(mutations)
    };
    // A reader that has gone away is no failure.
    let _ = io::stdout().lock().write_all(text.as_bytes());
    for pair in under(args, mutations) {
        let (consumer, provider, score) = (&pair.consumer, &pair.provider, pair.score());
        let wanted = args.min_score;
        eprintln!(
            "seam mutate: {consumer} and {provider} score {score}, wanted {wanted} %; tighten the matchers of {consumer}'s suite"
        );
    }
    Ok(())
}

fn under<'a>(args: &'a MutateArgs, mutations: &'a [Mutation]) -> impl Iterator<Item = &'a Strength> {
    let pairs = mutations.iter().flat_map(|mutation| &mutation.pairs);
    pairs.filter(|pair| pair.mutants > 0 && !pair.reaches(args.min_score))
}

/// What could not be judged makes every score worthless.
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
