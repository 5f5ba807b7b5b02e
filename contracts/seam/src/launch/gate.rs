//! Promote, hold or roll back, with the evidence.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::{
    Contract, Method, MethodKind,
    launch::{Dial, Group, Launch, Seen, Side, Stage, recorder::Tally, settings::Lane},
};

/// The claim that a step has to prove before the next one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Claim {
    /// The share of calls that may differ: below 0.001 by default, with 95 % confidence. Zero mismatches in n
    /// comparisons show a share below 3/n, so this takes 3,000 comparisons of each method.
    pub mismatches_below: f64,
    /// The share of shadow calls that may have been shed, killed, parked or timed out: 0.05. What was left out may be
    /// what would have differed.
    pub left_out_below: f64,
    /// Methods that need no comparisons, such as rarely called ones, each with the reason.
    pub exempt: Vec<(String, String)>,
}

impl Default for Claim {
    fn default() -> Self {
        Self {
            mismatches_below: 0.001,
            left_out_below: 0.05,
            exempt: Vec::new(),
        }
    }
}

impl Claim {
    /// The first field that is outside of its limits, with the value seen and the value wanted: both shares are above 0
    /// and at most 1, and an exempt method has a reason.
    pub fn problem(&self) -> Option<String> {
        for (field, share) in [
            ("mismatches_below", self.mismatches_below),
            ("left_out_below", self.left_out_below),
        ] {
            if !(share > 0.0 && share <= 1.0) {
                return Some(format!("{field} is {share}, wanted a share above 0 and at most 1"));
            }
        }
        let unreasoned = self.exempt.iter().find(|(_, reason)| reason.trim().is_empty());
        unreasoned
            .map(|(method, _)| format!("exempt method {method} has no reason, wanted why it needs no comparisons"))
    }

    /// The number of comparisons without a mismatch that the claim takes.
    pub fn needed(&self) -> u64 {
        let needed = (3.0 / self.mismatches_below).ceil();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "in range, by the test before it"
        )]
        if (1.0..1e15).contains(&needed) {
            needed as u64
        } else {
            u64::MAX
        }
    }

    fn exempts(&self, method: &str) -> bool {
        self.exempt
            .iter()
            .any(|(name, reason)| name == method && !reason.trim().is_empty())
    }
}

/// A recommendation for the next step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// The claim holds: widen a dial, or go on by a stage.
    Promote,
    /// The evidence is not enough, either way.
    Hold,
    /// The candidate is worse than the control.
    RollBack,
}

/// A decision with its evidence, all of it since the last step.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Judgement {
    /// The recommendation that follows from the evidence.
    pub decision: Decision,
    /// The reasons against promotion, the gravest first; empty if there are none.
    pub reasons: Vec<String>,
    /// The evidence for each method whose calls go to both sides and are compared.
    pub methods: Vec<Evidence>,
    /// The groups of mismatches.
    pub groups: Vec<Group>,
}

/// The evidence for one method.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// The name of the method.
    pub method: Cow<'static, str>,
    /// The calls that both sides answered.
    pub compared: u64,
    /// The number of comparisons that the claim takes.
    pub needed: u64,
    /// The greatest share of mismatches that zero mismatches in `compared` leave possible: 3/n; 1 without any.
    pub bound: f64,
    /// The calls that differ.
    pub different: u64,
    /// The calls that differ only as rules permit.
    pub explained: u64,
    /// The calls that the second side did not get, or not in time.
    pub left_out: u64,
    /// Calls without an answer, of the control and of the candidate.
    pub failures: [u64; 2],
    /// The greatest odds so far that the candidate fails more; 20 are enough.
    pub failure_odds: f64,
    /// Mean microseconds of the control and of the candidate.
    pub mean_micros: [u64; 2],
    /// The greatest odds so far that the candidate is slower than permitted; 20 are enough.
    pub slower_odds: f64,
}

impl<C: Contract + ?Sized> Launch<C> {
    /// Judges the step in progress. It decides nothing by itself: no dial is turned.
    ///
    /// Roll back: a confirmed mismatch beyond noise, or a sequential test that finds the candidate failing more or
    /// slower.
    /// Hold: a method with too few comparisons, a mismatch that is not confirmed yet, too many calls left out, writes
    /// that one side lacks, an expired rule, a launch that is killed; and always if nothing was compared.
    pub fn gate(&self, claim: &Claim) -> Judgement {
        let current = self.0.current();
        let (reads, writes) = (current.settings.reads, current.settings.writes);
        let book = self.0.recorder.book();
        let judged = C::METHODS
            .iter()
            .zip(&book.step)
            .filter(|(method, _)| is_compared(method, reads, writes));
        let judged: Vec<_> = judged.collect();
        let groups = book.groups.all();
        let mut found = Found::default();
        for (method, tally) in &judged {
            found.method(method, tally, claim);
        }
        for group in &groups {
            let tally = judged.iter().find(|(method, _)| method.name == group.method);
            found.group(group, tally.map(|(_, tally)| *tally));
        }
        if book.groups.beyond > 0 {
            found.bad.push(format!(
                "{} mismatches are of too many shapes to be grouped",
                book.groups.beyond
            ));
        }
        let methods: Vec<Evidence> = judged
            .iter()
            .map(|(method, tally)| evidence(method, tally, claim))
            .collect();
        if methods.iter().all(|method| method.compared == 0) {
            found
                .open
                .insert(0, "nothing was compared since the last step".to_owned());
        }
        drop(book);
        self.general(&mut found);
        let decision = match (found.bad.is_empty(), found.open.is_empty()) {
            (false, _) => Decision::RollBack,
            (true, false) => Decision::Hold,
            (true, true) => Decision::Promote,
        };
        found.bad.extend(found.open);
        Judgement {
            decision,
            reasons: found.bad,
            methods,
            groups,
        }
    }

    fn general(&self, found: &mut Found) {
        if self.0.is_killed() {
            found.open.push("the launch is killed".to_owned());
        }
        if let Some(problem) = self.0.current().problem {
            found
                .open
                .push(format!("its settings are not those of its source: {problem}"));
        }
        for side in [Side::Control, Side::Candidate] {
            let buckets = self.0.behind.buckets(side);
            if buckets > 0 {
                found.open.push(format!(
                    "the {side} lacks writes of {buckets} groups of keys; repair them"
                ));
            }
        }
        for (rule, used, has_expired) in self.0.judging().rules.standing() {
            if has_expired {
                found
                    .open
                    .push(format!("a rule has expired, after {used} calls: {rule}"));
            }
        }
    }
}

/// Returns `true` if calls of this method go to both sides and are compared.
fn is_compared(method: &Method, reads: Lane, writes: Lane) -> bool {
    let (lane, last) = match method.kind {
        MethodKind::Read => (reads, Stage::Live),
        MethodKind::Write => (writes, Stage::RampDown),
    };
    (Stage::Shadow..=last).contains(&lane.stage) && lane.shadowed > Dial::NONE
}

/// Reasons to roll back, and reasons to hold.
#[derive(Default)]
struct Found {
    bad: Vec<String>,
    open: Vec<String>,
}

impl Found {
    fn method(&mut self, method: &Method, tally: &Tally, claim: &Claim) {
        let name = method.name;
        let [control, candidate] = tally.failures;
        if tally.errors.is_worse() {
            self.bad.push(format!(
                "{name}: the candidate gave no answer {candidate} times, the control {control} times"
            ));
        }
        if tally.latency.is_worse() {
            let [control, candidate] = means(tally);
            self.bad.push(format!(
                "{name}: the candidate takes {candidate} us, the control {control} us"
            ));
        }
        let (compared, needed) = (tally.compared(), claim.needed());
        let exempt = claim.exempts(name);
        if compared < needed && !exempt {
            let never = if compared == 0 {
                "never compared"
            } else {
                "compared too seldom"
            };
            self.open
                .push(format!("{name} was {never}: {compared} of {needed} times"));
        }
        if compared >= needed && !exempt && !tally.latency.is_fine() && !tally.latency.is_worse() {
            self.open
                .push(format!("{name}: it is open whether the candidate is slower"));
        }
        let (left_out, all) = (left_out(tally), tally.all());
        if share(left_out, all) >= claim.left_out_below && left_out > 0 {
            self.open.push(format!(
                "{name}: {left_out} of {all} calls did not reach the second side in time"
            ));
        }
    }

    fn group(&mut self, group: &Group, tally: Option<&Tally>) {
        let Group {
            method,
            class,
            path,
            count,
            ..
        } = group;
        // A step back may have left groups of methods that are not compared now.
        let Some(tally) = tally else { return };
        if *count == 0 || is_noise(group, tally) {
            return;
        }
        let text = format!(
            "{method}: {class} at {path:?} differs in {count} of {} calls",
            tally.compared()
        );
        if group.confirmed {
            self.bad.push(text);
        } else {
            self.open
                .push(format!("{text}, and was not seen again after the pause yet"));
        }
    }
}

/// Returns `true` if the first side differs from itself as often. By a fifth more, and by three calls in 10,000, a
/// difference has to be more frequent than its noise to count.
fn is_noise(group: &Group, tally: &Tally) -> bool {
    let noise = share(group.noise, tally.noise_checks);
    noise > 0.0 && share(group.count, tally.compared()) <= noise * 1.2 + 0.000_3
}

fn left_out(tally: &Tally) -> u64 {
    let left_out = [
        Seen::Shed,
        Seen::Killed,
        Seen::Parked,
        Seen::TimedOut,
        Seen::Unjournalled,
    ];
    left_out.into_iter().map(|seen| tally.of(seen)).sum()
}

fn means(tally: &Tally) -> [u64; 2] {
    tally.micros.map(|micros| micros.checked_div(tally.timed).unwrap_or(0))
}

fn evidence(method: &Method, tally: &Tally, claim: &Claim) -> Evidence {
    let compared = tally.compared();
    Evidence {
        method: method.name.into(),
        compared,
        needed: claim.needed(),
        bound: if compared == 0 {
            1.0
        } else {
            (3.0 / float(compared)).min(1.0)
        },
        different: tally.of(Seen::Different),
        explained: tally.of(Seen::Explained),
        left_out: left_out(tally),
        failures: tally.failures,
        failure_odds: tally.errors.odds(),
        mean_micros: means(tally),
        slower_odds: tally.latency.odds(),
    }
}

fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { float(part) / float(whole) }
}

#[expect(clippy::cast_precision_loss, reason = "a share of counts needs no 16 digits")]
fn float(count: u64) -> f64 {
    count as f64
}
