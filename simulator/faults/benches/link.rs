//! Figures of a proxy without faults against the same traffic without a proxy, in one run: the median of a round
//! trip of 64 bytes, round trips per second over 16 connections, and the throughput of one connection.
//!
//! Nothing here passes or fails. Rounds of both take turns, and each figure is the median of its rounds.

#![expect(clippy::unwrap_used, reason = "a benchmark without its sockets stops")]
#![expect(clippy::print_stdout, reason = "the table on stdout is the result")]

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::{Duration, Instant},
};

use faults::{Proxy, Upstream};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

const LOOPBACK: (Ipv4Addr, u16) = (Ipv4Addr::LOCALHOST, 0);
const ROUNDS: usize = 7;
const TRIPS: usize = 4_000;
const CONNECTIONS: usize = 16;
const BULK: usize = 1 << 30;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let server = serve().await;
    let proxy = Proxy::listen(LOOPBACK.into(), Upstream::at(server)).await.unwrap();
    let places = [server, proxy.address()];
    let mut figures: [[Vec<f64>; 2]; 3] = Default::default();
    for _ in 0..ROUNDS {
        for (place, address) in places.into_iter().enumerate() {
            figures[0][place].push(round_trip(address).await);
            figures[1][place].push(crowd(address).await);
            figures[2][place].push(bulk(address).await);
        }
    }
    println!(
        "{:42} {:>10} {:>10} {:>8}",
        "no fault laid", "direct", "proxied", "ratio"
    );
    let names = [
        "64-byte round trip, median, us",
        "round trips per second, 16 connections",
        "throughput of one connection, GB/s",
    ];
    for (name, [direct, proxied]) in names.into_iter().zip(figures) {
        let (direct, proxied) = (median(direct), median(proxied));
        println!("{name:42} {direct:10.2} {proxied:10.2} {:8.2}", proxied / direct);
    }
}

/// Server that echoes messages of 64 bytes, or swallows all after a first byte of 1 and says when it has read it.
async fn serve() -> SocketAddr {
    let listener = TcpListener::bind(LOOPBACK).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            stream.set_nodelay(true).unwrap();
            tokio::spawn(answer(stream));
        }
    });
    address
}

async fn answer(mut stream: TcpStream) {
    let mut buffer = vec![0; 256 * 1024];
    while let Ok(read @ 1..) = stream.read(&mut buffer).await {
        if buffer[0] == 1 {
            let mut all = read;
            while all < BULK {
                all += stream.read(&mut buffer).await.unwrap();
            }
            stream.write_all(b"!").await.unwrap();
            return;
        }
        stream.write_all(&buffer[..read]).await.unwrap();
    }
}

async fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

async fn trip(stream: &mut TcpStream) {
    let mut message = [0; 64];
    stream.write_all(&message).await.unwrap();
    stream.read_exact(&mut message).await.unwrap();
}

async fn round_trip(address: SocketAddr) -> f64 {
    let mut stream = connect(address).await;
    let mut times = Vec::with_capacity(TRIPS);
    for _ in 0..TRIPS {
        let begun = Instant::now();
        trip(&mut stream).await;
        times.push(micros(begun.elapsed()));
    }
    median(times)
}

async fn crowd(address: SocketAddr) -> f64 {
    let mut tasks = JoinSet::new();
    let begun = Instant::now();
    for _ in 0..CONNECTIONS {
        tasks.spawn(async move {
            let mut stream = connect(address).await;
            for _ in 0..TRIPS {
                trip(&mut stream).await;
            }
        });
    }
    tasks.join_all().await;
    #[expect(clippy::cast_precision_loss, reason = "a small number")]
    let trips = (CONNECTIONS * TRIPS) as f64;
    trips / begun.elapsed().as_secs_f64()
}

async fn bulk(address: SocketAddr) -> f64 {
    let mut stream = connect(address).await;
    let piece = vec![1; 256 * 1024];
    let begun = Instant::now();
    for _ in 0..BULK / piece.len() {
        stream.write_all(&piece).await.unwrap();
    }
    stream.read_exact(&mut [0]).await.unwrap();
    #[expect(clippy::cast_precision_loss, reason = "2^30 fits a double exactly")]
    let bytes = BULK as f64;
    bytes / begun.elapsed().as_secs_f64() / 1e9
}

fn micros(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
