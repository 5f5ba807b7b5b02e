use std::{fmt::Write, time::Duration};

use serde_json::Value;

use crate::{
    backend,
    commands::output,
    scenario::{DeathReport, FaultOutcome, FaultReport, InvariantReport, Report, Row, Unsettled, Verdict},
    steps::{FaultKind, as_text},
};

/// The rows of evidence, and the failed journeys, that are shown; the report has more.
const SHOWN: usize = 10;

/// A report for people, at most `width` wide, without the lines that frame a run.
pub(super) fn render(report: &Report, width: u16) -> String {
    let mut text = String::new();
    for fault in &report.faults {
        fault_lines(&mut text, fault);
    }
    if report.met_nothing() {
        line(
            &mut text,
            "none of the faults that were drawn had an effect, so nothing was proved about them",
        );
    }
    if let Some(reason) = &report.nothing_new {
        line(&mut text, &format!("nothing was done, so nothing was proved: {reason}"));
    }
    if let Some(reason) = &report.given_up {
        line(&mut text, &format!("given up, so the run failed: {reason}"));
    }
    for death in &report.deaths {
        death_lines(&mut text, death);
    }
    line(&mut text, &table(&report.invariants, width));
    for failure in report.failed_journeys.iter().take(SHOWN) {
        line(
            &mut text,
            &format!(
                "journey {} failed at {:?}: {}",
                failure.journey, failure.step, failure.reason
            ),
        );
    }
    more(&mut text, report.failed_journeys.len());
    for unsettled in &report.unsettled {
        unsettled_lines(&mut text, unsettled);
    }
    for invariant in &report.invariants {
        evidence_lines(&mut text, invariant);
    }
    line(&mut text, &verdict_line(report));
    text
}

fn death_lines(text: &mut String, death: &DeathReport) {
    let DeathReport { node, how, .. } = death;
    let judged = if death.expected {
        "as it may"
    } else {
        "without a fault, so the run failed"
    };
    let at = seconds(death.at_ms);
    line(
        text,
        &format!("death: {node} died by itself at {at} ({how}), {judged}; its last lines:"),
    );
    for last in &death.last_lines {
        line(text, &format!("    {last}"));
    }
}

fn fault_lines(text: &mut String, fault: &FaultReport) {
    line(text, &fault_line(fault));
    if let Some(difference) = &fault.approximated {
        line(text, &format!("    approximated: {difference}"));
    }
    for traffic in fault.traffic.iter().filter(|it| it.met > 0 || it.fired > 0) {
        line(text, &format!("    {traffic}"));
    }
    if let Some(met) = &fault.met {
        let what = match fault.kind {
            FaultKind::DiskFull => "full disk",
            kind => kind.to_do(),
        };
        line(text, &format!("    the {what} of {} {met}", fault.target));
    }
}

fn fault_line(fault: &FaultReport) -> String {
    let FaultReport { target, at_journey, .. } = fault;
    let (done, to_do) = (fault.kind.done(), fault.kind.to_do());
    let name = match &fault.point {
        Some(point) => format!(" at {point}"),
        None if fault.kind.is_of_links() => format!(" by {:?}", fault.name),
        None => String::new(),
    };
    let healed = match fault.kind {
        FaultKind::Kill | FaultKind::Crash | FaultKind::Stop | FaultKind::Restart => "ready again",
        FaultKind::Pause => "resumed",
        FaultKind::DiskFull => "free again",
        _ => "healed",
    };
    let nothing = match fault.is_missed() {
        true => "which shows nothing about it",
        false => "so this run proved nothing",
    };
    let outcome = &fault.outcome;
    let fault = if fault.drawn {
        "fault, drawn by the seed"
    } else {
        "fault"
    };
    match outcome {
        FaultOutcome::Fired { at_ms, healed_at_ms } => {
            let (at, healed_at) = (seconds(*at_ms), seconds(*healed_at_ms));
            format!("{fault}: {done} {target}{name} at {at} (journey {at_journey}), {healed} at {healed_at}")
        }
        FaultOutcome::Idle {
            at_ms,
            healed_at_ms,
            reason,
        } => {
            let (at, healed_at) = (seconds(*at_ms), seconds(*healed_at_ms));
            format!(
                "{fault}: {done} {target}{name} from {at} (journey {at_journey}) to {healed_at} WITHOUT EFFECT, \
                 {nothing}: {reason}"
            )
        }
        FaultOutcome::NotHealed { at_ms, reason } => {
            let at = seconds(*at_ms);
            format!("{fault}: {done} {target}{name} at {at} (journey {at_journey}), FAILED to come back: {reason}")
        }
        FaultOutcome::Refused { reason } => {
            format!("{fault}: REFUSED to {to_do} {target}{name} at journey {at_journey}, {nothing}: {reason}")
        }
        FaultOutcome::TooLate { reason } => {
            format!("{fault}: TOO LATE to {to_do} {target}{name} at journey {at_journey}, {nothing}: {reason}")
        }
        FaultOutcome::Failed { reason } => {
            format!("{fault}: FAILED to {to_do} {target}{name} at journey {at_journey}, {nothing}: {reason}")
        }
    }
}

fn table(invariants: &[InvariantReport], width: u16) -> String {
    let mut table = output::table(width);
    table.set_header(["invariant", "verdict", "checked", "figures"]);
    for invariant in invariants {
        let figures: Vec<String> = invariant
            .figures
            .iter()
            .map(|(name, value)| format!("{}: {}", name.replace('_', " "), as_text(value)))
            .collect();
        table.add_row([
            invariant.name.clone(),
            invariant.verdict.as_str().to_owned(),
            invariant.checked.to_string(),
            figures.join(", "),
        ]);
    }
    table.trim_fmt()
}

fn unsettled_lines(text: &mut String, unsettled: &Unsettled) {
    line(
        text,
        &format!(
            "did not come to pass in time: {} ({})",
            unsettled.name, unsettled.reason
        ),
    );
    rows(text, &unsettled.pending);
    more(text, unsettled.pending.len());
}

fn evidence_lines(text: &mut String, invariant: &InvariantReport) {
    match invariant.verdict {
        Verdict::Fail => {
            line(
                text,
                &format!("violated {} times: {}", invariant.violations, invariant.name),
            );
            rows(text, &invariant.evidence);
            more(text, invariant.violations);
        }
        Verdict::Inconclusive => line(text, &format!("examined nothing: {}", invariant.name)),
        Verdict::Pass => {}
    }
}

fn rows(text: &mut String, rows: &[Row]) {
    for row in rows.iter().take(SHOWN) {
        let fields: Vec<String> = row
            .iter()
            .map(|(name, value)| format!("{name}={}", shown(value)))
            .collect();
        line(text, &format!("    {}", fields.join(" ")));
    }
}

fn more(text: &mut String, all: usize) {
    if all > SHOWN {
        line(text, &format!("    and {} more", all - SHOWN));
    }
}

fn shown(value: &Value) -> String {
    as_text(value).chars().take(200).collect()
}

fn verdict_line(report: &Report) -> String {
    let over = report
        .count
        .saturating_sub(u64::try_from(report.failed_journeys.len()).unwrap_or(u64::MAX));
    let took = report.timeline.journeys_ms.max(1);
    if report.count == 0 {
        let (verdict, total) = (report.verdict.as_str(), seconds(report.timeline.total_ms));
        return format!("{verdict} in {total}: the workload took {}", seconds(took));
    }
    // Tenths of journeys per second, in whole numbers.
    let rate = over.saturating_mul(10_000) / took;
    format!(
        "{} in {}: {over} of {} journeys reached their end, {}.{} per second; {} requests, {} of them repeats",
        report.verdict.as_str(),
        seconds(report.timeline.total_ms),
        report.count,
        rate / 10,
        rate % 10,
        report.requests.sent,
        report.requests.repeated,
    )
}

fn seconds(ms: u64) -> String {
    backend::seconds(Duration::from_millis(ms))
}

fn line(text: &mut String, content: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{content}");
}
