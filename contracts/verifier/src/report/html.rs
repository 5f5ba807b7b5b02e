use maud::{Markup, html};
use page::Tone;

use super::{count, strength};
use crate::{ConsumerResult, InteractionResult, Outcome, Verification, mutate::Mutation};

/// Renders a page that loads nothing: for each provider what broke and then what was verified, and the strength
/// of the pacts below. A part with nothing to show is left out.
pub fn html(verifications: &[Verification], mutations: &[Mutation]) -> String {
    let body = html! {
        @for verification in verifications {
            (section(verification))
        }
        (strength::section(mutations))
    };
    page::document("Pacts", body)
}

/// Tone of something that is as it should be, or is not.
pub(super) fn tone(is_good: bool) -> Tone {
    if is_good { Tone::Good } else { Tone::Bad }
}

fn section(verification: &Verification) -> Markup {
    let passed = verification.problems.is_empty() && verification.failures().next().is_none();
    html! {
        h2 {
            (verification.provider) " "
            span class=(Tone::Muted) { (verification.version.as_deref().unwrap_or_default()) } " "
            span class=(tone(passed)) { (verification.verdict().name()) }
        }
        "\n"
        @for problem in &verification.problems {
            p class=(Tone::Bad) { (problem) } "\n"
        }
        (failures(verification))
        @for result in &verification.consumers {
            (verified(result))
        }
    }
}

fn failures(verification: &Verification) -> Markup {
    html! {
        @if verification.failures().next().is_some() {
            table {
                "\n"
                tr { th { "breaks" } th { "in" } th { "where" } th { "expected" } th { "got" } } "\n"
                @for (result, checked) in verification.failures() {
                    (rows(&result.consumer, checked))
                }
            }
            "\n"
        }
    }
}

fn rows(consumer: &str, checked: &InteractionResult) -> Markup {
    let named = html! { td { (consumer) } td { (checked.description) } };
    match &checked.outcome {
        Outcome::Passed => html! {},
        Outcome::Failed { stage, reason } => html! {
            tr { (named) td { (stage.name()) } td colspan="2" { code { (reason) } } } "\n"
        },
        Outcome::Differs { differences } => html! {
            @for difference in differences {
                tr {
                    (named)
                    td title=(difference.why) { (difference.part.name()) " " (difference.path) }
                    td { code { (difference.expected) } }
                    td { code { (difference.got) } }
                }
                "\n"
            }
        },
    }
}

fn verified(result: &ConsumerResult) -> Markup {
    html! {
        details {
            "\n"
            summary {
                (result.consumer) " "
                span class=(tone(result.passed())) { (count(result)) } " "
                code class=(Tone::Muted) { (result.content_hash.short()) }
            }
            "\n"
            table {
                "\n"
                @for checked in &result.interactions {
                    (interaction(checked))
                }
            }
            "\n"
        }
        "\n"
    }
}

fn interaction(checked: &InteractionResult) -> Markup {
    let passed = checked.outcome == Outcome::Passed;
    html! {
        tr {
            td class=(tone(passed)) { (if passed { "passed" } else { "broken" }) }
            td { (checked.description) }
            td class=(Tone::Muted) { (checked.states.join(", ")) }
            td class=(Tone::Muted) { (checked.took_ms) " ms" }
        }
        "\n"
    }
}
