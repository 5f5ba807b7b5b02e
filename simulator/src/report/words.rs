use std::collections::BTreeSet;

use serde_json::Value;

use super::lines::shortened;
use crate::{
    scenario::{FaultOutcome, FaultReport, Report, Row, Verdict},
    steps::{FaultKind, LinkTraffic, Target, as_text},
};

/// A moment or a time in milliseconds, for people.
pub(super) fn ms(ms: u64) -> String {
    us(ms.saturating_mul(1_000))
}

/// A moment or a time in microseconds, for people: three digits at least, and no more than needed.
pub(super) fn us(us: u64) -> String {
    let number = us as f64;
    match us {
        0 => "0 s".to_owned(),
        1..1_000 => format!("{us} µs"),
        1_000..10_000 => format!("{:.2} ms", number / 1e3),
        10_000..100_000 => format!("{:.1} ms", number / 1e3),
        100_000..1_000_000 => format!("{:.0} ms", number / 1e3),
        1_000_000..100_000_000 => format!("{:.2} s", number / 1e6),
        100_000_000.. => format!("{:.0} s", number / 1e6),
    }
}

/// A count with its thousands set apart.
pub(super) fn count(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

/// One thing, or several, in words.
pub(super) fn many(number: usize, one: &str, several: &str) -> String {
    match number {
        1 => format!("1 {one}"),
        _ => format!("{number} {several}"),
    }
}

/// A row of evidence as `name=value` words.
pub(super) fn row(row: &Row) -> String {
    let field = |(name, value): (&String, &Value)| format!("{name}={}", shortened(&as_text(value)));
    row.iter().map(field).collect::<Vec<_>>().join("  ")
}

/// The deed of a fault in a word or two: that of its kind, or its effects on links.
pub(super) fn deed(fault: &FaultReport) -> String {
    let effects: BTreeSet<&str> = fault.links.iter().map(|link| link.fault.does().kind()).collect();
    match fault.kind {
        FaultKind::Link if !effects.is_empty() => effects.into_iter().collect::<Vec<_>>().join(", "),
        kind => kind.to_do().to_owned(),
    }
}

/// A fault in a few words: its deed and its target.
pub(super) fn fault(fault: &FaultReport) -> String {
    match &fault.target {
        Target::Link(link) => format!("{} on {link}", deed(fault)),
        target => {
            let point = fault.point.iter().map(|point| format!(" at {point}"));
            format!("{} {target}{}", deed(fault), point.collect::<String>())
        }
    }
}

/// The node that a fault hits, if it hits one.
pub(super) fn node_of(fault: &FaultReport) -> Option<&str> {
    match &fault.target {
        Target::Node(node) => Some(node),
        Target::Link(_) | Target::Partition(..) => None,
    }
}

/// The traffic that faults met on all their links; empty if they have none.
pub(super) fn hits<'r>(traffic: impl IntoIterator<Item = &'r LinkTraffic>) -> String {
    let sum = |sum: Option<(u64, u64)>, traffic: &LinkTraffic| {
        let (met, fired) = sum.unwrap_or_default();
        Some((met + traffic.met, fired + traffic.fired))
    };
    let all = traffic.into_iter().fold(None, sum);
    all.map_or_else(String::new, |(met, fired)| {
        format!("acted on {} of {}", count(fired), count(met))
    })
}

/// The moments in milliseconds from which and to which a fault was laid; `None` if it never was.
pub(super) fn laid(fault: &FaultReport, total_ms: u64) -> Option<(u64, u64)> {
    match fault.outcome {
        FaultOutcome::Fired { at_ms, healed_at_ms }
        | FaultOutcome::Idle {
            at_ms, healed_at_ms, ..
        } => Some((at_ms, healed_at_ms)),
        FaultOutcome::NotHealed { at_ms, .. } => Some((at_ms, total_ms)),
        FaultOutcome::Refused { .. } | FaultOutcome::TooLate { .. } | FaultOutcome::Failed { .. } => None,
    }
}

/// The outcome of a fault, for people.
pub(super) fn outcome(fault: &FaultReport) -> String {
    let nothing = match fault.is_missed() {
        true => "which shows nothing about it",
        false => "so this run proved nothing",
    };
    match &fault.outcome {
        FaultOutcome::Fired { at_ms, healed_at_ms } => {
            format!("laid at {}, lifted at {}", ms(*at_ms), ms(*healed_at_ms))
        }
        FaultOutcome::Idle {
            at_ms,
            healed_at_ms,
            reason,
        } => {
            let (at, healed) = (ms(*at_ms), ms(*healed_at_ms));
            format!("laid at {at}, lifted at {healed}, without effect, {nothing}: {reason}")
        }
        FaultOutcome::NotHealed { at_ms, reason } => format!("laid at {}, not healed: {reason}", ms(*at_ms)),
        FaultOutcome::Refused { reason } => format!("refused, {nothing}: {reason}"),
        FaultOutcome::TooLate { reason } => format!("too late, {nothing}: {reason}"),
        FaultOutcome::Failed { reason } => format!("could not be laid, {nothing}: {reason}"),
    }
}

/// Everything that decided the verdict, each in a few words.
pub(super) fn reasons(report: &Report) -> Vec<String> {
    let invariants = |verdict| report.invariants.iter().filter(move |it| it.verdict == verdict);
    let violated = invariants(Verdict::Fail).count();
    let unexamined = invariants(Verdict::Inconclusive).count();
    let deaths = report.deaths.iter().filter(|death| !death.expected).count();
    let unfired = report.faults.iter();
    let unfired = unfired.filter(|fault| fault.is_failure());
    let all = report.invariants.len();
    let given_up = report
        .given_up
        .iter()
        .map(|reason| format!("the run was given up: {reason}"));
    let mut reasons: Vec<String> = given_up.chain(report.nothing_new.clone()).collect();
    let mut because = |number: usize, text: String| {
        if number > 0 {
            reasons.push(text);
        }
    };
    because(
        violated,
        format!("{violated} of {} violated", many(all, "invariant", "invariants")),
    );
    because(
        unexamined,
        format!("{} examined nothing", many(unexamined, "invariant", "invariants")),
    );
    because(
        deaths,
        format!("{} died without a fault", many(deaths, "node", "nodes")),
    );
    let failed = report.failed_journeys.len();
    because(
        failed,
        format!("{} did not reach their end", many(failed, "journey", "journeys")),
    );
    let pending = report.unsettled.len();
    because(
        pending,
        format!("{} did not come true in time", many(pending, "condition", "conditions")),
    );
    let unfired = unfired.count();
    because(
        unfired,
        format!(
            "{} did not happen, had no effect or did not heal",
            many(unfired, "fault", "faults")
        ),
    );
    because(
        usize::from(report.met_nothing()),
        "none of the faults that were drawn had an effect".to_owned(),
    );
    if reasons.is_empty() {
        let fired = report.faults.iter().filter(|fault| fault.has_fired()).count();
        let faults = many(fired, "fault", "faults");
        reasons.push(format!(
            "all {} hold, {faults} fired and healed",
            many(all, "invariant", "invariants")
        ));
    }
    reasons
}
