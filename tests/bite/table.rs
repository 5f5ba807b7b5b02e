use comfy_table::{Table, presets};
use tests::bite::Bug;

use super::Hunt;

/// Prints what came of every bug; whether all were found from every seed.
#[expect(clippy::print_stdout, reason = "it is the result")]
pub(super) fn print(hunts: &[(Bug, Hunt)]) -> bool {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["", "bug", "place", "suite", "found", "median cases"]);
    for (bug, hunt) in hunts {
        let found = hunt.iter().flatten().count();
        let verdict = if found == hunt.len() { "killed" } else { "SURVIVED" };
        table.add_row([
            verdict.to_owned(),
            bug.name.to_owned(),
            format!("{:?}", bug.place).to_lowercase(),
            bug.suite.to_owned(),
            format!("{found}/{}", hunt.len()),
            median(hunt).map_or_else(|| "-".to_owned(), |cases| cases.to_string()),
        ]);
    }
    let killed = hunts
        .iter()
        .filter(|(_, hunt)| hunt.iter().all(Option::is_some))
        .count();
    println!("{table}\n{killed} of {} bugs are found from every seed", hunts.len());
    killed == hunts.len()
}

fn median(hunt: &Hunt) -> Option<u64> {
    let mut cases: Vec<u64> = hunt.iter().flatten().copied().collect();
    cases.sort_unstable();
    cases.get(cases.len() / 2).copied()
}
