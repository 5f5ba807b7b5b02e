use maud::{Markup, html};

use super::{
    Facts,
    evidence::Evidence,
    groups,
    lines::{Line, Severity},
    words,
};
use crate::{
    scenario::Report,
    steps::{Purpose, RequestFigures, Sample, StepSamples},
};

/// Warnings and errors that are shown.
const COMPLAINTS: usize = 15;

/// The figures of each step.
pub(super) fn by_step(report: &Report) -> Markup {
    let samples = &report.samples;
    let (observed, load): (Vec<&StepSamples>, Vec<&StepSamples>) =
        samples.steps.iter().partition(|step| step.purpose == Purpose::Observe);
    let longest = samples.steps.iter().map(|step| step.figures.p99_us).max().unwrap_or(0);
    html! {
        h2 { "Requests by step" } "\n"
        @if load.is_empty() {
            p.muted { "no request was sent" }
        } @else {
            table.steps {
                (header())
                @for step in &load { (row(step, longest)) "\n" }
                tr.sum { td { "all together" } (cells(&samples.load, longest)) } "\n"
            }
        }
        "\n"
        @if !observed.is_empty() {
            details {
                summary { "requests that observed the system for the invariants" }
                table.steps {
                    (header())
                    @for step in &observed { (row(step, longest)) "\n" }
                }
            }
            "\n"
        }
        p.muted {
            "Latency counts from the moment at which a request should have been sent to the end of its answer. "
            "Failed: no answer, or a status that is not right. Repeats: sent again for that. "
            @if samples.left_out > 0 {
                (words::count(samples.left_out)) " requests count in all figures and are not kept one by one."
            }
        }
        "\n"
    }
}

fn header() -> Markup {
    html! {
        tr {
            th { "step" } th.num { "requests" } th.num { "failed" } th.num.opt { "repeats" } th.num { "p50" }
            th.num.opt { "p95" } th.num { "p99" } th.num.opt { "max" } th.opt { "p50 and p99" }
        }
        "\n"
    }
}

fn row(step: &StepSamples, longest: u64) -> Markup {
    html! {
        tr {
            td {
                (step.step)
                div.muted { code { (step.method) " " (step.path) } " at " (step.node) }
            }
            (cells(&step.figures, longest))
        }
    }
}

fn cells(figures: &RequestFigures, longest: u64) -> Markup {
    let part = |us: u64| format!("width:{:.1}%", us as f64 * 100.0 / longest.max(1) as f64);
    html! {
        td.num { (words::count(figures.count)) }
        td.num.bad[figures.errors > 0] { (words::count(figures.errors)) }
        td.num.opt { (words::count(figures.repeats)) }
        td.num { (words::us(figures.p50_us)) }
        td.num.opt { (words::us(figures.p95_us)) }
        td.num { (words::us(figures.p99_us)) }
        td.num.opt { (words::us(figures.max_us)) }
        td.opt.bars { div.bar99 style=(part(figures.p99_us)) {} div.bar50 style=(part(figures.p50_us)) {} }
    }
}

/// The failed and the slowest requests, each with what the nodes logged of it.
pub(super) fn single(facts: &Facts<'_>) -> Markup {
    let failures = groups::failures(facts.report);
    let slowest = groups::slowest(facts.report);
    html! {
        @if !failures.is_empty() {
            h2 { "Failed requests" } "\n"
            @for group in &failures {
                h3 {
                    (words::count(group.count as u64)) " × " (name_of(facts.report, group.step)) ": " (group.kind)
                }
                p.muted { "from " (words::us(group.first_us)) " to " (words::us(group.last_us)) ", the first of them:" }
                "\n"
                @for sample in &group.examples { (one(facts, sample)) "\n" }
            }
        }
        @if !slowest.is_empty() {
            h2 { "Slowest requests" } "\n"
            @for sample in slowest { (one(facts, sample)) "\n" }
        }
    }
}

fn name_of(report: &Report, step: usize) -> &str {
    report.samples.steps.get(step).map_or("", |step| step.step.as_str())
}

/// One request and its trace.
fn one(facts: &Facts<'_>, sample: &Sample) -> Markup {
    let step = facts.report.samples.steps.get(sample.step);
    let lines = facts.evidence.traces.get(&sample.request_id).map(Vec::as_slice);
    let status = sample
        .status
        .map_or_else(|| "no answer".to_owned(), |status| status.to_string());
    html! {
        details.request {
            summary {
                b { (words::us(sample.latency_us())) } " at " (words::us(sample.intended_us)) ": "
                (name_of(facts.report, sample.step)) ", "
                span.bad[sample.failure.is_some()] { (status) }
                @if let Some(journey) = sample.journey { ", journey " (journey) }
                @if sample.attempt > 1 { ", attempt " (sample.attempt) }
            }
            p {
                @if let Some(step) = step { code { (step.method) " " (sample.path) } " at " (step.node) br; }
                @if let Some(failure) = &sample.failure { span.failure { (failure) } br; }
                span.muted { "request " code { (sample.request_id) } ", trace " code { (sample.trace_id) } }
            }
            @match lines {
                Some(lines) if !lines.is_empty() => (trace(sample, lines)),
                _ => p.muted { "no node logged its request id or trace id" },
            }
        }
    }
}

/// The lines of one request in the order of time, each with a bar where it tells how long it took.
fn trace(sample: &Sample, lines: &[Line]) -> Markup {
    let start = i64::try_from(sample.start_us).unwrap_or(i64::MAX);
    let ends = lines.iter().filter_map(|line| line.at_us);
    let end = ends
        .chain([i64::try_from(sample.end_us).unwrap_or(i64::MAX)])
        .max()
        .unwrap_or(start);
    let length = (end - start).max(1);
    html! {
        table.trace {
            @for line in lines {
                tr {
                    td.num { (offset(line.at_us.map(|at| at - start))) }
                    td { (line.node) }
                    td {
                        (words_of(line))
                        @if let Some(style) = bar(line, start, length) { div.span style=(style) {} }
                    }
                }
                "\n"
            }
        }
    }
}

fn bar(line: &Line, start: i64, length: i64) -> Option<String> {
    let took = i64::try_from(line.took_ms?).ok()?.saturating_mul(1_000);
    let end = line.at_us?.saturating_sub(start);
    let percent = |us: i64| us.clamp(0, length) as f64 * 100.0 / length as f64;
    let (from, to) = (percent(end.saturating_sub(took)), percent(end));
    Some(format!("margin-left:{from:.1}%;width:{:.1}%", (to - from).max(0.5)))
}

fn offset(us: Option<i64>) -> String {
    us.map_or_else(String::new, |us| {
        let sign = if us < 0 { "−" } else { "+" };
        format!("{sign}{}", words::us(us.unsigned_abs()))
    })
}

fn words_of(line: &Line) -> Markup {
    html! {
        @match line.severity {
            Severity::Error => span.bad { (line.severity.name()) " " },
            Severity::Warning => span.open { (line.severity.name()) " " },
            Severity::Other => {}
        }
        (line.message) " " code.muted { (line.fields) }
    }
}

/// What the nodes logged around failures and deaths, and all they complained of.
pub(super) fn logs(report: &Report, evidence: &Evidence) -> Markup {
    html! {
        @for death in &report.deaths {
            h2 { (death.node) " died by itself at " (words::ms(death.at_ms)) } "\n"
            p {
                span.bad[!death.expected] { (death.how) }
                @if death.expected { ", as it may" } @else { ", and no fault was laid on it" }
                ". Its last lines:"
            }
            pre { @for line in &death.last_lines { (super::lines::shortened(line)) "\n" } }
            "\n"
        }
        @if !evidence.moments.is_empty() {
            h2 { "Logs around failures" } "\n"
            @for moment in &evidence.moments {
                details {
                    summary { (words::us(moment.at_us)) ": " (moment.what) }
                    table.trace {
                        @for line in &moment.lines {
                            tr {
                                td.num { (line.at_us.map_or_else(String::new, at)) }
                                td { (line.node) }
                                td { (words_of(line)) }
                            }
                            "\n"
                        }
                    }
                    @if moment.more > 0 { p.muted { "and " (moment.more) " more lines" } }
                }
                "\n"
            }
        }
        (complaints(evidence))
    }
}

fn at(us: i64) -> String {
    u64::try_from(us).map_or_else(|_| offset(Some(us)), words::us)
}

fn complaints(evidence: &Evidence) -> Markup {
    let complaints = &evidence.complaints;
    html! {
        @if !complaints.is_empty() {
            h2 { "Warnings and errors of the nodes" } "\n"
            table.trace {
                @for complaint in complaints.iter().take(COMPLAINTS) {
                    tr {
                        td.num { (words::count(complaint.count)) " ×" }
                        td { (complaint.first.node) }
                        td { (words_of(&complaint.first)) }
                    }
                    "\n"
                }
            }
            @if complaints.len() > COMPLAINTS { p.muted { "and " (complaints.len() - COMPLAINTS) " others" } }
            "\n"
        }
        @for missing in &evidence.missing { p.muted { "not read: " (missing) } "\n" }
    }
}
