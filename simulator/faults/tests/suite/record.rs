use std::{collections::BTreeMap, time::Duration};

use faults::{
    Direction, Distribution, Effect, Faults, KEPT_DECISIONS, Latency, Outcome, Reset, SlowClose, Timeout, Which, draw,
};
use tokio::{
    io::AsyncWriteExt,
    time::{Instant, sleep},
};

use crate::fixture::{ENDLESS, LIMIT, Link, Pair, exchange, fault, is_reset, on_connections, read, towards};

const CONNECTIONS: u64 = 40;

/// The connections that a fault with probability one half reset, beside whatever `lay_others` lays.
async fn reset_connections(lay_others: impl Fn(&Link)) -> Vec<u64> {
    let link = Link::with(Faults::new(11, "link")).await;
    lay_others(&link);
    let half = on_connections(Which::Probability(0.5), "half", Effect::Reset(Reset::default()));
    link.lay(half);
    for _ in 0..CONNECTIONS {
        let mut client = link.connect().await;
        if client.write_all(b"?").await.is_ok() {
            is_reset(&mut client).await;
        }
    }
    let decided = |record: &faults::Record| {
        let tally = record.tallies["half"];
        tally.fired + tally.not_drawn == CONNECTIONS
    };
    let record = link.until(decided).await;
    let own = record.decisions.iter().filter(|decision| decision.fault == "half");
    let outcomes: BTreeMap<u64, Outcome> = own.map(|one| (one.connection, one.outcome.clone())).collect();
    assert_eq!(outcomes.len() as u64, CONNECTIONS);
    let fired = outcomes.into_iter().filter(|(_, outcome)| *outcome == Outcome::Fired);
    fired.map(|(connection, _)| connection).collect()
}

#[tokio::test]
async fn chance_follows_from_the_seed_and_one_more_fault_changes_none() {
    let wanted: Vec<u64> = (1..=CONNECTIONS)
        .filter(|connection| draw(11, "link", *connection, 0, "half") < 0.5)
        .collect();
    assert!((5..35).contains(&wanted.len()), "{wanted:?}");

    assert_eq!(reset_connections(|_| {}).await, wanted);
    let with_others = reset_connections(|link| {
        for number in 0..5 {
            let closing = Effect::SlowClose(SlowClose { delay: ENDLESS });
            link.lay(on_connections(
                Which::Probability(0.3),
                &format!("other {number}"),
                closing,
            ));
        }
    });
    assert_eq!(with_others.await, wanted);
}

#[tokio::test]
async fn a_second_fault_of_a_kind_is_recorded_as_masked_until_the_first_is_lifted() {
    let link = Link::new().await;
    let corrupt = |every| Effect::Corrupt(faults::Corrupt { every });
    link.lay(fault("first", corrupt(1 << 30)));
    link.lay(fault("second", corrupt(1)));
    let mut client = link.connect_whole().await;
    let record = link.until(|record| record.tallies["second"].masked == 1).await;
    let masked = record
        .decisions
        .iter()
        .find(|decision| decision.fault == "second")
        .unwrap();
    let by = "first".to_owned();
    assert_eq!((masked.connection, &masked.outcome), (1, &Outcome::Masked { by }));
    exchange(&mut client, b"as it was").await;

    link.lift("first");
    client.write_all(b"changed").await.unwrap();

    link.until_fired("second", 1).await;
    let tally = link.proxy.faults().record().tallies["first"];
    assert_eq!(
        (tally.met, tally.fired),
        (1, 0),
        "a fault that did not act did not fire"
    );
}

#[tokio::test]
async fn a_connection_is_met_by_the_first_byte_that_passes_in_the_direction_of_the_fault() {
    let mut pair = Pair::new().await;
    let latency = || {
        Effect::Latency(Latency {
            delay: Duration::from_millis(1),
            jitter: Duration::ZERO,
            distribution: Distribution::Uniform,
        })
    };
    pair.lay(towards(Direction::ToUpstream, "late", latency()));
    pair.lay(on_connections(Which::Probability(0.0), "spared", latency()));
    pair.lay(fault("masked", latency()));
    let seen = |pair: &Pair| {
        let tallies = pair.proxy.faults().record().tallies;
        ["late", "spared", "masked"].map(|name| {
            let tally = tallies[name];
            (tally.met, tally.fired + tally.not_drawn + tally.masked)
        })
    };

    // The reset that comes after them has been decided about, so they have too.
    pair.lay(on_connections(
        Which::Probability(0.0),
        "known",
        Effect::Reset(Reset::default()),
    ));
    let deadline = Instant::now() + LIMIT;
    while pair.proxy.faults().record().tallies["known"].not_drawn == 0 {
        assert!(Instant::now() < deadline, "the connection never saw them");
        sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(seen(&pair), [(0, 0); 3], "it is idle");
    pair.server.write_all(b"down").await.unwrap();
    read(&mut pair.client, 4).await;
    assert_eq!(
        seen(&pair),
        [(0, 0), (1, 1), (1, 1)],
        "one of them selects the other direction"
    );
    pair.client.write_all(b"up").await.unwrap();
    read(&mut pair.server, 2).await;
    assert_eq!(seen(&pair), [(1, 1), (1, 1), (1, 1)]);
}

#[tokio::test]
async fn a_timeout_acts_on_a_connection_once_it_holds_something() {
    for sends in [&b"held"[..], b""] {
        let mut pair = Pair::new().await;
        pair.lay(fault("silence", Effect::Timeout(Timeout::default())));
        pair.lay(on_connections(
            Which::Probability(0.0),
            "known",
            Effect::Reset(Reset::default()),
        ));
        let tally = |pair: &Pair, name: &str| pair.proxy.faults().record().tallies[name];
        let deadline = Instant::now() + LIMIT;
        while tally(&pair, "known").not_drawn == 0 {
            assert!(Instant::now() < deadline, "the connection never saw them");
            sleep(Duration::from_millis(1)).await;
        }
        let seen = tally(&pair, "silence");
        assert_eq!((seen.met, seen.fired), (0, 0), "there is nothing to hold");
        // Bytes, or the end of the stream.
        match sends {
            [] => pair.client.shutdown().await.unwrap(),
            bytes => pair.client.write_all(bytes).await.unwrap(),
        }
        while tally(&pair, "silence").fired == 0 {
            assert!(Instant::now() < deadline, "it held {sends:?} and never said so");
            sleep(Duration::from_millis(1)).await;
        }
        assert_eq!(tally(&pair, "silence").met, 1);
        pair.proxy.faults().lift("silence").unwrap();
        assert_eq!(read(&mut pair.server, sends.len()).await, sends);
    }
}

#[tokio::test]
async fn the_record_is_bounded_and_its_tallies_are_not() {
    let link = Link::new().await;
    let mut client = link.connect_whole().await;
    let never = |name: &str| on_connections(Which::Probability(0.0), name, Effect::Reset(Reset::default()));
    // A thousand decisions for each step, since the connection decides about all faults of a set.
    let rounds = u64::try_from(KEPT_DECISIONS / 1_000 + 2).unwrap();
    for round in 1..=rounds {
        let names: Vec<String> = (0..1_000).map(|number| format!("{number}")).collect();
        link.proxy
            .faults()
            .lay_all(names.iter().map(|name| never(name)).collect())
            .unwrap();
        link.until(|record| record.tallies["999"].not_drawn == round).await;
        link.proxy.faults().lift_all();
        exchange(&mut client, b"still there").await;
    }

    let record = link.proxy.faults().record();
    assert_eq!(record.decisions.len(), KEPT_DECISIONS);
    assert_eq!(
        record.forgotten,
        rounds * 1_000 - u64::try_from(KEPT_DECISIONS).unwrap()
    );
    let tally = record.tallies["0"];
    assert_eq!((tally.met, tally.not_drawn, tally.fired), (rounds, rounds, 0));
}
