//! Figures of a proxy without faults against the same traffic without a proxy, through a plain relay of the same
//! process (tokio's `copy_bidirectional` with buffers of 256 KiB), and through Toxiproxy where the variable
//! `TOXIPROXY_BIN` names its server, in one run: the median of a round trip of 64 bytes, round trips per second over
//! 1, 16, 100 and 5,000 connections (not of the plain relay, whose buffers would be 2.5 GB), and the throughput of one
//! connection. Then the memory of the process before and after 1,000,000 HTTP requests under a fault on them.
//!
//! Nothing here passes or fails. Rounds of all take turns, and each figure is the median of its rounds.

#![expect(clippy::unwrap_used, reason = "a benchmark without its sockets stops")]
#![expect(clippy::print_stdout, reason = "the table on stdout is the result")]

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use faults::{Delay, Distribution, Effect, Fault, Proxy, Requests, Selector, Upstream, Which};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, copy_bidirectional_with_sizes},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

const LOOPBACK: (Ipv4Addr, u16) = (Ipv4Addr::LOCALHOST, 0);
/// Variable that makes this program serve.
const SERVES: &str = "BENCH_SERVES";
const ROUNDS: usize = 5;
const TRIPS: usize = 4_000;
/// Connections at once, and round trips of all of them together.
const CROWDS: [(usize, usize); 4] = [(1, 8_000), (16, 60_000), (100, 60_000), (5_000, 60_000)];
const BULK: usize = 1 << 30;
/// Requests after which the memory is measured first, and those after that.
const REQUESTS: [usize; 2] = [100_000, 1_000_000];
const CALLERS: usize = 50;
const REQUEST: &[u8] = b"GET /orders/1 HTTP/1.1\r\nhost: a\r\n\r\n";
/// Name of the relay that does nothing but copy.
const PLAIN: &str = "plain copy";
const LIMIT: Duration = Duration::from_secs(10);

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    raise_open_files();
    if std::env::var_os(SERVES).is_some() {
        println!("{}\n{}", serve().await, shop().await);
        // Until the benchmark ends, which closes the pipe.
        let _ = std::io::Read::read(&mut std::io::stdin(), &mut [0]);
        return;
    }
    let (_servers, [server, shop]) = servers().await;
    let proxy = Proxy::listen(LOOPBACK.into(), Upstream::at(server)).await.unwrap();
    let mut places = vec![("direct", server), ("proxied", proxy.address())];
    places.push((PLAIN, relay(server).await));
    let toxiproxy = Toxiproxy::start(server).await;
    places.extend(toxiproxy.as_ref().map(|other| ("Toxiproxy", other.address)));
    let mut figures = vec![vec![Vec::new(); places.len()]; 3 + CROWDS.len()];
    for _ in 0..ROUNDS {
        for (place, (name, address)) in places.iter().enumerate() {
            figures[0][place].push(round_trip(*address).await);
            let (rate, cost) = bulk(*address).await;
            figures[1][place].push(rate);
            figures[2][place].push(cost);
            if *name == PLAIN {
                continue;
            }
            for (crowds, crowd_of) in figures[3..].iter_mut().zip(CROWDS) {
                crowds[place].push(crowd(*address, crowd_of).await);
            }
        }
    }
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!("no fault laid; load of the machine {load}");
    let names = places.iter().map(|(name, _)| format!("{name:>11}"));
    println!("{:44}{} {:>15}", "", names.collect::<String>(), "proxied/direct");
    let mut rows = vec![
        "64-byte round trip, median, us".to_owned(),
        "throughput of one connection, GB/s".to_owned(),
        "its processor time here, server apart, s/GB".to_owned(),
    ];
    rows.extend(CROWDS.map(|(connections, _)| format!("round trips per second over {connections}")));
    for (name, row) in rows.into_iter().zip(figures) {
        let row: Vec<Option<f64>> = row
            .into_iter()
            .map(|all| (!all.is_empty()).then(|| median(all)))
            .collect();
        let text =
            |figure: &Option<f64>| figure.map_or_else(|| format!("{:>11}", "-"), |figure| format!("{figure:11.2}"));
        let shown: String = row.iter().map(text).collect();
        println!("{name:44}{shown} {:15.2}", row[1].unwrap() / row[0].unwrap());
    }
    memory(shop).await;
}

/// Relay that does nothing but copy.
async fn relay(server: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind(LOOPBACK).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut upstream = connect(server).await;
                client.set_nodelay(true).unwrap();
                let copied = copy_bidirectional_with_sizes(&mut client, &mut upstream, 256 * 1024, 256 * 1024);
                // A connection that the benchmark resets is no trouble.
                let _ = copied.await;
            });
        }
    });
    address
}

/// Starts this program again as both servers, whose files are then not of this process; killed when dropped.
async fn servers() -> (tokio::process::Child, [SocketAddr; 2]) {
    let mut command = tokio::process::Command::new(std::env::current_exe().unwrap());
    command
        .env(SERVES, "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true);
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut addresses = [SocketAddr::from(LOOPBACK); 2];
    for address in &mut addresses {
        *address = lines.next_line().await.unwrap().unwrap().parse().unwrap();
    }
    (child, addresses)
}

/// Raises the limit of open files as far as it goes: a proxied connection takes three in this process.
fn raise_open_files() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    setrlimit(Resource::Nofile, raised).unwrap();
}

/// Toxiproxy's server with one proxy; killed when dropped.
struct Toxiproxy {
    child: Child,
    address: SocketAddr,
}

impl Drop for Toxiproxy {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Toxiproxy {
    async fn start(server: SocketAddr) -> Option<Self> {
        let program = std::env::var_os("TOXIPROXY_BIN")?;
        let port = TcpListener::bind(LOOPBACK).await.unwrap().local_addr().unwrap().port();
        let mut command = Command::new(program);
        command.args(["-host", "127.0.0.1", "-port", &port.to_string()]);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let mut started = Self { child, address: server };
        let deadline = Instant::now() + LIMIT;
        let mut api = loop {
            match TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await {
                Ok(api) => break api,
                Err(error) => assert!(Instant::now() < deadline, "Toxiproxy does not listen: {error}"),
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        };
        let body = json!({ "name": "bench", "listen": "127.0.0.1:0", "upstream": server }).to_string();
        let head = "POST /proxies HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: ";
        let request = format!("{head}{}\r\n\r\n{body}", body.len());
        api.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        api.read_to_string(&mut answer).await.unwrap();
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        let proxy: Value = serde_json::from_str(body).unwrap();
        started.address = proxy["listen"].as_str().unwrap().parse().unwrap();
        Some(started)
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

/// Opens all connections, then measures round trips of all at once.
async fn crowd(address: SocketAddr, (connections, trips): (usize, usize)) -> f64 {
    let mut streams = Vec::with_capacity(connections);
    for _ in 0..connections {
        let mut stream = connect(address).await;
        trip(&mut stream).await;
        streams.push(stream);
    }
    let mut tasks = JoinSet::new();
    let begun = Instant::now();
    for mut stream in streams {
        tasks.spawn(async move {
            for _ in 0..trips / connections {
                trip(&mut stream).await;
            }
            stream
        });
    }
    let streams = tasks.join_all().await;
    let lasted = begun.elapsed().as_secs_f64();
    // Reset, or the system would keep the ports of thousands of ended connections for a minute.
    streams.iter().for_each(|stream| stream.set_zero_linger().unwrap());
    #[expect(clippy::cast_precision_loss, reason = "a small number")]
    let trips = trips as f64;
    trips / lasted
}

/// Prints the memory of this process, callers included, before and after a million requests of which a
/// fault delays each tenth.
async fn memory(shop: SocketAddr) {
    let proxy = Proxy::listen(LOOPBACK.into(), Upstream::at(shop)).await.unwrap();
    let requests = Requests {
        requests: Which::Probability(0.1),
        ..Requests::default()
    };
    let on = Selector {
        http: Some(requests),
        ..Selector::default()
    };
    let delay = Delay {
        delay: Duration::ZERO,
        jitter: Duration::ZERO,
        distribution: Distribution::Uniform,
    };
    proxy
        .faults()
        .lay(Fault::new("tenth", on, Effect::DelayRequest(delay)).unwrap())
        .unwrap();
    let mut sizes = Vec::new();
    let mut lasted = Duration::ZERO;
    for requests in REQUESTS {
        let begun = Instant::now();
        let mut tasks = JoinSet::new();
        for _ in 0..CALLERS {
            let mut stream = connect(proxy.address()).await;
            tasks.spawn(async move {
                let mut answer = [0; ANSWER.len()];
                for _ in 0..requests / CALLERS {
                    stream.write_all(REQUEST).await.unwrap();
                    stream.read_exact(&mut answer).await.unwrap();
                }
            });
        }
        tasks.join_all().await;
        lasted = begun.elapsed();
        sizes.push(resident());
    }
    let tally = proxy.faults().record().tallies["tenth"];
    println!(
        "memory after {} requests {} KiB, after {} more {} KiB; these took {:.1} s; met {}, fired {}",
        REQUESTS[0],
        sizes[0],
        REQUESTS[1],
        sizes[1],
        lasted.as_secs_f64(),
        tally.met,
        tally.fired,
    );
}

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";

/// Server that answers each piece that it reads with 200; no request of this benchmark is in two.
async fn shop() -> SocketAddr {
    let listener = TcpListener::bind(LOOPBACK).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            stream.set_nodelay(true).unwrap();
            tokio::spawn(async move {
                let mut buffer = [0; 1024];
                while let Ok(1..) = stream.read(&mut buffer).await {
                    stream.write_all(ANSWER).await.unwrap();
                }
            });
        }
    });
    address
}

/// Memory of this process that is resident, in KiB.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Measures gigabytes per second, and seconds of this process's processor time per gigabyte: of the client, and of what
/// stands before the server as far as that is in this process. Other load of the machine slows the first one down only.
async fn bulk(address: SocketAddr) -> (f64, f64) {
    let mut stream = connect(address).await;
    let piece = vec![1; 256 * 1024];
    let (begun, worked) = (Instant::now(), processor_time());
    for _ in 0..BULK / piece.len() {
        stream.write_all(&piece).await.unwrap();
    }
    stream.read_exact(&mut [0]).await.unwrap();
    #[expect(clippy::cast_precision_loss, reason = "2^30 fits a double exactly")]
    let gigabytes = BULK as f64 / 1e9;
    let rate = gigabytes / begun.elapsed().as_secs_f64();
    (rate, (processor_time() - worked) / gigabytes)
}

/// Seconds for which the processors have worked for this process.
fn processor_time() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let (_, fields) = stat.rsplit_once(") ").unwrap();
    // In the program and in the system, in hundredths.
    let hundredths = fields.split_whitespace().skip(11).take(2);
    hundredths.map(|field| field.parse::<f64>().unwrap() / 100.0).sum()
}

fn micros(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
