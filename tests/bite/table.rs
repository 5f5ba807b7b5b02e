use comfy_table::{Table, presets};
use tests::seeded_bugs::{Bug, Plant};

use super::Hunt;

/// The result over all bugs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Every bug was found from every seed.
    AllFound,
    /// At least one bug survived.
    Survived,
    /// At least one bug could not be hunted.
    Failed,
}

/// Prints the result of every bug.
#[expect(clippy::print_stdout, reason = "it is the result")]
pub(super) fn print(hunts: &[(Bug, Hunt)]) -> Verdict {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["", "bug", "layer", "suite", "found", "median cases"]);
    for (bug, hunt) in hunts {
        let [verdict, found, median] = told(hunt);
        let layer = format!("{:?}", bug.layer).to_lowercase();
        let finder = match bug.plant {
            Plant::Tested { test, .. } => format!("{}: {}", bug.suite, test.name),
            _ => bug.suite.to_owned(),
        };
        table.add_row([verdict, bug.name.to_owned(), layer, finder, found, median]);
    }
    let count = |verdict| hunts.iter().filter(|(_, hunt)| of(hunt) == verdict).count();
    let (killed, failed) = (count(Verdict::AllFound), count(Verdict::Failed));
    println!("{table}\n{killed} of {} bugs are found from every seed", hunts.len());
    match (failed, hunts.len() - killed) {
        (0, 0) => Verdict::AllFound,
        (0, _) => Verdict::Survived,
        _ => Verdict::Failed,
    }
}

/// The columns of the table that describe a hunt.
fn told(hunt: &Hunt) -> [String; 3] {
    let seeds = match hunt {
        Ok(seeds) => seeds,
        // The error was printed when it occurred, since it may have many lines.
        Err(_) => return ["ERROR", "see above", "-"].map(str::to_owned),
    };
    let mut cases: Vec<u64> = seeds.iter().flatten().copied().collect();
    cases.sort_unstable();
    let median = cases
        .get(cases.len() / 2)
        .map_or_else(|| "-".to_owned(), u64::to_string);
    let verdict = match of(hunt) {
        Verdict::AllFound => "killed",
        _ => "SURVIVED",
    };
    [verdict.to_owned(), format!("{}/{}", cases.len(), seeds.len()), median]
}

fn of(hunt: &Hunt) -> Verdict {
    match hunt {
        Ok(seeds) if seeds.iter().all(Option::is_some) => Verdict::AllFound,
        Ok(_) => Verdict::Survived,
        Err(_) => Verdict::Failed,
    }
}
