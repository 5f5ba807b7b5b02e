use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    path::PathBuf,
    time::Duration,
};

use serde::Serialize;

use super::pinned::Pinned;
use crate::{
    backend::seconds,
    commands::output,
    scenario::{Failures, Report, Scenario, Verdict},
};

/// Everything that an exploration showed, as `--json` prints it.
#[derive(Debug, Serialize)]
pub(super) struct Outcome {
    pub(super) scenario: String,
    pub(super) topology: String,
    /// The command that explores the same seeds again.
    pub(super) replay: String,
    /// The verdict on all runs together; none if one could not run, or if it was interrupted, and none failed.
    pub(super) verdict: Option<Verdict>,
    pub(super) interrupted: bool,
    pub(super) passed: u64,
    pub(super) failed: u64,
    pub(super) inconclusive: u64,
    pub(super) could_not_run: u64,
    pub(super) runs_per_minute: f64,
    /// Candidates by name.
    pub(super) candidates: BTreeMap<String, Drawn>,
    pub(super) runs: Vec<Line>,
    /// Failures, those of the same checks together.
    pub(super) findings: Vec<Finding>,
}

/// The runs in which a candidate stood.
#[derive(Debug, Default, Serialize)]
pub(super) struct Drawn {
    pub(super) drawn: u64,
    /// Those in which it was laid with an effect.
    pub(super) acted: u64,
}

/// A run in short.
#[derive(Debug, Serialize)]
pub(super) struct Line {
    pub(super) seed: u64,
    /// None if it could not run.
    pub(super) verdict: Option<Verdict>,
    pub(super) took_ms: u64,
    /// The reasons of a verdict that is not PASS.
    pub(super) reasons: Vec<String>,
    /// Faults that were drawn, in words.
    pub(super) drawn: Vec<String>,
}

/// A run that failed in a way that no earlier one did.
#[derive(Debug, Serialize)]
pub(super) struct Finding {
    pub(super) seed: u64,
    /// The names of the checks that failed.
    pub(super) failed: BTreeSet<String>,
    /// Further seeds whose runs failed in the same checks.
    pub(super) seeds_alike: Vec<u64>,
    /// The folder with logs, data and report of the run.
    pub(super) folder: Option<PathBuf>,
    /// The reason why there is no report in it, if it could not be written.
    pub(super) no_report: Option<String>,
    /// Keeps that folder until it has been printed.
    #[serde(skip)]
    #[expect(dead_code, reason = "it holds until it is dropped")]
    pub(super) held: Option<File>,
    /// The scenario that replays it; none if the search was interrupted before it began, or if there can be none.
    pub(super) pinned: Option<Pinned>,
    /// The reason why no file has that scenario, other than an interruption.
    pub(super) not_pinned: Option<String>,
}

impl Line {
    pub(super) fn of(scenario: &Scenario, seed: u64, report: &Report, took: Duration) -> Self {
        let failures = Failures::of(report);
        let mut reasons: Vec<String> = failures.checks.into_iter().chain(failures.faults).collect();
        if report.verdict == Verdict::Inconclusive {
            reasons.extend(unproven(report));
        }
        let plans = scenario.faults_of(seed).into_iter().filter(|plan| plan.is_drawn());
        let drawn = plans.map(|plan| {
            let acted = report.has_acted(plan.name());
            let suffix = if acted { "" } else { " (met nothing)" };
            format!("{}{suffix}", plan.words())
        });
        Self {
            seed,
            verdict: Some(report.verdict),
            took_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            reasons,
            drawn: drawn.collect(),
        }
    }

    pub(super) fn could_not_run(seed: u64, reason: String) -> Self {
        Self {
            seed,
            verdict: None,
            took_ms: 0,
            reasons: vec![reason],
            drawn: Vec::new(),
        }
    }

    /// The run in one line for people.
    pub(super) fn text(&self) -> String {
        let verdict = self.verdict.map_or("could not run", Verdict::as_str);
        let took = match self.verdict {
            Some(_) => format!(" in {}", seconds(Duration::from_millis(self.took_ms))),
            None => String::new(),
        };
        let reasons = match self.reasons.is_empty() {
            true => String::new(),
            false => format!(": {}", self.reasons.join(", ")),
        };
        let drawn = match self.drawn.is_empty() {
            true => String::new(),
            false => format!("; drawn: {}", self.drawn.join(", ")),
        };
        format!("seed {}: {verdict}{took}{reasons}{drawn}", self.seed)
    }
}

/// The reasons why a run proves nothing.
fn unproven(report: &Report) -> Vec<String> {
    let unexamined = report
        .invariants
        .iter()
        .filter(|it| it.verdict == Verdict::Inconclusive);
    let unexamined = unexamined.map(|it| format!("invariant {:?} examined nothing", it.name));
    let nothing = report
        .met_nothing()
        .then(|| "none of the drawn faults acted".to_owned());
    report
        .nothing_new
        .clone()
        .into_iter()
        .chain(nothing)
        .chain(unexamined)
        .collect()
}

impl Outcome {
    /// Candidates that were drawn and never acted, which shows nothing about them.
    pub(super) fn never_acted(&self) -> Vec<&str> {
        let never = self.candidates.iter().filter(|(_, it)| it.drawn > 0 && it.acted == 0);
        never.map(|(name, _)| name.as_str()).collect()
    }

    /// The verdict that all runs come to, as that of one run comes from its invariants.
    pub(super) fn judge(&mut self) {
        let unproven = self.passed == 0 || self.inconclusive > 0 || !self.never_acted().is_empty();
        self.verdict = match self {
            Self { failed: 1.., .. } => Some(Verdict::Fail),
            Self { could_not_run: 1.., .. } | Self { interrupted: true, .. } => None,
            _ if unproven => Some(Verdict::Inconclusive),
            _ => Some(Verdict::Pass),
        };
    }

    /// The end of the result for people, at most `width` wide.
    pub(super) fn text(&self, width: u16) -> String {
        let mut lines = Vec::new();
        if !self.candidates.is_empty() {
            let mut table = output::table(width);
            table.set_header(["candidate", "drawn in", "acted in"]);
            for (name, it) in &self.candidates {
                table.add_row([name.clone(), it.drawn.to_string(), it.acted.to_string()]);
            }
            lines.push(table.trim_fmt());
        }
        let mut table = output::table(width);
        table.set_header([
            "runs",
            "PASS",
            "FAIL",
            "INCONCLUSIVE",
            "could not run",
            "runs per minute",
        ]);
        let (passed, failed) = (self.passed, self.failed);
        let (open, not_run) = (self.inconclusive, self.could_not_run);
        let figures = [passed + failed + open + not_run, passed, failed, open, not_run];
        let rate = format!("{:.1}", self.runs_per_minute);
        table.add_row(figures.map(|it| it.to_string()).into_iter().chain([rate]));
        lines.push(table.trim_fmt());
        if !self.never_acted().is_empty() {
            lines.push(format!(
                "drawn and never acted, which shows nothing about them: {}",
                self.never_acted().join(", ")
            ));
        }
        lines.extend(self.findings.iter().map(Finding::text));
        let interrupted = if self.interrupted { ", interrupted" } else { "" };
        let verdict = self.verdict.map_or("no verdict", Verdict::as_str);
        lines.push(format!("{verdict}{interrupted}"));
        lines.join("\n")
    }
}

impl Finding {
    /// Takes what the search for the smallest scenario came to.
    pub(super) fn pin(&mut self, found: Result<Option<Pinned>, String>) {
        match found {
            Ok(pinned) => {
                self.not_pinned = pinned.as_ref().and_then(|it| it.not_written.clone());
                self.pinned = pinned;
            }
            Err(reason) => self.not_pinned = Some(reason),
        }
    }

    fn text(&self) -> String {
        let mut text = format!("seed {} failed: {}", self.seed, join(&self.failed));
        if !self.seeds_alike.is_empty() {
            let alike = self.seeds_alike.iter().map(u64::to_string).collect::<Vec<_>>();
            text += &format!("\n    so did seeds {}", alike.join(", "));
        }
        if let Some(folder) = &self.folder {
            let report = match &self.no_report {
                None => ", report.html, report.json".to_owned(),
                Some(reason) => format!("; {reason}"),
            };
            text += &format!("\n    kept in {}: logs, data{report}", folder.display());
        }
        text += &self.pinned.as_ref().map(Pinned::text).unwrap_or_default();
        match (&self.not_pinned, &self.pinned) {
            (Some(reason), _) => text += &format!("\n    not pinned: {reason}"),
            (None, Some(_)) => {}
            (None, None) => text += "\n    not pinned: it was interrupted before it could be tried again",
        }
        text
    }
}

/// Names in one line.
pub(super) fn join(names: &BTreeSet<String>) -> String {
    names.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}
