//! `seam doctor`: checks what this machine has and lacks.

mod checks;
mod finding;
mod machine;
mod version;

use clap::Args;

use super::output::{self, width};
use crate::exit;
use finding::{Finding, FindingVerdict};

/// Arguments of `seam doctor`.
#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// Print one JSON object instead of a table
    #[arg(long)]
    json: bool,
}

/// Runs `seam doctor` and returns the exit code, one of [`crate::exit`].
pub(crate) async fn run(args: DoctorArgs) -> u8 {
    let findings = checks::all().await;
    let lacks = findings.iter().any(|finding| finding.verdict == FindingVerdict::Lacks);
    let text = if args.json {
        serde_json::json!({ "fit": !lacks, "findings": findings }).to_string()
    } else {
        report(&findings, lacks)
    };
    let code = if lacks { exit::FAIL } else { exit::PASS };
    output::printed("doctor", output::print_line(&text), code)
}

fn report(findings: &[Finding], lacks: bool) -> String {
    let mut table = output::table(width());
    table.set_header(["what", "verdict", "found"]);
    for finding in findings {
        table.add_row([finding.what, finding.verdict.word(), &finding.found]);
    }
    let mut text = table.trim_fmt();
    for finding in findings {
        if let Some(mend) = &finding.mend {
            text.push_str(&format!("\n\n{}: {mend}", finding.what));
        }
    }
    text.push_str(if lacks {
        "\n\nsomething that is needed is missing"
    } else {
        "\n\neverything that is needed is there"
    });
    text
}
