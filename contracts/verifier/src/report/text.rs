use std::fmt::Write;

use super::count;
use crate::{ConsumerResult, Difference, InteractionResult, Outcome, Verification};

/// Renders text for a terminal: every failure with the consumer that it breaks, the path, and expected against
/// got; then a line for each pact; then the verdict.
pub fn text(verification: &Verification) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = write(&mut text, verification);
    text
}

fn write(text: &mut String, verification: &Verification) -> std::fmt::Result {
    let provider = &verification.provider;
    for problem in &verification.problems {
        writeln!(text, "{provider}: {problem}\n")?;
    }
    for (result, checked) in verification.failures() {
        writeln!(text, "{provider} breaks {}: {}", result.consumer, checked.description)?;
        failure(text, checked)?;
        writeln!(text)?;
    }
    for result in &verification.consumers {
        summary(text, result)?;
    }
    let failed = verification.failures().count();
    let all = verification.results().count();
    let version = verification
        .version
        .as_ref()
        .map_or_else(String::new, |version| format!(" {version}"));
    let part = if verification.partial {
        ", a part of what there is"
    } else {
        ""
    };
    let verdict = verification.verdict().name();
    writeln!(
        text,
        "{verdict} {provider}{version}: {} of {all} interactions{part}",
        all - failed
    )
}

fn failure(text: &mut String, checked: &InteractionResult) -> std::fmt::Result {
    if !checked.states.is_empty() {
        writeln!(text, "  given {}", checked.states.join(" and "))?;
    }
    match &checked.outcome {
        Outcome::Passed => Ok(()),
        Outcome::Failed { stage, reason } => writeln!(text, "  {}: {reason}", stage.name()),
        Outcome::Differs { differences } => differences.iter().try_for_each(|one| difference(text, one)),
    }
}

fn difference(text: &mut String, difference: &Difference) -> std::fmt::Result {
    let Difference {
        part,
        path,
        expected,
        got,
        why,
    } = difference;
    let place = if path.is_empty() {
        part.name().to_owned()
    } else {
        format!("{} {path}", part.name())
    };
    writeln!(text, "  {place}")?;
    writeln!(text, "    expected {expected}")?;
    writeln!(text, "    got      {got}")?;
    writeln!(text, "    {why}")
}

fn summary(text: &mut String, result: &ConsumerResult) -> std::fmt::Result {
    let mark = if result.passed() { "ok    " } else { "BROKEN" };
    let took: u64 = result.interactions.iter().map(|checked| checked.took_ms).sum();
    writeln!(
        text,
        "{mark}  {:24}  {} interactions  {took} ms  {}",
        result.consumer,
        count(result),
        result.content_hash.short()
    )
}
