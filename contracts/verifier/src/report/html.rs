use std::fmt::Write;

use ledger::markup::escaped;

use super::{count, strength};
use crate::{Checked, ConsumerResult, Outcome, Verification, mutate::Mutation};

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:68rem;padding:0 1rem;color:#1c1e21;background:#fff}\
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}table{border-collapse:collapse;width:100%}\
th,td{text-align:left;vertical-align:top;padding:.35rem .6rem;border-bottom:1px solid #dde1e6}\
code{font:13px/1.45 ui-monospace,monospace;white-space:pre-wrap;overflow-wrap:anywhere}\
.ok{color:#12703a}.bad{color:#b3261e;font-weight:600}.muted{color:#5c6670}\
details{margin:.2rem 0}summary{cursor:pointer}\
@media(prefers-color-scheme:dark){body{color:#e6e8eb;background:#15181c}th,td{border-color:#333a42}.ok{color:#5bd08b}.bad{color:#ff8a80}.muted{color:#9aa4af}}";

/// A page of its own, without anything from elsewhere: what broke, then what was verified, then how strong the pacts are; what there is
/// none of is left out.
pub fn html(verifications: &[Verification], mutations: &[Mutation]) -> String {
    let mut page = String::from("<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n");
    page.push_str("<meta name=\"viewport\" content=\"width=device-width\">\n<title>Pacts</title>\n");
    // Writing to a string can't fail.
    let _ = body(&mut page, verifications).and_then(|()| strength::section(&mut page, mutations));
    page.push_str("</html>\n");
    page
}

fn body(page: &mut String, verifications: &[Verification]) -> std::fmt::Result {
    writeln!(page, "<style>{STYLE}</style>\n<h1>Pacts</h1>")?;
    for verification in verifications {
        let passed = verification.problems.is_empty() && verification.failures().next().is_none();
        let class = if passed { "ok" } else { "bad" };
        let version = verification.version.as_deref().unwrap_or("");
        writeln!(
            page,
            "<h2>{} <span class=\"muted\">{}</span> <span class=\"{class}\">{}</span></h2>",
            escaped(&verification.provider),
            escaped(version),
            verification.verdict().name()
        )?;
        for problem in &verification.problems {
            writeln!(page, "<p class=\"bad\">{}</p>", escaped(&problem.to_string()))?;
        }
        failures(page, verification)?;
        for result in &verification.consumers {
            verified(page, result)?;
        }
    }
    Ok(())
}

fn failures(page: &mut String, verification: &Verification) -> std::fmt::Result {
    if verification.failures().next().is_none() {
        return Ok(());
    }
    writeln!(page, "<table><tr><th>breaks<th>in<th>where<th>expected<th>got</tr>")?;
    for (result, checked) in verification.failures() {
        rows(page, &result.consumer, checked)?;
    }
    writeln!(page, "</table>")
}

fn rows(page: &mut String, consumer: &str, checked: &Checked) -> std::fmt::Result {
    let named = format!("<tr><td>{}<td>{}", escaped(consumer), escaped(&checked.description));
    match &checked.outcome {
        Outcome::Passed => Ok(()),
        Outcome::Failed { stage, reason } => {
            writeln!(
                page,
                "{named}<td>{}<td colspan=\"2\"><code>{}</code></tr>",
                stage.name(),
                escaped(reason)
            )
        }
        Outcome::Differs { differences } => differences.iter().try_for_each(|difference| {
            let place = format!("{} {}", difference.part.name(), difference.path);
            let (place, why) = (escaped(&place), escaped(&difference.why));
            let (expected, got) = (escaped(&difference.expected), escaped(&difference.got));
            writeln!(
                page,
                "{named}<td title=\"{why}\">{place}<td><code>{expected}</code><td><code>{got}</code></tr>"
            )
        }),
    }
}

fn verified(page: &mut String, result: &ConsumerResult) -> std::fmt::Result {
    let class = if result.passed() { "ok" } else { "bad" };
    writeln!(
        page,
        "<details><summary>{} <span class=\"{class}\">{}</span> <code class=\"muted\">{}</code></summary><table>",
        escaped(&result.consumer),
        count(result),
        result.content_hash.short()
    )?;
    for checked in &result.interactions {
        let (class, mark) = if checked.outcome == Outcome::Passed {
            ("ok", "passed")
        } else {
            ("bad", "broken")
        };
        writeln!(
            page,
            "<tr><td class=\"{class}\">{mark}<td>{}<td class=\"muted\">{}<td class=\"muted\">{} ms</tr>",
            escaped(&checked.description),
            escaped(&checked.states.join(", ")),
            checked.took_ms
        )?;
    }
    writeln!(page, "</table></details>")
}
