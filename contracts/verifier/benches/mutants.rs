//! Number of mutants that are judged per second, beside the cost of reading and comparing the same bodies.

#![expect(clippy::unwrap_used, reason = "a benchmark that can't go on fails")]
#![expect(clippy::print_stdout, reason = "the figures on stdout are the result")]

use std::{collections::BTreeSet, hint::black_box, path::Path, time::Instant};

use futures::future::join_all;
use ledger::source::{FoundPact, Source};
use serde_json::Value;
use verifier::{
    Filter, Selection,
    mutate::{Mutant, Subject, mutate},
};

/// Number of runs; the best one counts, as the least disturbed.
const RUNS: usize = 5;

#[tokio::main]
async fn main() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../pacts");
    let pacts = Source::Folder(folder).read().unwrap();
    let loaded = pacts.iter().flat_map(|pact| {
        let load = move |interaction| Subject::load(pact, interaction).unwrap();
        pact.document.interactions().iter().map(load)
    });
    let with_mutants = loaded.map(|subject| {
        let mutants = subject.mutants();
        (subject, mutants)
    });
    let subjects: Vec<(Subject, Vec<Mutant>)> = with_mutants.collect();
    let count: usize = subjects.iter().map(|(_, mutants)| mutants.len()).sum();
    let (mut judged, mut reference, mut made) = (f64::MAX, f64::MAX, f64::MAX);
    for _ in 0..RUNS {
        let begun = Instant::now();
        for (subject, _) in &subjects {
            black_box(subject.mutants());
        }
        made = made.min(begun.elapsed().as_secs_f64());

        let begun = Instant::now();
        for (subject, mutants) in &subjects {
            for mutant in mutants {
                black_box(subject.judge(&mutant.reply).await.unwrap());
            }
        }
        judged = judged.min(begun.elapsed().as_secs_f64());

        let begun = Instant::now();
        for (subject, mutants) in &subjects {
            for mutant in mutants {
                let read = |text| serde_json::from_slice::<Value>(text).unwrap_or_default();
                black_box(read(subject.example().body()) == read(mutant.reply.body()));
            }
        }
        reference = reference.min(begun.elapsed().as_secs_f64());
    }
    let (all, whole) = whole_run(&pacts).await;
    assert_eq!(all, count, "the same mutants");
    let count = f64::from(u32::try_from(count).unwrap());
    let interactions = subjects.len();
    println!("{count:.0} mutants of {interactions} interactions");
    println!(
        "judged per second:    {:8.0} by `seam mutate` on {} threads, {:.0} on one; reading pacts and making \
         mutants included",
        count / whole,
        std::thread::available_parallelism().map_or(1, usize::from),
        count / (made + judged)
    );
    println!("read and compared:    {:8.0} per second", count / reference);
    println!(
        "judging costs {:.1} times as much as reading both bodies and comparing them",
        judged / reference
    );
}

/// All that `seam mutate` does but printing: how many mutants that are, and the seconds of the best run.
async fn whole_run(pacts: &[FoundPact]) -> (usize, f64) {
    let providers: BTreeSet<&str> = pacts.iter().map(|pact| pact.document.provider()).collect();
    let select = |provider: &&str| Selection::new(provider, pacts, Filter::default(), "pacts");
    let (mut all, mut best) = (0, f64::MAX);
    for _ in 0..RUNS {
        let begun = Instant::now();
        let selections: Vec<Selection> = providers.iter().map(select).collect();
        let mutations = join_all(selections.iter().map(mutate)).await;
        best = best.min(begun.elapsed().as_secs_f64());
        all = mutations
            .iter()
            .flat_map(|mutation| &mutation.pairs)
            .map(|pair| pair.mutants + pair.permitted)
            .sum();
    }
    (all, best)
}
