//! Time that the gate takes over a large ledger: 100 services, each in 20 live pairs as a consumer, 10,000
//! records.

#![expect(clippy::unwrap_used, reason = "a benchmark that breaks says so")]
#![expect(clippy::print_stdout, reason = "the table on stdout is the result")]

use std::time::{Duration, Instant};

use comfy_table::{Table, presets};
use jiff::Timestamp;
use ledger::{
    document::ContentHash,
    gate::{self, Decision, Gate, ServiceVersion},
    records::{
        Ledger, Others, Publication, PublishedPact, Record, Records, Settings, Verification, VerificationResult,
    },
};

const SERVICES: u64 = 100;
const PAIRS: u64 = 20;
const RECORDS: usize = 10_000;
const RUNS: usize = 20;
const WRITERS: usize = 16;

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::of_pacts(folder.path());
    let settings = Settings::parse("environments.toml".as_ref(), "[environments]\nproduction = \"\"").unwrap();
    let filled = fill(&ledger);

    let start = Instant::now();
    let all = ledger.read().unwrap();
    let whole = start.elapsed();
    drop(all);
    let before = resident_kib();
    let mut answering: Vec<Duration> = (0..RUNS).map(|_| answer(&ledger, &settings)).collect();
    let after_first_half = resident_kib();
    answering.extend((0..RUNS).map(|_| answer(&ledger, &settings)));
    let at_the_end = resident_kib();
    answering.sort();

    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["what", "figure", "budget"]);
    table.add_row([
        "services, live pairs of each, records".to_owned(),
        format!("{SERVICES}, {PAIRS}, {filled}"),
        String::new(),
    ]);
    let median = answering[answering.len() / 2];
    table.add_row([
        "reading what matters and answering, median".to_owned(),
        format!("{median:.1?}"),
        "< 100 ms".to_owned(),
    ]);
    let slowest = answering[answering.len() - 1];
    table.add_row(["the slowest of 40".to_owned(), format!("{slowest:.1?}"), String::new()]);
    table.add_row([
        "reading all records, once".to_owned(),
        format!("{whole:.1?}"),
        String::new(),
    ]);
    let memory = format!("{before} KiB, {after_first_half} KiB, {at_the_end} KiB");
    table.add_row([
        "memory before, after 20 answers, after 40".to_owned(),
        memory,
        "the last two alike".to_owned(),
    ]);
    println!("{}", table.trim_fmt());
}

/// One question from nothing: the records are read, and a provider with many consumers is asked about.
fn answer(ledger: &Ledger, settings: &Settings) -> Duration {
    let start = Instant::now();
    let who = [ServiceVersion::new(name(0), "4")];
    let records = gate::read(ledger, &who, "production").unwrap();
    let answer = Gate::new(&records, settings).can_i_deploy(&who, "production").unwrap();
    let took = start.elapsed();
    let pairs = usize::try_from(2 * PAIRS).unwrap();
    assert!(
        answer.decision == Decision::Yes && answer.pairs.len() >= pairs,
        "{}",
        answer.text(120)
    );
    took
}

/// Appends what a year of deployments leaves, and says how many records that makes.
fn fill(ledger: &Ledger) -> usize {
    let mut all = Vec::new();
    let mut second = 1_700_000_000;
    while all.len() < RECORDS {
        for version in 1..=4u64 {
            for service in 0..SERVICES {
                second += 1;
                let at = Timestamp::from_second(second).unwrap();
                all.push(Record::Publication(publication(service, version, at)));
                let consumers = (1..=PAIRS).map(|step| (service + SERVICES - step) % SERVICES);
                all.extend(
                    consumers.map(|consumer| Record::Verification(verification(service, version, consumer, at))),
                );
            }
        }
    }
    let rest: Records = all
        .iter()
        .take(RECORDS - usize::try_from(SERVICES).unwrap())
        .cloned()
        .collect();
    all.truncate(RECORDS - usize::try_from(SERVICES).unwrap());
    for service in 0..SERVICES {
        let at = Timestamp::from_second(second).unwrap();
        let deployed = rest
            .live()
            .deployed("production", &name(service), "4", Others::GoOut, at);
        all.push(Record::Deployment(deployed));
    }
    // Each append waits for the disk; several wait together.
    std::thread::scope(|scope| {
        for some in all.chunks(all.len().div_ceil(WRITERS)) {
            scope.spawn(|| some.iter().for_each(|record| drop(ledger.append(record).unwrap())));
        }
    });
    all.len()
}

fn publication(service: u64, version: u64, at: Timestamp) -> Publication {
    let pacts = (1..=PAIRS).map(|step| {
        let provider = (service + step) % SERVICES;
        PublishedPact {
            provider: name(provider),
            pact: pact(service, provider),
            interactions: 12,
        }
    });
    Publication {
        consumer: name(service),
        version: version.to_string(),
        pacts: pacts.collect(),
        at,
    }
}

fn verification(provider: u64, version: u64, consumer: u64, at: Timestamp) -> Verification {
    Verification {
        provider: name(provider),
        version: version.to_string(),
        consumer: name(consumer),
        pact: pact(consumer, provider),
        interactions: 12,
        result: VerificationResult::Passed,
        at,
        tool: "seam 0.1.0".to_owned(),
        follows: Vec::new(),
    }
}

fn name(service: u64) -> String {
    format!("service-{service:03}")
}

fn pact(consumer: u64, provider: u64) -> ContentHash {
    format!("{:064x}", consumer * SERVICES + provider).parse().unwrap()
}

/// Resident memory of the process in KiB; 0 where there is no /proc.
fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|rest| rest.trim().trim_end_matches(" kB").parse().ok())
        .unwrap_or(0)
}
