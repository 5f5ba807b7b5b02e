//! Faults that form a chain, and the forms of effects that Toxiproxy has.

use std::time::Duration;

use faults::{Cut, Direction, Distribution, Effect, Fault, Faults, Latency, Reset, Timeout, Upstream};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, timeout},
};

use crate::fixture::{ENDLESS, LIMIT, Link, Pair, exchange, fault, is_reset, is_silent, read, read_to_end, towards};

const SHORT: Duration = Duration::from_millis(300);

fn late(name: &str, delay: Duration) -> Fault {
    let latency = Latency {
        delay,
        jitter: Duration::ZERO,
        distribution: Distribution::Uniform,
    };
    towards(Direction::ToUpstream, name, Effect::Latency(latency))
}

#[tokio::test]
async fn chained_faults_of_one_kind_all_act_and_others_mask() {
    for (faults, fired) in [(Faults::chained(7, "link"), 1), (Faults::new(7, "link"), 0)] {
        let link = Link::with(faults).await;
        link.lay(late("first", SHORT));
        link.lay(late("second", SHORT));
        let mut client = link.connect().await;
        let began = Instant::now();
        exchange(&mut client, b"?").await;
        let took = began.elapsed();
        assert!(took >= SHORT * (1 + fired), "{took:?}");
        link.until_fired("first", 1).await;
        link.until_fired("second", u64::from(fired)).await;
    }
}

#[tokio::test]
async fn a_chain_has_the_order_of_laying_and_not_that_of_kinds() {
    // Behind the cut, nothing is left to lose; before it, all is lost and nothing is cut.
    let lose = || {
        let timeout = Timeout {
            after: None,
            lose: true,
        };
        towards(Direction::ToUpstream, "lose", Effect::Timeout(timeout))
    };
    let cut = || {
        let cut = Cut {
            after_bytes: 1,
            at_once: true,
        };
        towards(Direction::ToUpstream, "cut", Effect::Cut(cut))
    };
    for (order, ends) in [([cut(), lose()], true), ([lose(), cut()], false)] {
        let link = Link::with(Faults::chained(7, "link")).await;
        order.into_iter().for_each(|fault| link.lay(fault));
        let mut client = link.connect().await;
        client.write_all(b"some bytes").await.unwrap();
        if ends {
            assert_eq!(read_to_end(&mut client).await, b"");
        } else {
            is_silent(&mut client).await;
        }
    }
}

#[tokio::test]
async fn a_timeout_that_loses_reads_on_and_lifting_ends_the_connection() {
    let mut pair = Pair::new().await;
    let lose = |after| {
        let effect = Effect::Timeout(Timeout { after, lose: true });
        towards(Direction::ToUpstream, "lost", effect)
    };
    pair.lay(lose(None));
    // More than the system and the proxy would hold, and one read could take.
    let sent = timeout(LIMIT, pair.client.write_all(&vec![1; 32 << 20])).await;
    sent.unwrap().unwrap();
    is_silent(&mut pair.server).await;
    // A change is no lifting.
    pair.proxy.faults().change(lose(Some(ENDLESS))).unwrap();
    pair.client.write_all(b"more").await.unwrap();
    is_silent(&mut pair.server).await;
    pair.server.write_all(b"answer").await.unwrap();
    assert_eq!(read(&mut pair.client, 6).await, b"answer");

    pair.proxy.faults().lift("lost").unwrap();

    assert_eq!(read_to_end(&mut pair.server).await, b"");
    assert_eq!(read_to_end(&mut pair.client).await, b"");
}

#[tokio::test]
async fn a_reset_on_bytes_waits_for_them_and_lets_none_pass() {
    let mut pair = Pair::new().await;
    let reset = |after| {
        let reset = Reset { after, on_bytes: true };
        towards(Direction::ToClient, "broken", Effect::Reset(reset))
    };
    pair.lay(reset(SHORT));
    pair.client.write_all(b"request").await.unwrap();
    assert_eq!(read(&mut pair.server, 7).await, b"request");
    is_silent(&mut pair.client).await;
    assert_eq!(pair.proxy.faults().record().tallies["broken"].fired, 0);
    let began = Instant::now();
    pair.server.write_all(b"reply").await.unwrap();
    assert!(is_reset(&mut pair.client).await);
    assert!(began.elapsed() >= SHORT - Duration::from_millis(10));
    assert!(is_reset(&mut pair.server).await);
    assert_eq!(pair.proxy.faults().record().tallies["broken"].fired, 1);

    let mut pair = Pair::new().await;
    pair.lay(reset(ENDLESS));
    pair.server.write_all(b"reply").await.unwrap();
    is_silent(&mut pair.client).await;
    pair.proxy.faults().lift("broken").unwrap();
    assert_eq!(read(&mut pair.client, 5).await, b"reply");
}

#[tokio::test]
async fn a_reset_on_bytes_lets_none_pass_in_the_moment_of_the_reset() {
    for after in [Duration::ZERO, Duration::from_millis(1)] {
        let link = Link::new().await;
        let reset = Reset { after, on_bytes: true };
        link.lay(towards(Direction::ToClient, "broken", Effect::Reset(reset)));
        for _ in 0..100 {
            let mut client = link.connect().await;
            client.write_all(b"?").await.unwrap();
            assert!(is_reset(&mut client).await, "a byte passed");
        }
    }
}

#[tokio::test]
async fn a_cut_at_once_ends_with_its_last_byte() {
    for (at_once, sent) in [(true, 10), (false, 11)] {
        let link = Link::new().await;
        let cut = Cut {
            after_bytes: 10,
            at_once,
        };
        link.lay(towards(Direction::ToUpstream, "torn", Effect::Cut(cut)));
        let mut client = link.connect().await;
        client.write_all(&[1; 9]).await.unwrap();
        assert_eq!(read(&mut client, 9).await, [1; 9]);
        client.write_all(&[1; 2][..sent - 9]).await.unwrap();
        // The echo of the tenth byte may come before the end, or be late for it.
        let rest = read_to_end(&mut client).await;
        assert!(rest.len() <= 1, "{rest:?}");
        link.until_fired("torn", 1).await;
    }
    let link = Link::new().await;
    let cut = Cut {
        after_bytes: 10,
        at_once: false,
    };
    link.lay(towards(Direction::ToUpstream, "torn", Effect::Cut(cut)));
    let mut client = link.connect().await;
    exchange(&mut client, &[1; 10]).await;
    is_silent(&mut client).await;
}

#[tokio::test]
async fn a_closed_address_refuses_cuts_and_opens_again() {
    let link = Link::new().await;
    let mut client = link.connect_whole().await;
    link.proxy.set_open(false).await;
    let ended = timeout(LIMIT, client.read(&mut [0; 1])).await.unwrap();
    assert!(matches!(ended, Ok(0) | Err(_)), "{ended:?}");
    let refused = TcpStream::connect(link.proxy.address()).await;
    assert_eq!(refused.unwrap_err().kind(), std::io::ErrorKind::ConnectionRefused);

    link.proxy.set_open(true).await;
    let mut client = link.connect_whole().await;
    link.lay(fault("closed", Effect::Refuse(faults::Refuse {})));
    link.until_fired("closed", 1).await;
    link.proxy.set_open(true).await;
    assert!(TcpStream::connect(link.proxy.address()).await.is_err());
    exchange(&mut client, b"still open").await;
    link.lift("closed");

    link.proxy.cut();
    let ended = timeout(LIMIT, client.read(&mut [0; 1])).await.unwrap();
    assert!(matches!(ended, Ok(0) | Err(_)), "{ended:?}");
    link.proxy.set_open(true).await;
    link.connect_whole().await;
}

#[tokio::test]
async fn an_upstream_with_a_name_is_looked_up_for_each_connection() {
    let echo = Link::new().await;
    let upstream = Upstream::named(format!("localhost:{}", echo.proxy.address().port()));
    let listen = crate::fixture::LOOPBACK.into();
    let proxy = faults::Proxy::listen(listen, upstream.clone()).await.unwrap();
    let mut client = TcpStream::connect(proxy.address()).await.unwrap();
    exchange(&mut client, b"by name").await;
    assert_eq!(proxy.counts().bytes_from_client, 7);
    assert_eq!(proxy.counts().bytes_from_upstream, 7);

    upstream.set_name("no-such-host.invalid:1");
    let mut client = TcpStream::connect(proxy.address()).await.unwrap();
    assert!(is_reset(&mut client).await);
    upstream.set(Some(echo.proxy.address()));
    let mut client = TcpStream::connect(proxy.address()).await.unwrap();
    exchange(&mut client, b"by address").await;
}
