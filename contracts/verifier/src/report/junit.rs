use std::fmt::Write;

use ledger::markup::escaped;

use crate::{Checked, Outcome, Verification};

/// JUnit XML: a suite for each consumer of each provider, a case for each interaction; a problem is a case that fails, so that no
/// reader of the file sees green where the verdict is not.
pub fn junit(verifications: &[Verification]) -> String {
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
    for verification in verifications {
        // Writing to a string can't fail.
        let _ = suites(&mut xml, verification);
    }
    xml.push_str("</testsuites>\n");
    xml
}

fn suites(xml: &mut String, verification: &Verification) -> std::fmt::Result {
    let provider = escaped(&verification.provider);
    if !verification.problems.is_empty() {
        let count = verification.problems.len();
        writeln!(
            xml,
            "  <testsuite name=\"{provider}\" tests=\"{count}\" failures=\"{count}\">"
        )?;
        for problem in &verification.problems {
            let (kind, text) = (problem.kind(), escaped(&problem.to_string()));
            writeln!(xml, "    <testcase classname=\"{provider}\" name=\"{kind}\">")?;
            writeln!(
                xml,
                "      <failure type=\"{kind}\" message=\"{text}\"/>\n    </testcase>"
            )?;
        }
        writeln!(xml, "  </testsuite>")?;
    }
    for result in &verification.consumers {
        let consumer = escaped(&result.consumer);
        let failures = result
            .interactions
            .iter()
            .filter(|checked| checked.outcome != Outcome::Passed)
            .count();
        let tests = result.interactions.len();
        writeln!(
            xml,
            "  <testsuite name=\"{consumer} - {provider}\" tests=\"{tests}\" failures=\"{failures}\">"
        )?;
        for checked in &result.interactions {
            case(xml, &format!("{provider}.{consumer}"), checked)?;
        }
        writeln!(xml, "  </testsuite>")?;
    }
    Ok(())
}

fn case(xml: &mut String, class: &str, checked: &Checked) -> std::fmt::Result {
    let name = escaped(&checked.description);
    let whole = checked.took_ms / 1000;
    let rest = checked.took_ms % 1000;
    write!(
        xml,
        "    <testcase classname=\"{class}\" name=\"{name}\" time=\"{whole}.{rest:03}\""
    )?;
    match &checked.outcome {
        Outcome::Passed => writeln!(xml, "/>"),
        Outcome::Failed { stage, reason } => {
            let (stage, reason) = (stage.name(), escaped(reason));
            writeln!(
                xml,
                ">\n      <failure type=\"{stage}\" message=\"{reason}\"/>\n    </testcase>"
            )
        }
        Outcome::Differs { differences } => {
            writeln!(xml, ">")?;
            for difference in differences {
                let place = escaped(&format!("{} {}", difference.part.name(), difference.path));
                let told = escaped(&format!("expected {}, got {}", difference.expected, difference.got));
                let why = escaped(&difference.why);
                writeln!(
                    xml,
                    "      <failure type=\"{place}\" message=\"{told}\">{why}</failure>"
                )?;
            }
            writeln!(xml, "    </testcase>")
        }
    }
}
