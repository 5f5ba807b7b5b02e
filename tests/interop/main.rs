//! Compares our verdicts with those of other Pact tools. Verifies the platform's providers, as `seam provide`
//! keeps them up, with `seam verify`, pact_verifier_cli and pact-python: against the committed pacts, against
//! each of them with one expectation that is not met, and against pacts that pact-python wrote. Drives `seam proxy`
//! with two clients of Toxiproxy.
//!
//! Run by `just interop`, which installs the others; `pacts` or `toxiproxy` runs one half. Exit codes: 0 all
//! verdicts and checks are as they should be, 1 one is not, 2 could not run.

mod clients;
mod pacts;
mod tools;

use std::process::ExitCode;

use comfy_table::{Table, presets};
use pacts::Pact;
use tests::Provided;
use tools::{Tool, tools};

/// The verdict of each tool on a pact; an error where the tool could not run.
type Row = (Pact, Vec<Result<bool, String>>);

fn main() -> ExitCode {
    let half = std::env::args().nth(1).unwrap_or_default();
    let result = match half.as_str() {
        "" => run().and_then(|agreed| Ok(clients::drive()? && agreed)),
        "pacts" => run(),
        "toxiproxy" => clients::drive(),
        other => Err(format!(
            "there is no half {other:?}; wanted pacts, toxiproxy, or none for both"
        )),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(problem) => {
            eprintln!("interop: {problem}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<bool, String> {
    let tools = tools()?;
    let folder = tempfile::tempdir().map_err(|error| format!("no folder for pacts: {error}"))?;
    let mut rows: Vec<Row> = Vec::new();
    for pact in pacts::all(folder.path(), &tools.python)? {
        rows.push((pact, Vec::new()));
    }
    for tool in tools.all() {
        // Providers of its own for each tool: states that one tool left behind would affect the next.
        let provided = Provided::up(pacts::providers()?.len())?;
        for (pact, verdicts) in &mut rows {
            eprintln!("{}: {}", tool.name(), pact.name);
            verdicts.push(tool.verify(&provided, pact));
        }
    }
    Ok(print(&tools.all(), &rows))
}

/// Prints the verdicts; returns true if all are as they should be.
#[expect(clippy::print_stdout, reason = "it is the result")]
fn print(tools: &[&Tool], rows: &[Row]) -> bool {
    let word = |passed: bool| if passed { "pass" } else { "fail" };
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    let names = tools.iter().map(|tool| tool.name().to_owned());
    table.set_header(["pact".to_owned(), "wanted".to_owned()].into_iter().chain(names));
    for (pact, verdicts) in rows {
        let said = verdicts.iter().map(|verdict| match verdict {
            Ok(passed) => word(*passed).to_owned(),
            Err(problem) => problem.clone(),
        });
        let pair = [pact.name.clone(), word(pact.kept).to_owned()];
        table.add_row(pair.into_iter().chain(said));
    }
    let agreed = rows
        .iter()
        .filter(|(pact, verdicts)| verdicts.iter().all(|verdict| *verdict == Ok(pact.kept)))
        .count();
    println!(
        "{table}\nthe same verdict, and the one that is wanted, for {agreed} of {} pacts",
        rows.len()
    );
    !rows.is_empty() && agreed == rows.len()
}
