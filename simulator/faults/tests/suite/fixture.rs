//! A link under test: an echo server behind a proxy.

use std::{io::ErrorKind, net::Ipv4Addr, time::Duration};

use faults::{Direction, Effect, Fault, Faults, Proxy, Record, Selector, Upstream, Which};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::{Instant, sleep, timeout},
};

pub(crate) const LOOPBACK: (Ipv4Addr, u16) = (Ipv4Addr::LOCALHOST, 0);
/// Deadline of everything that must happen.
pub(crate) const LIMIT: Duration = Duration::from_secs(20);
/// Effects of this length would not be over before the deadline.
pub(crate) const ENDLESS: Duration = Duration::from_secs(3600);
/// Time in which nothing may happen.
pub(crate) const QUIET: Duration = Duration::from_millis(150);

/// Proxy in front of a server that echoes.
pub(crate) struct Link {
    pub(crate) proxy: Proxy,
}

impl Link {
    pub(crate) async fn new() -> Self {
        Self::with(Faults::new(7, "client to echo")).await
    }

    pub(crate) async fn with(faults: Faults) -> Self {
        let listener = TcpListener::bind(LOOPBACK).await.unwrap();
        let upstream = Upstream::at(listener.local_addr().unwrap());
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut read, mut write) = stream.split();
                    let _ = tokio::io::copy(&mut read, &mut write).await;
                });
            }
        });
        let proxy = Proxy::listen_with(LOOPBACK.into(), upstream, faults).await.unwrap();
        Self { proxy }
    }

    pub(crate) fn lay(&self, fault: Fault) {
        self.proxy.faults().lay(fault).unwrap();
    }

    pub(crate) fn lift(&self, name: &str) {
        self.proxy.faults().lift(name).unwrap();
    }

    pub(crate) async fn connect(&self) -> TcpStream {
        let connected = timeout(LIMIT, TcpStream::connect(self.proxy.address()));
        let client = connected.await.unwrap().unwrap();
        client.set_nodelay(true).unwrap();
        client
    }

    /// Connects, and passes a byte there and back, so that the connection is known to be open.
    pub(crate) async fn connect_whole(&self) -> TcpStream {
        let mut client = self.connect().await;
        exchange(&mut client, b"!").await;
        client
    }

    pub(crate) async fn until(&self, holds: impl Fn(&Record) -> bool) -> Record {
        let deadline = Instant::now() + LIMIT;
        loop {
            let record = self.proxy.faults().record();
            if holds(&record) {
                return record;
            }
            assert!(Instant::now() < deadline, "never came: {record:?}");
            sleep(Duration::from_millis(1)).await;
        }
    }

    pub(crate) async fn until_fired(&self, fault: &str, times: u64) {
        self.until(|record| record.tallies.get(fault).is_some_and(|tally| tally.fired == times))
            .await;
    }
}

/// A client and the server's end of its connection, with a proxy in between.
pub(crate) struct Pair {
    pub(crate) proxy: Proxy,
    pub(crate) client: TcpStream,
    pub(crate) server: TcpStream,
}

impl Pair {
    /// Opened, and a byte passed on it.
    pub(crate) async fn new() -> Self {
        let mut pair = Self::new_open().await;
        pair.client.write_all(b"!").await.unwrap();
        assert_eq!(read(&mut pair.server, 1).await, b"!");
        pair
    }

    /// Opened, and nothing passed on it.
    pub(crate) async fn new_open() -> Self {
        let listener = TcpListener::bind(LOOPBACK).await.unwrap();
        let upstream = Upstream::at(listener.local_addr().unwrap());
        let faults = Faults::new(7, "client to server");
        let proxy = Proxy::listen_with(LOOPBACK.into(), upstream, faults).await.unwrap();
        let client = TcpStream::connect(proxy.address()).await.unwrap();
        let (server, _) = timeout(LIMIT, listener.accept()).await.unwrap().unwrap();
        Self { proxy, client, server }
    }

    pub(crate) fn lay(&self, fault: Fault) {
        self.proxy.faults().lay(fault).unwrap();
    }
}

pub(crate) fn fault(name: &str, does: Effect) -> Fault {
    Fault::new(name, Selector::default(), does).unwrap()
}

pub(crate) fn towards(direction: Direction, name: &str, does: Effect) -> Fault {
    let on = Selector {
        direction,
        ..Selector::default()
    };
    Fault::new(name, on, does).unwrap()
}

pub(crate) fn on_connections(connections: Which, name: &str, does: Effect) -> Fault {
    let on = Selector {
        connections,
        ..Selector::default()
    };
    Fault::new(name, on, does).unwrap()
}

pub(crate) async fn read(stream: &mut TcpStream, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    timeout(LIMIT, stream.read_exact(&mut bytes)).await.unwrap().unwrap();
    bytes
}

/// Reads up to the end of the stream; fails if it is reset.
pub(crate) async fn read_to_end(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    timeout(LIMIT, stream.read_to_end(&mut bytes)).await.unwrap().unwrap();
    bytes
}

pub(crate) async fn exchange(stream: &mut TcpStream, bytes: &[u8]) {
    stream.write_all(bytes).await.unwrap();
    assert_eq!(read(stream, bytes.len()).await, bytes);
}

/// Fails if the stream has bytes or an end to read within a short time.
pub(crate) async fn is_silent(stream: &mut TcpStream) {
    let seen = timeout(QUIET, stream.read(&mut [0; 16])).await;
    assert!(seen.is_err(), "something came: {seen:?}");
}

pub(crate) async fn is_reset(stream: &mut TcpStream) -> bool {
    match timeout(LIMIT, stream.read(&mut [0; 16])).await.unwrap() {
        Err(error) => error.kind() == ErrorKind::ConnectionReset,
        Ok(_) => false,
    }
}
