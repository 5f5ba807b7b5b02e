use std::fmt::Write;

use crate::{ConsumerResult, InteractionResult, Outcome, Verification};

/// Renders JUnit XML: a suite for each consumer of each provider, and a case for each interaction. A problem is a
/// failed case, so that no reader of the file sees green where the verdict is not.
pub fn junit(verifications: &[Verification]) -> String {
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
    for verification in verifications {
        // Writing to a String cannot fail.
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
    let mut consumers = verification.consumers.iter();
    consumers.try_for_each(|result| suite(xml, &provider, result))
}

fn suite(xml: &mut String, provider: &str, result: &ConsumerResult) -> std::fmt::Result {
    let consumer = escaped(&result.consumer);
    let is_failure = |checked: &&InteractionResult| checked.outcome != Outcome::Passed;
    let failures = result.interactions.iter().filter(is_failure).count();
    let tests = result.interactions.len();
    writeln!(
        xml,
        "  <testsuite name=\"{consumer} - {provider}\" tests=\"{tests}\" failures=\"{failures}\">"
    )?;
    for checked in &result.interactions {
        case(xml, &format!("{provider}.{consumer}"), checked)?;
    }
    writeln!(xml, "  </testsuite>")
}

fn case(xml: &mut String, class: &str, checked: &InteractionResult) -> std::fmt::Result {
    let name = escaped(&checked.description);
    let (seconds, millis) = (checked.took_ms / 1000, checked.took_ms % 1000);
    write!(
        xml,
        "    <testcase classname=\"{class}\" name=\"{name}\" time=\"{seconds}.{millis:03}\""
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

/// Escapes text for XML, between tags and in attributes. Characters that no XML document may contain, escaped or
/// not, become U+FFFD.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\t' | '\n' | '\r' => escaped.push(letter),
            '\0'..='\x1f' | '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            _ => escaped.push(letter),
        }
    }
    escaped
}
