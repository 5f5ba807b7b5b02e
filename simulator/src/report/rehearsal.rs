//! The page of a rehearsal: its steps and decisions above what the page of a run shows.

use maud::{Markup, html};
use page::Tone;
use seam::launch::{Decision, Group, Judgement};

use super::{
    Facts, invariants,
    page::{STYLE, hidden},
    picture, requests, steps, timeline, words,
};
use crate::{
    rehearsal::{DefectReport, Outcome, RehearsalReport, StepReport},
    scenario::Verdict,
};

/// Groups of mismatches that are shown of each defect or step.
const SHOWN: usize = 8;

/// Renders a rehearsal as one page that loads nothing. Secrets of its topology are hidden.
pub(crate) fn rehearsal(facts: &Facts<'_>, report: &RehearsalReport) -> String {
    let secrets = facts.topology.secrets();
    let title = secrets.hide(&format!("Rehearsal of {}: {}", report.plan, report.verdict.as_str()));
    let body = html! {
        (head(facts, report)) "\n"
        h2 { "Steps" } "\n"
        (steps::figure(report)) "\n"
        (decisions(report))
        h2 { "Planted defects" } "\n"
        p.muted {
            "Put into the link to the candidate before the first step: a gate that does not name them proves nothing."
        }
        @for defect in &report.defects { (planted(defect)) }
        (latencies(report))
        (kept_current(report))
        (invariants::section(&report.scenario))
        h2 { "Requests, errors and latency" } "\n"
        (timeline::figure(&report.scenario))
        h2 { "Topology " span.muted { (facts.topology.name()) } } "\n"
        (picture::figure(facts.topology, &report.scenario))
        (requests::by_step(&report.scenario))
        (requests::single(facts))
        (requests::logs(&report.scenario, facts.evidence))
    };
    hidden(&page::styled(&title, STYLE, body), |text| secrets.hide(text))
}

fn head(facts: &Facts<'_>, report: &RehearsalReport) -> Markup {
    let class = match report.verdict {
        Verdict::Pass => "verdict pass",
        Verdict::Fail => "verdict fail",
        Verdict::Inconclusive => "verdict unproven",
    };
    let caught = report.defects.iter().filter(|defect| defect.caught).count();
    let compared: u64 = report
        .steps
        .iter()
        .filter_map(|step| step.judgement.as_ref())
        .map(compared)
        .sum();
    let last = report.steps.last();
    html! {
        div class=(class) {
            strong { (invariants::mark(report.verdict)) " " (report.verdict.as_str()) }
            span { (report.reasons.join("; ")) }
        }
        p { (report.about) }
        div.tiles {
            (tile("defects caught", &format!("{caught} of {}", report.defects.len())))
            (tile("steps taken", &report.steps.len().to_string()))
            (tile("the last one", last.map_or("none", |step| step.step.as_str())))
            (tile("calls compared", &words::count(compared)))
            (tile("nodes killed", &report.kills.len().to_string()))
            (tile("length of the run", &words::ms(report.scenario.timeline.total_ms)))
        }
        p {
            "seed " b { (report.seed) } ", topology " b { (facts.topology.name()) } ", " (facts.profile) ", "
            span.muted { "began " (facts.evidence.began.strftime("%Y-%m-%d %H:%M:%S UTC")) } br;
            "run it again: " code.replay { (facts.replay) }
        }
    }
}

fn tile(name: &str, value: &str) -> Markup {
    html! { div { b { (value) } span { (name) } } }
}

/// The steps with the gate's decisions and their evidence.
fn decisions(report: &RehearsalReport) -> Markup {
    html! {
        table class="decisions" {
            tr { th { "step" } th { "decision" } th.num { "took" } } "\n"
            @for step in &report.steps {
                tr {
                    td {
                        (step.number) ". " (step.step) @if step.visit > 1 { " again" }
                        @for reason in &step.reasons { br; span class=(Tone::Open) { (reason) } }
                        (facts_of(step))
                        @if let Some(judgement) = &step.judgement { (evidence(judgement)) }
                    }
                    td class=(tone(step.outcome)) { (step.outcome.words()) }
                    td.num { (words::ms(step.ended_ms.saturating_sub(step.began_ms))) }
                }
                "\n"
            }
        }
        @if !report.kills.is_empty() {
            ul.rows {
                @for kill in &report.kills {
                    li {
                        "killed " b { (kill.node) } " in " (kill.step) " at " (words::ms(kill.at_ms)) ": "
                        @match (&kill.problem, kill.ready_ms) {
                            (Some(problem), _) => span class=(Tone::Bad) { (problem) },
                            (None, Some(ready)) => {
                                "ready again after " (words::ms(ready.saturating_sub(kill.at_ms)))
                            },
                            (None, None) => "not back",
                        }
                    }
                }
            }
        }
    }
}

fn facts_of(step: &StepReport) -> Markup {
    html! {
        div {
            span.figure { "served " b { (step.served) } }
            span.figure { (step.duty) " acts" }
            @if step.answered != [0; 2] {
                span.figure {
                    "answered by the control " b { (step.answered[0]) }
                    ", by the candidate " b { (step.answered[1]) }
                }
            }
            @if let Some(copied) = &step.copied {
                span.figure { b { (copied.copied()) } " aggregates carried over" }
            }
        }
    }
}

fn evidence(judgement: &Judgement) -> Markup {
    html! {
        details {
            summary { "evidence of " (words::count(compared(judgement))) " comparisons" }
            @for method in &judgement.methods {
                div {
                    code { (method.method) } ": "
                    span.figure { "compared " b { (method.compared) } " of " (method.needed) }
                    span.figure { "mismatches below " b { (format!("{:.1} %", method.bound * 100.0)) } }
                    span.figure { "different " b { (method.different) } }
                    span.figure { "left out " b { (method.left_out) } }
                    span.figure { "no answer " b { (method.failures[0]) } " and " b { (method.failures[1]) } }
                    span.figure { "odds that it fails more " b { (format!("{:.1}", method.failure_odds)) } }
                    span.figure { "odds that it is slower " b { (format!("{:.1}", method.slower_odds)) } }
                }
            }
            (groups(&judgement.groups))
        }
    }
}

fn groups(groups: &[Group]) -> Markup {
    html! {
        @if !groups.is_empty() {
            ul.rows {
                @for group in groups.iter().take(SHOWN) {
                    li {
                        code { (group.method) " " (group.path) } ": " (group.class) ", " b { (group.count) } " calls"
                        @if group.confirmed { ", confirmed" } @else { ", not seen again after the pause yet" }
                        @if let Some(sample) = group.samples.first() {
                            br; span.muted { "control " (sample.expected) ", candidate " (sample.seen) }
                        }
                    }
                }
            }
            @if groups.len() > SHOWN { p.muted { "and " (groups.len() - SHOWN) " more groups" } }
        }
    }
}

fn planted(defect: &DefectReport) -> Markup {
    let class = if defect.caught { Tone::Good } else { Tone::Bad };
    html! {
        div.request {
            b { (defect.name) } " " span.muted { (defect.effect) } ": "
            span class=(class) { @if defect.caught { "✓ caught" } @else { "✕ not caught" } }
            " in " (words::ms(defect.ended_ms.saturating_sub(defect.began_ms)))
            @if let Some(decision) = defect.decision { ", the gate said " (said(decision)) }
            @for reason in &defect.reasons { br; (reason) }
            @for traffic in &defect.traffic { br; span.muted { (traffic) } }
            (groups(&defect.groups))
        }
        "\n"
    }
}

fn said(decision: Decision) -> &'static str {
    match decision {
        Decision::Promote => "promote",
        Decision::Hold => "hold",
        Decision::RollBack => "roll back",
    }
}

/// The mean time of both sides, by step and method.
fn latencies(report: &RehearsalReport) -> Markup {
    let judged = report
        .steps
        .iter()
        .filter_map(|step| Some((step, step.judgement.as_ref()?)));
    html! {
        h2 { "Latency of both sides" } "\n"
        div.scroll {
            table {
                tr { th { "step" } th { "method" } th.num { "control" } th.num { "candidate" } } "\n"
                @for (step, judgement) in judged {
                    @for method in &judgement.methods {
                        tr {
                            td { (step.number) ". " (step.step) @if step.visit > 1 { " again" } }
                            td { (method.method) }
                            td.num { (words::us(method.mean_micros[0])) }
                            td.num { (words::us(method.mean_micros[1])) }
                        }
                        "\n"
                    }
                }
            }
        }
    }
}

fn kept_current(report: &RehearsalReport) -> Markup {
    let names = ["to the new side", "back to the old side"];
    html! {
        h2 { "Rows" } "\n"
        p.muted { "Kept current " (report.kept_current) "." }
        ul.rows {
            @for (name, copies) in names.iter().zip(&report.copies) {
                li {
                    (name) ": " b { (copies.carried) } " aggregates in " (copies.runs) " copies, " (copies.failed)
                    " of which were cut off"
                    @if let (Some(last), Some(at)) = (&copies.last, copies.last_ms) {
                        "; after the last one, at " (words::ms(at)) ", "
                        @if last.is_settled() { "both sides had the same" } @else { "the sides still differed" }
                    }
                }
            }
        }
    }
}

fn compared(judgement: &Judgement) -> u64 {
    judgement.methods.iter().map(|method| method.compared).sum()
}

fn tone(outcome: Outcome) -> Tone {
    match outcome {
        Outcome::Promoted | Outcome::WentBack => Tone::Good,
        Outcome::Held => Tone::Open,
        Outcome::RolledBack | Outcome::Failed => Tone::Bad,
    }
}
