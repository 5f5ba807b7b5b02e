//! Do the suites bite? Plants every bug of the catalogue, one at a time, and says after how many cases it was found.
//!
//! `just bite` runs all; `just bite "double"` those with a word in their name, `just bite payments` those that one suite has to find. Exit codes: 0 all found, 1 one survived, 2 it could not run.

mod scratch;
mod table;

use std::process::ExitCode;

use seam::equivalence::{Model, Suite};
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
            "{arguments:?} is not known; give nothing, a word in the name of a bug, or a suite"
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
    match suite {
        "orders" => hunt(suites::orders(&ground, &direct).calls(30), 80, seed),
        "inventory" => hunt(suites::inventory(&ground, &direct), 64, seed),
        "payments" => hunt(suites::payments(&ground, &direct), 64, seed),
        "notifications" => hunt(suites::notifications(&ground, &direct), 64, seed),
        "refunds at once" => match suites::refunds_at_once(&ground, Reach::Direct, seed, 40) {
            Ok(()) => Ok(None),
            Err(failure) => Ok(Some(failure.case + 1)),
        },
        unknown => Err(format!(
            "there is no suite {unknown:?}; there are orders, inventory, payments, notifications and \"refunds at once\""
        )),
    }
}

fn hunt<M: Model>(suite: Suite<M>, cases: u64, seed: u64) -> Result<Option<u64>, String> {
    match suite.at_most(cases).seed(seed).without_shrinking().run() {
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
    let is_meant = |bug: &Bug| bug.suite == word || bug.name.contains(word);
    let bugs: Vec<Bug> = catalogue().into_iter().filter(is_meant).collect();
    if bugs.is_empty() {
        return Err(format!(
            "no bug has {word:?} in its name, and no suite is called that; there are {} bugs",
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
