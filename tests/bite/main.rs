//! Do the suites bite? Plants every bug of the catalogue, one at a time, and says after how many cases it was found.
//!
//! `just bite` runs all; `just bite "double"` those with a word in their name. Exit codes: 0 all found, 1 one survived, 2 it could not run.

mod scratch;
mod table;

use std::process::ExitCode;

use tests::{
    bite::{Bug, Plant, catalogue},
    equivalence::{Ground, Reach, suites},
};

use scratch::Scratch;

/// Each bug is hunted this often, from another seed each time.
const SEEDS: std::ops::Range<u64> = 0..10;

/// What came of hunting a bug from each seed: how many cases passed before it was found.
type Hunt = Vec<Option<u64>>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match &arguments[..] {
        [probe, suite] if probe == "--probe" => self::probe(suite),
        [] => run(""),
        [word] if !word.starts_with('-') => run(word),
        _ => Err(format!(
            "{arguments:?} is not known; give nothing, or a word in the name of a bug"
        )),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(problem) => {
            eprintln!("bite: {problem}");
            ExitCode::from(2)
        }
    }
}

/// Runs one suite on the modules as they are here, by function call, and prints what it found as JSON.
#[expect(clippy::print_stdout, reason = "it is the result")]
fn probe(suite: &str) -> Result<bool, String> {
    let hunts: Result<Hunt, String> = SEEDS.map(|seed| hunt_here(suite, seed)).collect();
    println!("{}", serde_json::json!(hunts?));
    Ok(true)
}

fn hunt_here(suite: &str, seed: u64) -> Result<Option<u64>, String> {
    let (ground, direct) = (Ground::Sqlite, [Reach::Direct]);
    let outcome = match suite {
        "orders" => suites::orders(&ground, &direct)
            .calls(30)
            .at_most(80)
            .seed(seed)
            .without_shrinking()
            .run(),
        "inventory" => suites::inventory(&ground, &direct)
            .at_most(64)
            .seed(seed)
            .without_shrinking()
            .run(),
        unknown => return Err(format!("there is no suite {unknown:?}; there are orders and inventory")),
    };
    match outcome {
        Ok(_) => Ok(None),
        Err(failure) => found(&failure).map(Some),
    }
}

/// After how many cases the bug was found. A suite that could not run has found nothing.
fn found(failure: &seam::equivalence::Failure) -> Result<u64, String> {
    let counterexample = failure.counterexample().ok_or_else(|| failure.to_string())?;
    Ok(counterexample.cases_before() + 1)
}

fn run(word: &str) -> Result<bool, String> {
    let bugs: Vec<Bug> = catalogue().into_iter().filter(|bug| bug.name.contains(word)).collect();
    if bugs.is_empty() {
        return Err(format!(
            "no bug has {word:?} in its name; there are {}",
            catalogue().len()
        ));
    }
    let mut scratch = None;
    let mut hunts = Vec::new();
    for bug in bugs {
        eprintln!("{} ...", bug.name);
        let hunt = match bug.plant {
            Plant::Wrapped(hunt) => SEEDS
                .map(|seed| hunt(seed).map(|failure| found(&failure)).transpose())
                .collect(),
            Plant::Patched(edits) => {
                let scratch = match &mut scratch {
                    Some(scratch) => scratch,
                    none => none.insert(Scratch::make()?),
                };
                scratch.hunt(bug.suite, edits)
            }
        };
        hunts.push((bug, hunt?));
    }
    Ok(table::print(&hunts))
}
