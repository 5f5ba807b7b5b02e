//! The cost of scenarios: the engine at 2,000 requests per second beside a bare client that asks the same server at the
//! same rate, and the runs per minute of `seam explore` beside a `seam run` for each seed.
//!
//! `just bench` builds everything in release and prints the tables. Nothing here passes or fails.

#![expect(clippy::print_stdout, reason = "the tables on stdout are the result")]
#![expect(clippy::unwrap_used, reason = "a measurement that can't go on ends")]

mod bare;

use std::{
    fs,
    path::Path,
    process::{Command, Output},
    time::{Duration, Instant},
};

use axum::{Json, Router, routing::get};
use comfy_table::Table;
use serde_json::{Value, json};
use tests::seam;

/// Requests in each second, and in all.
const RATE: u32 = 2_000;
const REQUESTS: u32 = 20_000;

/// Requests under way at most, in the engine and in the bare client.
const AT_ONCE: usize = 256;

/// Seeds that are explored.
const SEEDS: u32 = 20;

/// Variable that makes this program serve at its value.
const LISTEN: &str = "BENCH_LISTEN";

fn main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    if let Ok(address) = std::env::var(LISTEN) {
        runtime.block_on(serve(&address));
        return;
    }
    let project = tempfile::tempdir().unwrap();
    write_project(project.path());
    println!("{}; load of the machine {}", profile(), load());

    let direct = runtime.block_on(bare::direct());
    let proxied = runtime.block_on(bare::through_the_front_door(project.path()));
    let engine = engine(project.path());
    let mut table = table(&[
        "open loop, one request each",
        "requests per second",
        "p50, us",
        "p99, us",
        "p50 of the front door's",
    ]);
    for (name, figures) in [
        ("a bare client, straight to the server", &direct),
        ("a bare client, through the front door of `seam up`", &proxied),
        ("the engine of `seam run`, through the same front door", &engine),
    ] {
        let Figures { rate, p50_us, p99_us } = figures;
        table.add_row([
            name.to_owned(),
            format!("{rate:.0}"),
            p50_us.to_string(),
            p99_us.to_string(),
            format!("{:.2}", *p50_us as f64 / proxied.p50_us as f64),
        ]);
    }
    println!("{table}");

    let mut table = self::table(&[
        "a second of journeys, one candidate of two",
        "runs per minute",
        "of the reference",
    ]);
    let reference = one_by_one(project.path());
    for (name, rate) in [
        (
            format!("`seam explore`, {SEEDS} seeds, one at a time"),
            explored(project.path(), 1),
        ),
        (
            format!("`seam explore`, {SEEDS} seeds, four at a time"),
            explored(project.path(), 4),
        ),
        ("a `seam run` for each seed".to_owned(), reference),
    ] {
        table.add_row([name, format!("{rate:.1}"), format!("{:.2}", rate / reference)]);
    }
    println!("{table}");
}

/// Requests per second, and their latency from the moment at which each was due.
struct Figures {
    rate: f64,
    p50_us: u64,
    p99_us: u64,
}

/// Serves one page at an address, for ever.
async fn serve(address: &str) {
    let router = Router::new().route("/", get(async || Json(json!({ "open": true }))));
    let listener = tokio::net::TcpListener::bind(address).await.unwrap();
    axum::serve(listener, router).await.unwrap();
}

/// A topology of this program as its one node, a scenario that asks it at the rate, and one to explore.
fn write_project(folder: &Path) {
    let program = std::env::current_exe().unwrap();
    let topology = format!(
        "name = 'page'\n[node.page]\ncommand = [{:?}]\nenv = {{ {LISTEN} = '127.0.0.1:${{port}}' }}\n\
         ready = {{ http = '/' }}\n",
        program.display().to_string()
    );
    let asks = |name: &str, workload: &str| {
        format!(
            "name = '{name}'\nabout = 'One page is asked for.'\ntopology = 'page.toml'\n[workload]\n{workload}\n\
             [[step]]\nname = 'ask'\nnode = 'page'\npath = '/'\nsave = {{ open = '/open' }}\n\
             [[invariant]]\nname = 'it is open'\nviolations = \"SELECT 1 FROM journey WHERE NOT doc ->> 'open'\"\n\
             checked = 'SELECT count(*) FROM journey'\n"
        )
    };
    let slow = "[[explore.fault]]\nname = 'slow'\nlink = 'outside -> page'\ndoes = { latency = { delay = '1ms' } }\n\
                at = [0.1, 0.5]\n";
    let sliced = "[[explore.fault]]\nname = 'sliced'\nlink = 'outside -> page'\ndoes = { slice = { size = 64 } }\n\
                  at = [0.1, 0.5]\n";
    let steady = format!("count = {REQUESTS}\nconcurrency = {AT_ONCE}\nrate = {RATE}.0");
    let explored = asks("explored", "count = 100\nconcurrency = 8\nrate = 100.0");
    for (file, text) in [
        ("Cargo.toml", "[workspace]\n".to_owned()),
        ("page.toml", topology),
        ("steady.toml", asks("steady", &steady)),
        (
            "explored.toml",
            format!("{explored}[explore]\nfaults = 1\n{slow}{sliced}"),
        ),
    ] {
        fs::write(folder.join(file), text).unwrap();
    }
}

/// The command, from the folder of the project.
fn seam_in(folder: &Path, line: &str) -> Command {
    let mut command = seam();
    command.current_dir(folder).args(line.split(' '));
    command
}

fn json_of(output: Output) -> Value {
    tests::assert_passed(&output);
    serde_json::from_slice(&output.stdout).unwrap()
}

fn engine(folder: &Path) -> Figures {
    let report = json_of(seam_in(folder, "run ./steady.toml --seed 1 --json").output().unwrap());
    let load = &report["samples"]["load"];
    let seconds = report["timeline"]["journeys_ms"].as_f64().unwrap() / 1_000.0;
    Figures {
        rate: load["count"].as_f64().unwrap() / seconds,
        p50_us: load["p50_us"].as_u64().unwrap(),
        p99_us: load["p99_us"].as_u64().unwrap(),
    }
}

fn explored(folder: &Path, jobs: u32) -> f64 {
    let line = format!("explore ./explored.toml --seeds {SEEDS} --from 1 --jobs {jobs} --json");
    let found = json_of(seam_in(folder, &line).output().unwrap());
    found["runs_per_minute"].as_f64().unwrap()
}

fn one_by_one(folder: &Path) -> f64 {
    let begun = Instant::now();
    for seed in 1..=SEEDS {
        let run = seam_in(folder, &format!("run ./explored.toml --seed {seed}")).output();
        tests::assert_passed(&run.unwrap());
    }
    f64::from(SEEDS) * 60.0 / begun.elapsed().as_secs_f64()
}

/// The moment at which a request is due after the first one.
fn due(number: u32) -> Duration {
    Duration::from_secs(1) * number / RATE
}

fn profile() -> &'static str {
    if cfg!(debug_assertions) { "debug" } else { "release" }
}

fn load() -> String {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    load.split(' ').take(3).collect::<Vec<_>>().join(" ")
}

fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.set_header(header);
    table
}
