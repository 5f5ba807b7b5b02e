use std::{cell::RefCell, collections::BTreeMap, future::Future, pin::pin, time::Duration};

use futures::future::{Either, join_all, select};
use serde_json::{Value, json};

use super::{
    Check, InvariantReport, Row, Scenario, Verdict,
    check::{CheckWhen, How},
    journey::common_variables,
    judge::EVIDENCE,
    timekeeper::Timekeeper,
    windows::Windows,
    workload::share,
};
use seam::Histogram;

use crate::{
    steps::{Client, Matches, Purpose, Request, Samples, World},
    topology::LogPattern,
};

/// The claims of a run that are checked by other means than SQL.
pub(super) struct Checks<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) world: &'a dyn World,
    pub(super) client: &'a Client<'a>,
    windows: &'a Windows<'a>,
    pub(super) time: &'a Timekeeper<'a>,
    pub(super) seed: u64,
    /// What was seen so far, in the order of the claims.
    seen: Vec<RefCell<Seen>>,
}

/// Looks at one claim.
#[derive(Debug, Default)]
struct Seen {
    /// The claim, by its number from 0.
    check: usize,
    looks: u64,
    held: u64,
    violations: usize,
    evidence: Vec<Row>,
    figures: BTreeMap<String, Value>,
}

impl<'a> Checks<'a> {
    pub(super) fn new(
        scenario: &'a Scenario,
        world: &'a dyn World,
        client: &'a Client<'a>,
        windows: &'a Windows<'a>,
        time: &'a Timekeeper<'a>,
        seed: u64,
    ) -> Self {
        let seen = (0..scenario.checks.len()).map(|check| {
            RefCell::new(Seen {
                check,
                ..Seen::default()
            })
        });
        let seen = seen.collect();
        Self {
            scenario,
            world,
            client,
            windows,
            time,
            seed,
            seen,
        }
    }

    /// Looks at what must hold meanwhile, until `work` is done.
    pub(super) async fn during<T>(&self, work: impl Future<Output = T>) -> T {
        let watch = async {
            join_all(self.each().map(|(check, seen)| self.watch(check, seen))).await;
        };
        match select(pin!(work), pin!(watch)).await {
            Either::Left((done, _)) => done,
            Either::Right(((), work)) => work.await,
        }
    }

    /// Looks at every claim for the last time, and judges it.
    pub(super) async fn judge(&self) -> Vec<InvariantReport> {
        let mut reports = Vec::new();
        for (check, seen) in self.each() {
            self.look(check, seen).await;
            reports.push(report(check, &seen.borrow()));
        }
        reports
    }

    fn each(&self) -> impl Iterator<Item = (&'a Check, &RefCell<Seen>)> {
        self.scenario.checks.iter().zip(&self.seen)
    }

    async fn watch(&self, check: &Check, seen: &RefCell<Seen>) {
        loop {
            match check.when {
                CheckWhen::End => return,
                CheckWhen::Once if seen.borrow().held > 0 => return,
                CheckWhen::Throughout | CheckWhen::Once => {}
            }
            self.look(check, seen).await;
            self.world.pause(check.every).await;
        }
    }

    async fn look(&self, check: &Check, seen: &RefCell<Seen>) {
        match &check.how {
            How::Latency {
                step,
                percentile,
                below,
            } => {
                let within = self.windows.seen_by(seen.borrow().check);
                let latencies =
                    within.map_or_else(|| self.client.latencies(step.as_deref()), |(latencies, _)| latencies);
                latency(&latencies, step.as_deref(), (*percentile, *below), seen);
            }
            How::Errors { step, below } => {
                let within = self.windows.seen_by(seen.borrow().check);
                let counts = within.map_or_else(
                    || of_journeys(&self.client.samples(), step.as_deref()),
                    |(latencies, errors)| (latencies.count(), errors),
                );
                errors(counts, step.as_deref(), *below, seen);
            }
            How::Log {
                node,
                pattern,
                must_match,
            } => {
                let parts = self.windows.parts_of(seen.borrow().check);
                let matches = self.world.log_matches(node, pattern, parts.as_deref(), EVIDENCE);
                lines(matches, pattern, *must_match, seen);
            }
            How::Probe { .. } | How::Command(_) => {
                let at_ms = self.time.now_ms();
                let asked = self.ask(check).await;
                let mut seen = seen.borrow_mut();
                seen.looks += 1;
                match asked {
                    Ok(()) => seen.held += 1,
                    Err(reason) => seen.violated(json!({ "at_ms": at_ms, "reason": reason })),
                }
            }
        }
    }

    /// Asks once what must be answered right.
    async fn ask(&self, check: &Check) -> Result<(), String> {
        match &check.how {
            How::Probe {
                role,
                method,
                path,
                statuses,
                value,
            } => {
                let path = path
                    .path(&common_variables(self.seed))
                    .map_err(|unset| unset.to_string())?;
                let request = Request {
                    method: (*method).to_owned(),
                    ..Request::get(path)
                };
                let answer = self.world.send(role, &request, check.within).await;
                let answer = answer.map_err(|error| format!("{role}: {request} {error}"))?;
                if !statuses.contains(&answer.status) {
                    return Err(format!(
                        "{role}: {request} answered {}, wanted {statuses:?}",
                        answer.status
                    ));
                }
                match value {
                    Some((pointer, values)) => match answer.body.pointer(pointer) {
                        Some(found) if values.contains(found) => Ok(()),
                        found => Err(format!(
                            "{role}: {request} has {} at {pointer}, wanted one of {}",
                            found.map_or_else(|| "nothing".to_owned(), ToString::to_string),
                            Value::from(values.clone())
                        )),
                    },
                    None => Ok(()),
                }
            }
            How::Command(errand) => {
                let limit = self.world.pause(check.within);
                match select(self.world.run(errand), limit).await {
                    Either::Left((ended, _)) => ended,
                    Either::Right(_) => {
                        let within = faults::show_duration(check.within);
                        Err(format!("it had not ended after {within}, and was killed"))
                    }
                }
            }
            How::Log { .. } | How::Latency { .. } | How::Errors { .. } => Ok(()),
        }
    }
}

impl Seen {
    fn violated(&mut self, evidence: Value) {
        self.violations += 1;
        if self.evidence.len() < EVIDENCE {
            self.evidence.push(row(evidence));
        }
    }
}

fn row(value: Value) -> Row {
    match value {
        Value::Object(row) => row,
        other => Row::from_iter([("value".to_owned(), other)]),
    }
}

fn report(check: &Check, seen: &Seen) -> InvariantReport {
    let once = check.when == CheckWhen::Once && seen.held > 0;
    let violations = if once { 0 } else { seen.violations };
    let verdict = match (seen.looks, violations) {
        (0, _) => Verdict::Inconclusive,
        (_, 0) => Verdict::Pass,
        (_, _) => Verdict::Fail,
    };
    InvariantReport {
        name: check.name.clone(),
        verdict,
        checked: seen.looks,
        figures: seen.figures.clone(),
        violations,
        evidence: if once { Vec::new() } else { seen.evidence.clone() },
    }
}

/// Judges the lines of a log: one must match, or none may.
fn lines(matches: Result<Matches, String>, pattern: &LogPattern, must_match: bool, seen: &RefCell<Seen>) {
    let mut seen = seen.borrow_mut();
    let matches = match matches {
        Ok(matches) => matches,
        Err(reason) => return seen.violated(json!({ "reason": reason })),
    };
    seen.looks = matches.lines;
    seen.figures.insert("matching".to_owned(), matches.matching.into());
    match (must_match, matches.matching) {
        (true, 0) => seen.violated(json!({ "no line matches": pattern.to_string() })),
        (true, _) | (false, 0) => seen.held += 1,
        (false, number) => {
            seen.violations = number;
            seen.evidence = matches.first.iter().map(|line| row(json!({ "line": line }))).collect();
        }
    }
}

/// Compares the latency that so many in a hundred requests of the journeys did not exceed. It counts each of them:
/// those that are kept one by one are a sample, in which failures and slow ones have another share.
fn latency(latencies: &Histogram, step: Option<&str>, (percentile, below): (f64, Duration), seen: &RefCell<Seen>) {
    let mut seen = seen.borrow_mut();
    seen.looks = latencies.count();
    if seen.looks == 0 {
        return;
    }
    let value = latencies.at(rank(percentile, seen.looks));
    let name = format!("p{percentile}_ms");
    let millis = json!((value as f64) / 1_000.0);
    seen.figures.insert(name.clone(), millis.clone());
    if Duration::from_micros(value) < below {
        seen.held += 1;
    } else {
        let below = faults::show_duration(below);
        seen.violated(json!({ name: millis, "wanted below": below, "step": step }));
    }
}

/// The rank of a percentile among so many values, from 1: that of the smallest which so many in a hundred do not
/// exceed.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a percentile lies in 0 to 100, and there are far fewer than 2^52 requests"
)]
fn rank(percentile: f64, values: u64) -> u64 {
    ((percentile / 100.0 * values as f64).ceil() as u64).max(1)
}

/// The requests of the journeys, of one step or of all, and the number of those that failed.
fn of_journeys(samples: &Samples, step: Option<&str>) -> (u64, u64) {
    let is_meant =
        |its: &&crate::steps::StepSamples| its.purpose == Purpose::Journey && step.is_none_or(|step| its.step == step);
    let meant = samples.steps.iter().filter(is_meant);
    meant.fold((0, 0), |(requests, errors), its| {
        (requests + its.figures.count, errors + its.figures.errors)
    })
}

/// Compares the share of requests that failed.
fn errors((requests, errors): (u64, u64), step: Option<&str>, below: f64, seen: &RefCell<Seen>) {
    let mut seen = seen.borrow_mut();
    seen.looks = requests;
    seen.figures.insert("errors".to_owned(), errors.into());
    if share(errors, requests) < below {
        seen.held += 1;
    } else {
        let share = share(errors, requests);
        seen.violated(json!({ "errors": errors, "share": share, "wanted below": below, "step": step }));
    }
}
