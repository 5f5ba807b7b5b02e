//! Whatever the way from a module's log to a consumer, and whatever breaks on it, each event takes effect once
//! and in order.

use std::{process::Command, time::Duration};

use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use tests::equivalence::{
    Storage,
    feeds::{ADAPTERS, Failure, Log, Property, Subject, Suite, local, planted},
};

const REGRESSIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/equivalence/regressions/events");

fn holds(storage: Storage) -> Result<(), Failure> {
    holds_for(Subject::default(), storage)
}

pub(crate) fn holds_for(subject: Subject, storage: Storage) -> Result<(), Failure> {
    let has_broker = subject.broker.is_some();
    let report = Suite::new(subject, storage).regressions(REGRESSIONS).run()?;
    eprintln!("{report}");
    let mut unmet = report.tally.unmet();
    unmet.retain(|kind| has_broker || *kind != "broker restarts");
    assert!(unmet.is_empty(), "no history held any of these: {unmet:?}");
    Ok(())
}

/// Properties that a feed violates if it shows something else than the log: consumers find the first, reading
/// everything the second.
pub(crate) const LOG: &[Property] = &[Property::VisibleInOrder, Property::SameList];

/// Asserts that the suite finds a violation of one of these properties.
pub(crate) fn found(subject: Subject, storage: Storage, properties: &[Property]) {
    let passed = Suite::new(subject, storage).shrinks(6).run();
    let failure = passed.expect_err("the defect is found");
    eprintln!("{failure}");
    let counterexample = failure.counterexample().expect("a history breaks a property");
    let is_it = properties.iter().any(|property| counterexample.breaks(*property));
    assert!(is_it, "wanted one of {properties:?}");
}

#[test]
fn every_event_takes_effect_once_and_in_order_over_every_adapter() -> Result<(), Failure> {
    holds(Storage::Sqlite)
}

#[test]
fn a_feed_that_skips_an_event_when_a_batch_is_full_is_found() {
    let subject = planted::adapter(planted::SKIPS_WHEN_FULL);
    found(subject, Storage::Sqlite, LOG);
}

#[test]
fn a_feed_that_shows_positions_out_of_order_is_found() {
    let subject = planted::adapter(planted::SHUFFLES);
    found(subject, Storage::Sqlite, LOG);
}

#[test]
fn a_feed_that_redelivers_out_of_order_is_found() {
    let subject = planted::adapter(planted::REDELIVERS_LATE);
    found(subject, Storage::Sqlite, LOG);
}

#[test]
fn a_feed_that_drops_the_event_that_comes_during_a_long_poll_is_found() {
    let subject = planted::adapter(planted::DROPS_IN_LONG_POLL);
    found(subject, Storage::Sqlite, LOG);
}

#[test]
fn a_module_that_acknowledges_an_event_of_a_write_that_is_rolled_back_is_found() {
    let subject = Subject {
        commit: planted::publishes_first,
        ..planted::adapter(local)
    };
    found(subject, Storage::Sqlite, &[Property::OnlyCommitted]);
}

#[test]
fn a_consumer_that_commits_its_position_before_the_effect_is_found() {
    let subject = Subject {
        apply: planted::position_before_effect,
        ..planted::adapter(local)
    };
    found(subject, Storage::Sqlite, &[Property::NothingLost]);
}

#[test]
fn a_consumer_that_commits_its_position_after_the_effect_is_found() {
    let subject = Subject {
        apply: planted::effect_before_position,
        ..planted::adapter(local)
    };
    found(subject, Storage::Sqlite, &[Property::EffectOnce]);
}

#[test]
fn a_consumer_that_swallows_what_it_can_not_handle_is_found() {
    let subject = Subject {
        apply: planted::swallows_poison,
        ..planted::adapter(local)
    };
    found(subject, Storage::Sqlite, &[Property::Poison]);
}

#[test]
fn a_consumer_that_lets_a_later_effect_overtake_is_found() {
    let subject = Subject {
        apply: planted::lets_effects_overtake,
        ..planted::adapter(local)
    };
    found(subject, Storage::Sqlite, &[Property::Order]);
}

#[test]
fn a_setting_that_is_no_number_of_its_kind_is_refused_with_what_would_be_one() {
    for (name, value, wanted) in [
        (
            "SEAM_CASES",
            "0",
            "SEAM_CASES is \"0\", wanted a whole number, at least 1",
        ),
        (
            "SEAM_SEED",
            "-1",
            "SEAM_SEED is \"-1\", wanted a whole number, at least 0",
        ),
        (
            "SEAM_CASE",
            "all",
            "SEAM_CASE is \"all\", wanted a whole number, at least 0",
        ),
    ] {
        let mut suite = Command::new(std::env::current_exe().unwrap());
        suite.args([
            "--exact",
            "events::every_event_takes_effect_once_and_in_order_over_every_adapter",
        ]);

        let output = suite.env(name, value).output().unwrap();

        let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{name}={value}: {said}");
        assert!(said.contains(wanted), "{name}={value}: {said}");
    }
}

/// Strategy for positions at and around the ends of the log, and between them.
fn position() -> impl Strategy<Value = i64> {
    prop_oneof![
        prop::sample::select(vec![
            i64::MIN,
            -1,
            0,
            1,
            99,
            100,
            101,
            999,
            1_000,
            1_001,
            1_049,
            1_050,
            1_051,
            i64::MAX
        ]),
        0..1_100_i64,
    ]
}

fn limit() -> impl Strategy<Value = u32> {
    prop_oneof![
        prop::sample::select(vec![0, 1, 2, 50, 51, 100, 999, 1_000, 1_001, u32::MAX]),
        1..60_u32,
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn every_adapter_answers_every_read_as_the_port_says() -> Result<(), String> {
    answers_as_the_port_says(&Log::with(1_050, ADAPTERS, &Storage::Sqlite, None).await?).await
}

pub(crate) async fn answers_as_the_port_says(log: &Log) -> Result<(), String> {
    let mut runner = TestRunner::deterministic();
    let mut reads = vec![
        (0, 1_000),
        (50, 1_000),
        (0, 1_001),
        (0, 0),
        (-1, 10),
        (log.head(), 1),
        (i64::MAX, 1_000),
    ];
    for _ in 0..40 {
        let drawn = (position(), limit())
            .new_tree(&mut runner)
            .map_err(|reason| reason.to_string())?;
        reads.push(drawn.current());
    }
    for (after, limit) in reads {
        for (name, answer) in log.read(after, limit, Duration::ZERO).await {
            assert_eq!(answer, log.promised(after, limit), "{name}, {limit} after {after}");
        }
    }
    log.end().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_adapter_waits_for_the_first_event_and_no_longer() -> Result<(), String> {
    waits_for_the_first(&Log::with(3, ADAPTERS, &Storage::Sqlite, None).await?).await
}

pub(crate) async fn waits_for_the_first(log: &Log) -> Result<(), String> {
    let long = Duration::from_secs(3_600);
    for (name, answer) in log.read(0, 10, long).await {
        assert_eq!(
            answer,
            log.promised(0, 10),
            "{name} has them already, and an hour is as good as 30 s"
        );
    }
    for (name, answer) in log.read(log.head(), 10, Duration::from_millis(30)).await {
        assert_eq!(answer, Ok(Vec::new()), "{name} gives up");
    }
    for (name, answer) in log.read(-1, 10, long).await {
        assert_eq!(answer, log.promised(-1, 10), "{name} does not wait to refuse");
    }

    let head = log.head();
    let (answers, appended) = tokio::join!(
        tokio::time::timeout(Duration::from_secs(20), log.read(head, 10, long)),
        log.append(2)
    );

    appended?;
    for (name, answer) in answers.map_err(|_| "nobody was woken in 20 s")? {
        assert!(answer.is_ok_and(|shown| !shown.is_empty()), "{name} was woken");
    }
    log.end().await;
    Ok(())
}

#[test]
#[ignore = "needs a Docker engine"]
fn every_event_takes_effect_once_and_in_order_over_every_adapter_on_postgres() -> Result<(), Failure> {
    Storage::on_postgres(holds)
}
