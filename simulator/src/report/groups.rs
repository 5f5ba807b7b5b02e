use std::{cmp::Reverse, collections::BTreeMap};

use crate::{
    scenario::{JourneyFailure, Report},
    steps::{Purpose, Sample},
};

/// Groups of failed requests that are shown.
const GROUPS: usize = 8;
/// Requests of each group that are shown with what the nodes logged of them.
const OF_EACH: usize = 2;
/// Slowest requests that are shown.
const SLOWEST: usize = 8;

/// Failed requests of one step that failed in the same way.
pub(super) struct Failures<'r> {
    /// The index of the step in the samples.
    pub(super) step: usize,
    /// Status, or the reason without its numbers.
    pub(super) kind: String,
    /// Those that were kept; there may have been more.
    pub(super) count: usize,
    pub(super) first_us: u64,
    pub(super) last_us: u64,
    /// The first of them.
    pub(super) examples: Vec<&'r Sample>,
}

/// The failed requests of a run in groups; the largest first, at most eight.
pub(super) fn failures(report: &Report) -> Vec<Failures<'_>> {
    let mut groups: BTreeMap<(usize, String), Failures<'_>> = BTreeMap::new();
    for sample in report.samples.kept.iter().filter(|it| it.failure.is_some()) {
        let kind = kind_of(sample);
        let group = groups.entry((sample.step, kind.clone())).or_insert_with(|| Failures {
            step: sample.step,
            kind,
            count: 0,
            first_us: sample.intended_us,
            last_us: sample.intended_us,
            examples: Vec::new(),
        });
        group.count += 1;
        group.last_us = sample.intended_us;
        if group.examples.len() < OF_EACH {
            group.examples.push(sample);
        }
    }
    let mut groups: Vec<Failures<'_>> = groups.into_values().collect();
    groups.sort_by_key(|group| Reverse(group.count));
    groups.truncate(GROUPS);
    groups
}

/// The slowest requests of setup and journeys that were answered right; the slowest first.
pub(super) fn slowest(report: &Report) -> Vec<&Sample> {
    let samples = &report.samples;
    let is_load = |sample: &&Sample| {
        let step = samples.steps.get(sample.step);
        sample.failure.is_none() && step.is_some_and(|step| step.purpose != Purpose::Observe)
    };
    let mut slowest: Vec<&Sample> = samples.kept.iter().filter(is_load).collect();
    slowest.sort_by_key(|sample| Reverse(sample.latency_us()));
    slowest.truncate(SLOWEST);
    slowest
}

/// Journeys that did not reach their end, by the step they stopped at; the step where the first one stopped first, for
/// those that stop when the run is given up begin later.
pub(super) fn stopped(report: &Report) -> Vec<(&str, Vec<&JourneyFailure>)> {
    let mut by_step: BTreeMap<&str, Vec<&JourneyFailure>> = BTreeMap::new();
    for failure in &report.failed_journeys {
        by_step.entry(&failure.step).or_default().push(failure);
    }
    let mut groups: Vec<(&str, Vec<&JourneyFailure>)> = by_step.into_iter().collect();
    groups.sort_by_key(|(_, failures)| failures.iter().map(|failure| failure.journey).min());
    groups
}

fn kind_of(sample: &Sample) -> String {
    match sample.status {
        Some(status) => format!("answered {status}"),
        None => without_numbers(sample.failure.as_deref().unwrap_or_default()),
    }
}

/// A reason in which ports, ids and times are left out, so that it is the same for requests that failed alike.
fn without_numbers(reason: &str) -> String {
    let mut kind = String::new();
    for c in reason.chars().take(120) {
        match c {
            '0'..='9' if kind.ends_with('#') => {}
            '0'..='9' => kind.push('#'),
            c => kind.push(c),
        }
    }
    kind
}
