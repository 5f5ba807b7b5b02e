//! The time that CI spends on contracts: the consumer suites, and the verification of every provider, each
//! beside a reference from the same run.
//!
//! `just bench` builds everything in release and prints the table. Nothing here passes or fails.

#![expect(clippy::print_stdout, reason = "the table on stdout is the result")]
#![expect(clippy::unwrap_used, reason = "a measurement that can't go on ends")]
#![allow(
    dead_code,
    unused_imports,
    reason = "the suites compare what they wrote with the committed files, which is not measured"
)]

// The pattern macro calls its helper by its bare name.
#[macro_use(json_pattern, json_pattern_internal)]
extern crate pact_consumer;

#[path = "../../pacts/consumers/mod.rs"]
mod consumers;

use std::time::{Duration, Instant};

use comfy_table::{Table, presets};
use pact_consumer::prelude::{PactBuilder, StartMockServer};
use serde_json::Value;
use tests::{Platform, assert_passed, seam};

fn main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header([
        "contracts",
        "interactions",
        "wall time",
        "reference",
        "its time",
        "ratio",
    ]);
    let (cases, suites) = runtime.block_on(consumer_suites());
    let bare = runtime.block_on(mock_servers(cases));
    row(
        &mut table,
        "consumer suites",
        cases,
        suites,
        "mock servers that nobody asks, as many",
        bare,
    );
    let (interactions, verified) = verification();
    let asked = runtime.block_on(plain_requests(interactions));
    let name = "plain GETs of the same provider, as many, over new connections";
    row(
        &mut table,
        "verification, start and stop included",
        interactions,
        verified,
        name,
        asked,
    );
    println!("{table}");
}

fn row(table: &mut Table, what: &str, count: usize, took: Duration, reference: &str, its: Duration) {
    let ms = |time: Duration| format!("{} ms", time.as_millis());
    let ratio = took.as_secs_f64() / its.as_secs_f64();
    let cells = [
        what.to_owned(),
        count.to_string(),
        ms(took),
        reference.to_owned(),
        ms(its),
    ];
    table.add_row(cells.into_iter().chain([format!("{ratio:.1}")]));
}

/// Runs every consumer through its pact, one after the other; returns the number of interactions.
async fn consumer_suites() -> (usize, Duration) {
    let begun = Instant::now();
    let mut count = 0;
    for pact in consumers::all() {
        let written = pact.written().await;
        let interactions = |file: &Value| file["interactions"].as_array().map_or(0, Vec::len);
        count += written.iter().map(interactions).sum::<usize>();
    }
    (count, begun.elapsed())
}

async fn mock_servers(count: usize) -> Duration {
    let begun = Instant::now();
    for _ in 0..count {
        let folder = tempfile::tempdir().unwrap();
        let mut pact = PactBuilder::new_v4("nobody", "nobody");
        drop(pact.with_output_dir(folder.path()).start_mock_server(None, None));
    }
    begun.elapsed()
}

/// Verifies all committed pacts, as CI does with `seam verify`. The services are built before.
fn verification() -> (usize, Duration) {
    let built = verify();
    assert_passed(&built);
    let begun = Instant::now();
    let output = verify();
    let took = begun.elapsed();
    assert_passed(&output);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let verifications = report["verifications"].as_array().unwrap().iter();
    let consumers = verifications.flat_map(|verification| verification["consumers"].as_array().unwrap());
    let count = consumers
        .map(|consumer| consumer["interactions"].as_array().unwrap().len())
        .sum();
    (count, took)
}

fn verify() -> std::process::Output {
    let mut command = seam();
    command.args(["verify", "--json"]);
    if !cfg!(debug_assertions) {
        command.arg("--release");
    }
    command.output().unwrap()
}

async fn plain_requests(count: usize) -> Duration {
    let platform = Platform::up("microservices");
    let url = format!("http://{}/v2/products", platform.address("inventory"));
    let begun = Instant::now();
    for _ in 0..count {
        let answer = reqwest::get(&url).await.unwrap();
        assert!(answer.status().is_success());
        let _ = answer.bytes().await.unwrap();
    }
    begun.elapsed()
}
