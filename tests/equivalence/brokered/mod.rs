//! Logs over a broker: the suites of every other way, and what can only happen to a stream.

mod streams;

use std::sync::Arc;

use tests::{
    Nats,
    equivalence::{
        Storage,
        feeds::{ADAPTERS, Apply, BROKER, Connect, Failure, Log, Property, Subject, broker, planted},
    },
};
use tokio::runtime::{Handle, Runtime};

use super::events::{LOG, answers_as_the_port_says, found, holds_for, waits_for_the_first};

/// Runs a test outside of any runtime, with a server that outlives it; nothing without a `nats-server`.
fn with_server<T>(test: impl FnOnce(Arc<Nats>) -> T) -> Option<T> {
    let runtime = Runtime::new().expect("a runtime starts");
    let _within = runtime.enter();
    let nats = runtime.block_on(Nats::start())?;
    Some(test(Arc::new(nats)))
}

fn every_adapter(nats: Arc<Nats>) -> Subject {
    let adapters = [ADAPTERS, &[BROKER]].concat();
    let every = Subject {
        adapters,
        ..Subject::default()
    };
    every.on(nats)
}

#[test]
fn every_event_takes_effect_once_and_in_order_over_a_broker_that_restarts() -> Result<(), Failure> {
    with_server(|nats| holds_for(every_adapter(nats), Storage::Sqlite)).unwrap_or(Ok(()))
}

#[test]
#[ignore = "needs a Docker engine"]
fn every_event_takes_effect_once_and_in_order_from_postgres_over_a_broker_in_a_container() -> Result<(), Failure> {
    Storage::on_postgres(|storage| {
        let nats = Handle::current().block_on(Nats::in_container());
        holds_for(Subject::with(BROKER).on(Arc::new(nats)), storage)
    })
}

#[test]
fn defects_of_a_feed_over_a_broker_are_found() {
    let feeds: [Connect; 4] = [
        planted::SKIPS_WHEN_FULL,
        planted::SHUFFLES,
        planted::REDELIVERS_LATE,
        planted::DROPS_IN_LONG_POLL,
    ];
    with_server(|nats| {
        for connect in feeds {
            found(planted::adapter(connect).on(Arc::clone(&nats)), Storage::Sqlite, LOG);
        }
    });
}

#[test]
fn defects_of_both_sides_of_a_broker_are_found() {
    let consumers: [(Apply, Property); 4] = [
        (planted::position_before_effect, Property::NothingLost),
        (planted::effect_before_position, Property::EffectOnce),
        (planted::swallows_poison, Property::Poison),
        (planted::lets_effects_overtake, Property::Order),
    ];
    with_server(|nats| {
        let subject = planted::adapter(broker).on(nats);
        for (apply, property) in consumers {
            let bad = Subject {
                apply,
                ..subject.clone()
            };
            found(bad, Storage::Sqlite, &[property]);
        }
        let commit = planted::publishes_first;
        found(
            Subject { commit, ..subject },
            Storage::Sqlite,
            &[Property::OnlyCommitted],
        );
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_over_a_broker_answers_every_read_as_the_port_says() -> Result<(), String> {
    let Some(nats) = Nats::start().await else { return Ok(()) };
    let nats = Arc::new(nats);
    answers_as_the_port_says(&Log::with(1_050, &[BROKER], &Storage::Sqlite, Some(&nats)).await?).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_over_a_broker_waits_for_the_first_event_and_no_longer() -> Result<(), String> {
    let Some(nats) = Nats::start().await else { return Ok(()) };
    let nats = Arc::new(nats);
    waits_for_the_first(&Log::with(3, &[BROKER], &Storage::Sqlite, Some(&nats)).await?).await
}
