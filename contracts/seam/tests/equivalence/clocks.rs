//! Moments that subjects read off clocks of their own.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use proptest::prelude::*;
use seam::{
    BoxFuture, Carrier, Contract, TransportFailure,
    equivalence::{Cell, Failure, Instance, Model, Report, Rule, Suite},
};
use serde::{Deserialize, Serialize};

#[seam::contract(name = "diary")]
trait Diary: Send + Sync {
    #[write(key = page)]
    async fn write(&self, page: u8) -> Result<Entry, DiaryError>;
    #[read]
    async fn changed_since(&self, moment: u64) -> Result<Vec<u8>, DiaryError>;
}

/// A page, when it was begun and when it last changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Entry {
    begun_at: u64,
    changed_at: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
enum DiaryError {
    #[error(transparent)]
    Transport(#[from] TransportFailure),
}

impl seam::ContractError for DiaryError {
    fn transport(&self) -> Option<&TransportFailure> {
        let Self::Transport(failure) = self;
        Some(failure)
    }
}

/// Looks at the clock twice while a page is begun.
#[derive(Clone, Debug, Default, PartialEq)]
struct Pages {
    clock: u64,
    pages: BTreeMap<u8, Entry>,
}

impl Pages {
    fn now(&mut self) -> u64 {
        self.clock += 1;
        1_000 + self.clock
    }

    fn changed_since(&self, moment: u64) -> Vec<u8> {
        let changed = self.pages.iter().filter(|(_, entry)| entry.changed_at >= moment);
        changed.map(|(page, _)| *page).collect()
    }
}

impl Model for Pages {
    type Contract = dyn Diary;

    fn next_call(&self) -> BoxedStrategy<DiaryCall> {
        let write = (0..4_u8).prop_map(|page| DiaryCall::Write { page });
        let moments: Vec<u64> = self.pages.values().map(|entry| entry.changed_at).collect();
        if moments.is_empty() {
            return write.boxed();
        }
        let since = prop::sample::select(moments).prop_map(|moment| DiaryCall::ChangedSince { moment });
        prop_oneof![2 => write, 1 => since].boxed()
    }

    fn apply(&mut self, call: &DiaryCall) -> DiaryReply {
        match *call {
            DiaryCall::Write { page } => {
                let now = self.now();
                let begun_at = self.pages.get(&page).map_or(now, |entry| entry.begun_at);
                let changed_at = self.now();
                let entry = Entry { begun_at, changed_at };
                self.pages.insert(page, entry.clone());
                DiaryReply::Write(Ok(entry))
            }
            DiaryCall::ChangedSince { moment } => DiaryReply::ChangedSince(Ok(self.changed_since(moment))),
        }
    }

    fn reachable() -> Vec<Cell> {
        Cell::table(&[("any", "write", "ok"), ("any", "changed_since", "ok")])
    }
}

/// Way in which a diary reports times, derived from those of the model for the old and the new entry.
type Clock = fn(Option<&Entry>, Entry) -> Entry;

struct Paper(Mutex<Pages>, Clock);

/// Reads the clock on the wall, which shows milliseconds.
#[derive(Default)]
struct Wall(Mutex<Pages>);

impl Carrier<dyn Diary> for Wall {
    fn carry(&self, call: DiaryCall) -> BoxFuture<'_, DiaryReply> {
        let mut pages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let reply = match call {
            DiaryCall::Write { page } => {
                let since = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
                let now = u64::try_from(since.as_millis()).unwrap_or_default();
                let begun_at = pages.pages.get(&page).map_or(now, |entry| entry.begun_at);
                pages.pages.insert(page, at(begun_at, now));
                DiaryReply::Write(Ok(at(begun_at, now)))
            }
            DiaryCall::ChangedSince { moment } => DiaryReply::ChangedSince(Ok(pages.changed_since(moment))),
        };
        Box::pin(std::future::ready(reply))
    }
}

impl Carrier<dyn Diary> for Paper {
    fn carry(&self, call: DiaryCall) -> BoxFuture<'_, DiaryReply> {
        let Self(pages, clock) = self;
        let mut pages = pages.lock().unwrap_or_else(PoisonError::into_inner);
        let reply = match (&call, pages.clone().apply(&call)) {
            (DiaryCall::Write { page }, DiaryReply::Write(Ok(entry))) => {
                let entry = clock(pages.pages.get(page), entry);
                pages.clock += 2;
                pages.pages.insert(*page, entry.clone());
                DiaryReply::Write(Ok(entry))
            }
            (_, reply) => reply,
        };
        Box::pin(std::future::ready(reply))
    }
}

fn suite(resolution: Duration) -> Suite<Pages> {
    let rule = |field| Rule::clock(field, resolution, "diaries", "each has a clock");
    Suite::new("diary", Pages::default())
        .rule(rule("begun_at"))
        .rule(rule("changed_at"))
}

fn run(clock: Clock) -> Result<Report, Failure> {
    let paper = suite(Duration::from_micros(1)).subject("paper", move || async move {
        let paper = Arc::new(Paper(Mutex::default(), clock));
        Ok::<_, String>(Instance::new(<dyn Diary>::via(paper)))
    });
    paper.cases(32).run()
}

/// The shortest history that shows what is wrong with the clock, and why it is wrong.
fn found(clock: Clock) -> (usize, String) {
    let failure = run(clock).unwrap_err();
    let counterexample = failure.counterexample().unwrap_or_else(|| panic!("{failure}"));
    (counterexample.history.len(), failure.to_string())
}

fn at(begun_at: u64, changed_at: u64) -> Entry {
    Entry { begun_at, changed_at }
}

#[test]
fn a_clock_of_its_own_passes_and_calls_that_name_a_moment_are_given_the_subject_s() {
    let report = run(|before, now| {
        at(
            before.map_or(now.begun_at + 7, |page| page.begun_at),
            now.changed_at + 7,
        )
    });

    assert!(report.unwrap().unused_rules.is_empty());
}

#[test]
fn calls_come_a_tick_of_the_clock_apart() {
    let wall = suite(Duration::from_millis(1)).subject("wall", || async {
        Ok::<_, String>(Instance::new(<dyn Diary>::via(Arc::new(Wall::default()))))
    });

    let report = wall.cases(8).calls(10).run();

    assert!(report.is_ok(), "{report:?}");
}

#[test]
fn a_clock_that_does_not_tick_within_a_call_passes() {
    let report = run(|before, now| {
        let now = now.changed_at / 2;
        at(before.map_or(now, |page| page.begun_at), now)
    });

    assert!(report.is_ok());
}

#[test]
fn a_change_that_keeps_its_old_time_is_found() {
    let (calls, text) = found(|before, now| before.cloned().unwrap_or(now));

    assert_eq!(calls, 2, "{text}");
    assert!(
        text.contains("a moment later than 1002, which stands for 1002"),
        "{text}"
    );
}

#[test]
fn a_change_that_has_the_time_of_another_call_is_found() {
    let (calls, text) = found(|before, now| at(before.map_or(7, |page| page.begun_at), 7 + now.changed_at / 8));

    assert!(calls >= 2, "{text}");
    assert!(text.contains("a moment later than"), "{text}");
}

#[test]
fn a_clock_that_runs_backwards_is_found_even_within_a_reply() {
    let (calls, text) = found(|before, now| {
        at(
            before.map_or(9_000 - now.begun_at, |page| page.begun_at),
            9_000 - now.changed_at,
        )
    });

    assert_eq!(calls, 1, "{text}");
}

#[test]
fn one_moment_that_is_told_as_two_is_found() {
    let (calls, text) = found(|before, now| {
        at(
            now.changed_at * 10 + u64::from(before.is_none()),
            now.changed_at * 10 + 2,
        )
    });

    assert_eq!(calls, 2, "{text}");
}
