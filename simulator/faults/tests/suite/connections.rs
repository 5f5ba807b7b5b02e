use std::{io::ErrorKind, time::Duration};

use faults::{AcceptThenClose, Effect, Refuse, Reset, Timeout};
use tokio::{
    io::AsyncWriteExt,
    net::{TcpSocket, TcpStream},
    time::{Instant, sleep, timeout},
};

use crate::fixture::{LIMIT, Link, Pair, exchange, fault, is_reset, is_silent, read, read_to_end};

#[tokio::test]
async fn reset_cuts_open_connections_on_both_sides_and_new_ones_until_lifted() {
    let mut pair = Pair::new().await;
    pair.lay(fault("reset", Effect::Reset(Reset::default())));
    assert!(is_reset(&mut pair.client).await);
    assert!(is_reset(&mut pair.server).await);

    let link = Link::new().await;
    link.lay(fault("reset", Effect::Reset(Reset::default())));
    let mut new = link.connect().await;
    assert!(is_reset(&mut new).await);
    link.until_fired("reset", 1).await;
    link.lift("reset");
    link.connect_whole().await;
}

#[tokio::test]
async fn reset_waits_for_its_time_and_is_called_off_by_lifting() {
    let link = Link::new().await;
    let mut client = link.connect_whole().await;
    let after = Duration::from_millis(200);
    let began = Instant::now();
    link.lay(fault("reset", Effect::Reset(Reset { after, on_bytes: false })));
    exchange(&mut client, b"before").await;
    assert!(is_reset(&mut client).await);
    assert!(began.elapsed() >= after);

    let link = Link::new().await;
    let mut client = link.connect_whole().await;
    link.lay(fault(
        "reset",
        Effect::Reset(Reset {
            after: LIMIT,
            on_bytes: false,
        }),
    ));
    link.lift("reset");
    exchange(&mut client, b"after").await;
}

#[tokio::test]
async fn refuse_closes_the_address_keeps_it_and_opens_it_again() {
    let link = Link::new().await;
    let mut open = link.connect_whole().await;
    for round in 1..=3 {
        link.lay(fault("closed", Effect::Refuse(Refuse {})));
        link.until_fired("closed", round).await;

        let refused = timeout(LIMIT, TcpStream::connect(link.proxy.address())).await.unwrap();
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::ConnectionRefused);
        exchange(&mut open, b"open ones stay").await;
        let taken = TcpSocket::new_v4().unwrap().bind(link.proxy.address());
        assert!(taken.is_err(), "somebody else got the address");

        link.lift("closed");
        let deadline = Instant::now() + LIMIT;
        while TcpStream::connect(link.proxy.address()).await.is_err() {
            assert!(Instant::now() < deadline, "it stays closed");
            sleep(Duration::from_millis(1)).await;
        }
        link.connect_whole().await;
    }
}

#[tokio::test]
async fn accept_then_close_ends_new_connections_in_order_until_lifted() {
    let link = Link::new().await;
    let mut open = link.connect_whole().await;
    let before = link.proxy.counts();
    link.lay(fault("short", Effect::AcceptThenClose(AcceptThenClose {})));

    let mut new = link.connect().await;
    new.write_all(b"for nobody").await.unwrap();
    assert_eq!(read_to_end(&mut new).await, b"");

    exchange(&mut open, b"open ones stay").await;
    link.until_fired("short", 1).await;
    let passed = link.proxy.counts().bytes_to_upstream - before.bytes_to_upstream;
    assert_eq!(passed, 14, "nothing of the new connection reaches the upstream");
    link.lift("short");
    link.connect_whole().await;
}

#[tokio::test]
async fn timeout_holds_open_and_new_connections_and_lifting_loses_no_byte() {
    let link = Link::new().await;
    let mut open = link.connect_whole().await;
    link.lay(fault("lost", Effect::Timeout(Timeout::default())));
    open.write_all(b"held").await.unwrap();
    let mut new = link.connect().await;
    new.write_all(b"held too").await.unwrap();
    new.shutdown().await.unwrap();
    is_silent(&mut open).await;
    is_silent(&mut new).await;
    link.until_fired("lost", 2).await;

    link.lift("lost");

    assert_eq!(read(&mut open, 4).await, b"held");
    assert_eq!(read_to_end(&mut new).await, b"held too");
}

#[tokio::test]
async fn timeout_with_a_time_ends_both_sides_in_order() {
    let mut pair = Pair::new().await;
    let after = Duration::from_millis(200);
    let began = Instant::now();
    pair.lay(fault(
        "lost",
        Effect::Timeout(Timeout {
            after: Some(after),
            lose: false,
        }),
    ));
    pair.client.write_all(b"never arrives").await.unwrap();

    assert_eq!(read_to_end(&mut pair.server).await, b"");
    assert!(began.elapsed() >= after);
    assert_eq!(read_to_end(&mut pair.client).await, b"");
}
