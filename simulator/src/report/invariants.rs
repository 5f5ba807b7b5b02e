use maud::{Markup, html};
use page::Tone;

use super::{groups, words};
use crate::{
    scenario::{InvariantReport, Report, Row, Unsettled, Verdict},
    steps::as_text,
};

/// Rows of evidence, and reasons of journeys that stopped, that are shown of each.
const SHOWN: usize = 10;

/// The tone of a verdict.
pub(super) fn tone(verdict: Verdict) -> Tone {
    match verdict {
        Verdict::Pass => Tone::Good,
        Verdict::Fail => Tone::Bad,
        Verdict::Inconclusive => Tone::Open,
    }
}

/// The invariants with their evidence; those that don't hold first.
pub(super) fn section(report: &Report) -> Markup {
    let mut invariants: Vec<&InvariantReport> = report.invariants.iter().collect();
    invariants.sort_by_key(|invariant| match invariant.verdict {
        Verdict::Fail => 0,
        Verdict::Inconclusive => 1,
        Verdict::Pass => 2,
    });
    html! {
        h2 { "Invariants" } "\n"
        table class="invariants" {
            tr { th { "invariant" } th { "verdict" } th.num { "checked" } } "\n"
            @for invariant in invariants {
                tr {
                    td {
                        (invariant.name)
                        (figures(invariant))
                        @if invariant.violations > 0 {
                            (rows(&invariant.evidence, invariant.violations, "violation", "violations"))
                        }
                    }
                    td class=(tone(invariant.verdict)) { (mark(invariant.verdict)) " " (invariant.verdict.as_str()) }
                    td.num { (words::count(invariant.checked)) }
                }
                "\n"
            }
        }
        "\n"
        (unsettled(&report.unsettled))
        (stopped(report))
    }
}

/// A sign beside the word, for who can't tell the colours apart.
pub(super) fn mark(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "✓",
        Verdict::Fail => "✕",
        Verdict::Inconclusive => "?",
    }
}

fn figures(invariant: &InvariantReport) -> Markup {
    html! {
        div {
            @for (name, value) in &invariant.figures {
                span.figure { (name.replace('_', " ")) ": " b { (as_text(value)) } } " "
            }
            @if invariant.verdict == Verdict::Inconclusive {
                span.figure { "nothing was examined, which proves nothing" }
            }
        }
    }
}

fn rows(rows: &[Row], all: usize, one: &str, several: &str) -> Markup {
    html! {
        ul.rows {
            @for row in rows.iter().take(SHOWN) {
                li { code { (words::row(row)) } }
            }
            @if all > SHOWN.min(rows.len()) {
                li.muted { "of " (words::many(all, one, several)) }
            }
        }
    }
}

fn unsettled(unsettled: &[Unsettled]) -> Markup {
    html! {
        @if !unsettled.is_empty() {
            h2 { "Did not come to pass in time" } "\n"
            @for condition in unsettled {
                p { b { (condition.name) } ": " (condition.reason) } "\n"
                (rows(&condition.pending, condition.pending.len(), "row", "rows"))
            }
        }
    }
}

fn stopped(report: &Report) -> Markup {
    html! {
        @if !report.failed_journeys.is_empty() {
            h2 { "Journeys that did not reach their end" } "\n"
            @for (step, failures) in groups::stopped(report) {
                p { b { (words::many(failures.len(), "journey", "journeys")) } " stopped at “" (step) "”" } "\n"
                ul.rows {
                    @for failure in failures.iter().take(SHOWN) {
                        li { "journey " (failure.journey) ": " code { (failure.reason) } }
                    }
                    @if failures.len() > SHOWN { li.muted { "and " (failures.len() - SHOWN) " more" } }
                }
                "\n"
            }
        }
    }
}
