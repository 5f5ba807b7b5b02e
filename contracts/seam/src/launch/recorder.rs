//! Counts, groups and the last observations: all in memory, all bounded.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use serde::Serialize;

use crate::{
    Method,
    launch::{
        Limits, Side,
        evidence::Sequential,
        groups::{Group, Groups, News, Sample, redacted},
        observer::{self, Observer},
        verdict::{Class, Difference, Verdict},
    },
    time,
};

/// The result of a call that went to both sides, or should have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Seen {
    /// Both sides answered the same.
    Same,
    /// Both sides answered, and differ only as rules permit.
    Explained,
    /// Both sides answered, and differ.
    Different,
    /// Both sides wrote. Their answers are not compared in stage `dualwrite`.
    Written,
    /// The first side gave no answer, or could not take the call now, so the second was not asked.
    Unanswered,
    /// The second side gave no answer, or could not take the call now.
    Transport,
    /// The second side gave no answer within the time limit.
    TimedOut,
    /// The second side was not asked: too many calls were on their way.
    Shed,
    /// The second side was not asked: the launch is killed.
    Killed,
    /// The second side was not asked: it lacks earlier writes of the key.
    Parked,
    /// The second side was not asked: the journal could not be written.
    Unjournalled,
}

impl Seen {
    /// All results, in the order of the metrics.
    pub const ALL: [Self; 11] = [
        Self::Same,
        Self::Explained,
        Self::Different,
        Self::Written,
        Self::Unanswered,
        Self::Transport,
        Self::TimedOut,
        Self::Shed,
        Self::Killed,
        Self::Parked,
        Self::Unjournalled,
    ];

    /// The name in metrics and files, such as `timed_out`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Explained => "explained",
            Self::Different => "different",
            Self::Written => "written",
            Self::Unanswered => "unanswered",
            Self::Transport => "transport",
            Self::TimedOut => "timed_out",
            Self::Shed => "shed",
            Self::Killed => "killed",
            Self::Parked => "parked",
            Self::Unjournalled => "unjournalled",
        }
    }
}

/// One call that went to both sides, or should have.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Observation {
    /// The method that was called.
    pub method: &'static str,
    /// Microseconds since 1970-01-01T00:00:00Z.
    pub at_micros: u64,
    /// The side whose answer the caller got.
    pub first: Side,
    /// The result of the call.
    pub seen: Seen,
    /// Microseconds that the first side took.
    pub first_micros: u64,
    /// Microseconds that the second side took, if it was asked.
    pub second_micros: Option<u64>,
    /// Shapes of the differences: class and path.
    pub differences: Vec<(Class, String)>,
    /// The id of the request.
    pub request: Option<String>,
}

/// Counts of one method.
#[derive(Clone, Debug)]
pub(crate) struct Tally {
    pub(crate) seen: [u64; Seen::ALL.len()],
    /// Calls in which the first side was compared with itself.
    pub(crate) noise_checks: u64,
    pub(crate) micros: [u64; 2],
    pub(crate) timed: u64,
    pub(crate) failures: [u64; 2],
    pub(crate) errors: Sequential,
    pub(crate) latency: Sequential,
}

impl Tally {
    fn new() -> Self {
        Self {
            seen: [0; Seen::ALL.len()],
            noise_checks: 0,
            micros: [0; 2],
            timed: 0,
            failures: [0; 2],
            errors: Sequential::new(0.75),
            latency: Sequential::new(0.65),
        }
    }

    pub(crate) fn of(&self, seen: Seen) -> u64 {
        self.seen[seen as usize]
    }

    pub(crate) fn compared(&self) -> u64 {
        self.of(Seen::Same) + self.of(Seen::Explained) + self.of(Seen::Different)
    }

    pub(crate) fn all(&self) -> u64 {
        self.seen.iter().sum()
    }
}

/// The counts and groups since the last step, and the counts since the start.
#[derive(Debug)]
pub(crate) struct Book {
    pub(crate) total: Vec<Tally>,
    pub(crate) step: Vec<Tally>,
    pub(crate) groups: Groups,
    last: VecDeque<Observation>,
}

/// The record of one call.
pub(crate) struct Record {
    pub(crate) method: usize,
    pub(crate) first: Side,
    pub(crate) seen: Seen,
    pub(crate) took: (Duration, Option<Duration>),
    pub(crate) second_panicked: bool,
    pub(crate) verdict: Verdict,
    pub(crate) request: Option<String>,
}

/// Keeps what a launch observed.
#[derive(Debug)]
pub(crate) struct Recorder {
    methods: &'static [Method],
    /// Calls by method and by the side that answered.
    calls: Vec<[AtomicU64; 2]>,
    book: Mutex<Book>,
    observers: Vec<Arc<dyn Observer>>,
    limits: Limits,
}

impl Recorder {
    pub(crate) fn new(methods: &'static [Method], limits: Limits, observers: Vec<Arc<dyn Observer>>) -> Self {
        let tallies = || methods.iter().map(|_| Tally::new()).collect::<Vec<_>>();
        Self {
            methods,
            calls: methods.iter().map(|_| Default::default()).collect(),
            book: Mutex::new(Book {
                total: tallies(),
                step: tallies(),
                groups: Groups::default(),
                last: VecDeque::new(),
            }),
            observers,
            limits,
        }
    }

    pub(crate) fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn methods(&self) -> &'static [Method] {
        self.methods
    }

    /// The position of a method. Methods of one contract have distinct names, mostly at distinct places.
    pub(crate) fn index(&self, method: &Method) -> usize {
        let is_same = |known: &Method| std::ptr::eq(known.name, method.name) || known.name == method.name;
        self.methods.iter().position(is_same).unwrap_or(0)
    }

    pub(crate) fn called(&self, method: usize, side: Side) {
        if let Some(calls) = self.calls.get(method) {
            calls[side as usize].fetch_add(1, Relaxed);
        }
    }

    pub(crate) fn calls(&self, method: usize, side: Side) -> u64 {
        self.calls
            .get(method)
            .map_or(0, |calls| calls[side as usize].load(Relaxed))
    }

    /// Forgets the counts and groups of the last step; those since the start stay.
    pub(crate) fn begin_step(&self) {
        let mut book = self.book();
        book.step = self.methods.iter().map(|_| Tally::new()).collect();
        book.groups = Groups::default();
    }

    pub(crate) fn last(&self) -> Vec<Observation> {
        self.book().last.iter().cloned().collect()
    }

    pub(crate) fn groups(&self) -> Vec<Group> {
        self.book().groups.all()
    }

    pub(crate) fn noise(&self, method: usize, verdict: &Verdict) {
        let mut book = self.book();
        let Book {
            total, step, groups, ..
        } = &mut *book;
        for tally in [&mut total[method], &mut step[method]] {
            tally.noise_checks += u64::from(*verdict != Verdict::NoAnswer);
        }
        if let Verdict::Different(differences) = verdict {
            groups.add_noise(self.methods[method].name, differences);
        }
    }

    pub(crate) fn record(&self, record: &Record, shown: &[String]) {
        let name = self.methods[record.method].name;
        let news = {
            let mut book = self.book();
            let Book {
                total, step, groups, ..
            } = &mut *book;
            for tally in [&mut total[record.method], &mut step[record.method]] {
                self.tally(tally, record);
            }
            match &record.verdict {
                Verdict::Different(differences) => {
                    let when = (time::monotonic(), self.limits.pause);
                    groups.add(name, differences, |difference| sample(difference, shown, record), when)
                }
                Verdict::Same | Verdict::Explained | Verdict::NoAnswer => Vec::new(),
            }
        };
        for (class, path, told) in &news {
            match told {
                News::First => tracing::warn!(method = name, %class, path, "the sides of a launch differ"),
                News::Confirmed => tracing::error!(method = name, %class, path, "the sides of a launch differ again"),
                News::Known => {}
            }
        }
        let micros = |took: Duration| u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let observation = Observation {
            method: name,
            at_micros: micros(time::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default()),
            first: record.first,
            seen: record.seen,
            first_micros: micros(record.took.0),
            second_micros: record.took.1.map(micros),
            differences: news.into_iter().map(|(class, path, _)| (class, path)).collect(),
            request: record.request.clone(),
        };
        tracing::debug!(
            method = name,
            seen = record.seen.name(),
            "a call went to both sides of a launch"
        );
        for observer in &self.observers {
            observer::told(&**observer, &observation);
        }
        let mut book = self.book();
        if book.last.len() >= self.limits.observations {
            book.last.pop_front();
        }
        if self.limits.observations > 0 {
            book.last.push_back(observation);
        }
    }

    fn tally(&self, tally: &mut Tally, record: &Record) {
        tally.seen[record.seen as usize] += 1;
        let second = record.first.other();
        let failed = match record.seen {
            Seen::Unanswered => Some(record.first),
            Seen::Transport | Seen::TimedOut => Some(second),
            Seen::Different if record.second_panicked => Some(second),
            _ => None,
        };
        if let Some(side) = failed {
            tally.failures[side as usize] += 1;
            tally.errors.add(side == Side::Candidate);
        }
        let Some(took) = record.took.1 else { return };
        let (control, candidate) = match record.first {
            Side::Control => (record.took.0, took),
            Side::Candidate => (took, record.took.0),
        };
        let micros = |took: Duration| u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        tally.timed += 1;
        tally.micros[0] = tally.micros[0].saturating_add(micros(control));
        tally.micros[1] = tally.micros[1].saturating_add(micros(candidate));
        let bound = control.mul_f64(self.limits.latency_ratio) + self.limits.latency_slack;
        tally.latency.add(candidate > bound);
    }
}

fn sample(difference: &Difference, shown: &[String], record: &Record) -> Sample {
    let mismatch = &difference.mismatch;
    Sample {
        at: mismatch.at.clone(),
        expected: redacted(mismatch.expected.as_ref(), &mismatch.at, shown),
        seen: redacted(mismatch.seen.as_ref(), &mismatch.at, shown),
        request: record.request.clone(),
    }
}
