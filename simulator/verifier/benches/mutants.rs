//! How many mutants are judged in a second, beside what reading and comparing the same bodies costs at least.

#![expect(clippy::unwrap_used, reason = "a benchmark that can't go on fails")]
#![expect(clippy::print_stdout, reason = "the figures on stdout are the result")]

use std::{hint::black_box, path::Path, time::Instant};

use pacts::source::Source;
use serde_json::Value;
use verifier::mutate::{Mutant, Subject};

/// How often everything is judged; the best run counts, as the least disturbed one.
const RUNS: usize = 5;

#[tokio::main(flavor = "current_thread")]
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
    let count = f64::from(u32::try_from(count).unwrap());
    let interactions = subjects.len();
    println!("{count:.0} mutants of {interactions} interactions");
    println!(
        "judged per second:    {:8.0}, making them included",
        count / (made + judged)
    );
    println!("read and compared:    {:8.0} per second", count / reference);
    println!(
        "judging costs {:.1} times as much as reading both bodies and comparing them",
        judged / reference
    );
}
