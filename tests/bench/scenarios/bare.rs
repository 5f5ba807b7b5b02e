use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    time::Duration,
};

use serde_json::Value;
use tokio::{
    sync::Semaphore,
    task::JoinSet,
    time::{Instant, sleep_until},
};

use crate::{AT_ONCE, Figures, LISTEN, REQUESTS, due, seam_in};

/// Time in which a server must be up.
const PATIENCE: Duration = Duration::from_secs(30);

/// Asks a server of its own without anything between.
pub(crate) async fn direct() -> Figures {
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let mut server = tokio::process::Command::new(std::env::current_exe().unwrap());
    let mut server = server.env(LISTEN, port.to_string()).kill_on_drop(true).spawn().unwrap();
    let figures = ask(&format!("http://{port}/")).await;
    server.kill().await.unwrap();
    figures
}

/// Asks through the front door of the topology in a folder, while `seam up` keeps it up.
pub(crate) async fn through_the_front_door(folder: &Path) -> Figures {
    let mut up = seam_in(folder, "up ./page.toml --json")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(up.stdout.take().unwrap()).lines().map_while(Result::ok);
    let ready = lines
        .filter_map(|line| serde_json::from_str::<Value>(&line).ok())
        .find(|line| line["event"] == "ready");
    let address = ready.unwrap()["nodes"][0]["address"].as_str().unwrap().to_owned();
    let figures = ask(&format!("http://{address}/")).await;
    // SIGTERM: it takes its node down.
    Command::new("kill").arg(up.id().to_string()).status().unwrap();
    up.wait().unwrap();
    figures
}

/// Sends each request when it is due, and counts its latency from then. Every answer must be right.
async fn ask(url: &str) -> Figures {
    let client = reqwest::Client::builder()
        .pool_max_idle_per_host(AT_ONCE)
        .no_proxy()
        .build()
        .unwrap();
    let deadline = Instant::now() + PATIENCE;
    while client.get(url).send().await.is_err() {
        assert!(Instant::now() < deadline, "{url} does not come up");
        tokio::task::yield_now().await;
    }
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let mut requests = JoinSet::new();
    let begun = Instant::now();
    for number in 0..REQUESTS {
        let at = begun + due(number);
        sleep_until(at).await;
        let place = Arc::clone(&places).acquire_owned().await.unwrap();
        let request = client.get(url);
        requests.spawn(async move {
            let answer = request.send().await.unwrap().error_for_status().unwrap();
            let answer: Value = answer.json().await.unwrap();
            assert_eq!(answer["open"], true);
            drop(place);
            at.elapsed()
        });
    }
    let mut latencies = requests.join_all().await;
    let took = begun.elapsed().as_secs_f64();
    latencies.sort_unstable();
    let at = |part: usize| latencies[latencies.len() * part / 100].as_micros();
    Figures {
        rate: f64::from(REQUESTS) / took,
        p50_us: u64::try_from(at(50)).unwrap(),
        p99_us: u64::try_from(at(99)).unwrap(),
    }
}
