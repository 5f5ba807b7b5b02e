//! Measures whether the suites bite: plants every bug of the catalogue, one at a time, and prints after how
//! many cases it was found.
//!
//! `just bite` plants all of them, `just bite "double"` those with that word in their name, and `just bite
//! payments` those that one suite has to find. The tests of a crate are a suite too: `just bite "tests of payments"`.
//! Exit codes: 0 all found, 1 one survived, 2 `bite` or one of the bugs could not run.

mod hunt;
mod scratch;
mod table;

use std::process::ExitCode;

use tests::seeded_bugs::{Bug, catalogue};

use hunt::Hunt;
use scratch::Scratch;
use table::Verdict;

/// Variables that suites read and that `bite` sets itself.
const OWN: [&str; 5] = ["SEAM_CASES", "SEAM_SEED", "SEAM_CASE", "SEAM_REPLAY", "SEAM_SUBJECTS"];

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
        Ok(Verdict::AllFound) => ExitCode::SUCCESS,
        Ok(Verdict::Survived) => ExitCode::from(1),
        Ok(Verdict::Failed) => ExitCode::from(2),
        Err(problem) => {
            eprintln!("bite: {problem}");
            ExitCode::from(2)
        }
    }
}

/// Runs one suite on the modules of this build, by function call, and prints the result as JSON.
#[expect(clippy::print_stdout, reason = "it is the result")]
fn probe(suite: &str) -> Result<Verdict, String> {
    println!("{}", serde_json::json!(hunt::here(suite)?));
    Ok(Verdict::AllFound)
}

fn run(word: &str) -> Result<Verdict, String> {
    if let Some(name) = OWN.into_iter().find(|name| std::env::var_os(name).is_some()) {
        return Err(format!(
            "{name} is set, and every bug is hunted from the same seeds and for as many cases: unset it"
        ));
    }
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
        let hunt = hunt::hunt(&bug, &mut scratch);
        if let Err(reason) = &hunt {
            eprintln!("bite: {}: {reason}", bug.name);
        }
        hunts.push((bug, hunt));
    }
    Ok(table::print(&hunts))
}
