use std::time::Duration;

use faults::{Effect, Fault, Faults, Latency, LayError, Refuse, Reset, Selector, SlowClose, Timeout, Which};
use tokio::{
    io::AsyncWriteExt,
    time::{Instant, sleep},
};

use crate::fixture::{ENDLESS, LIMIT, Link, exchange, fault, is_reset, is_silent, on_connections, read};

fn names(faults: &Faults) -> Vec<String> {
    faults.list().iter().map(|fault| fault.name().to_owned()).collect()
}

fn closing(delay: Duration) -> Effect {
    Effect::SlowClose(SlowClose { delay })
}

#[test]
fn laying_changing_and_lifting_need_no_runtime_and_are_refused_whole() {
    let faults = Faults::new(1, "link");
    faults.lay(fault("a", closing(ENDLESS))).unwrap();

    let twice = faults.lay_all(vec![fault("b", closing(ENDLESS)), fault("a", closing(ENDLESS))]);
    assert_eq!(twice.unwrap_err(), LayError::AlreadyLaid { name: "a".to_owned() });
    assert_eq!(names(&faults), ["a"], "of several all or none are laid");
    let unknown = faults.change(fault("c", closing(ENDLESS))).unwrap_err();
    assert_eq!(unknown, faults.lift("c").unwrap_err());
    assert_eq!(unknown.to_string(), "no fault `c` is laid; laid are [\"a\"]");
    let many = (0..1_000)
        .map(|number| fault(&number.to_string(), closing(ENDLESS)))
        .collect();
    assert_eq!(faults.lay_all(many).unwrap_err(), LayError::TooMany { wanted: 1_001 });

    faults.lay(fault("b", closing(ENDLESS))).unwrap();
    faults.change(fault("a", closing(LIMIT))).unwrap();
    assert_eq!(
        faults.list(),
        [fault("a", closing(LIMIT)), fault("b", closing(ENDLESS))]
    );
    faults.lift_all();
    assert_eq!(names(&faults), [""; 0]);
}

#[test]
fn a_guard_lifts_its_own_fault_and_no_successor() {
    let faults = Faults::new(1, "link");
    let guard = faults.lay_guarded(fault("a", closing(ENDLESS))).unwrap();
    assert_eq!(names(&faults), ["a"]);
    drop(guard);
    assert_eq!(names(&faults), [""; 0]);

    let guard = faults.lay_guarded(fault("a", closing(ENDLESS))).unwrap();
    faults.lift("a").unwrap();
    faults.lay(fault("a", closing(LIMIT))).unwrap();
    drop(guard);
    assert_eq!(names(&faults), ["a"]);
}

#[tokio::test]
async fn a_fault_with_a_time_is_lifted_by_itself() {
    let link = Link::new().await;
    let mut client = link.connect_whole().await;
    let on = Selector {
        time: Some(Duration::from_millis(300)),
        ..Selector::default()
    };
    let began = Instant::now();
    link.lay(Fault::new("pause", on, Effect::Timeout(Timeout::default())).unwrap());

    exchange(&mut client, b"held for a while").await;

    assert!(began.elapsed() >= Duration::from_millis(300));
    assert!(link.proxy.faults().list().is_empty());
}

#[tokio::test]
async fn a_time_is_over_also_while_the_address_is_closed() {
    let link = Link::new().await;
    let on = Selector {
        time: Some(Duration::from_millis(100)),
        ..Selector::default()
    };
    link.lay(Fault::new("closed", on, Effect::Refuse(Refuse {})).unwrap());
    link.until_fired("closed", 1).await;

    let deadline = Instant::now() + LIMIT;
    while tokio::net::TcpStream::connect(link.proxy.address()).await.is_err() {
        assert!(Instant::now() < deadline, "it stays closed");
        sleep(Duration::from_millis(1)).await;
    }
    link.connect_whole().await;
}

#[tokio::test]
async fn the_nth_and_the_first_count_from_the_laying() {
    let link = Link::new().await;
    let mut before = link.connect_whole().await;
    link.connect_whole().await;
    let reset = || Effect::Reset(Reset::default());
    link.lay(on_connections(Which::First(1), "first", reset()));
    link.lay(on_connections(Which::Nth(3), "third", reset()));

    let mut seen = Vec::new();
    for _ in 0..4 {
        let mut client = link.connect().await;
        let sent = client.write_all(b"?").await;
        seen.push(sent.is_ok() && !is_reset(&mut client).await);
    }

    assert_eq!(seen, [false, true, false, true]);
    exchange(&mut before, b"met by none of them").await;
    let tallies = link.proxy.faults().record().tallies;
    assert_eq!((tallies["first"].met, tallies["first"].fired), (1, 1));
    assert_eq!((tallies["third"].met, tallies["third"].fired), (1, 1));
}

#[tokio::test]
async fn a_changed_fault_takes_hold_on_open_connections() {
    let link = Link::new().await;
    let mut client = link.connect_whole().await;
    let late = |delay| {
        let latency = Latency {
            delay,
            jitter: Duration::ZERO,
            distribution: faults::Distribution::Uniform,
        };
        fault("late", Effect::Latency(latency))
    };
    link.lay(late(ENDLESS));
    client.write_all(b"first").await.unwrap();
    is_silent(&mut client).await;

    link.proxy.faults().change(late(Duration::from_millis(20))).unwrap();

    assert_eq!(read(&mut client, 5).await, b"first");
    exchange(&mut client, b"second").await;
    link.until_fired("late", 1).await;
}
