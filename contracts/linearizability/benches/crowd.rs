//! Milliseconds that a check of fifty callers and 1,900 calls takes, beside the plain search of Wing and Gong with
//! Lowe's memory, which tries operations in the order of their invocations.
//!
//! Nothing here passes or fails. A search that gives up after 200,000 steps counts with the time until then.

#![expect(clippy::unwrap_used, reason = "a benchmark that can't draw its histories stops")]
#![expect(clippy::print_stdout, reason = "the table on stdout is the result")]

#[path = "../tests/linearizability/crowd.rs"]
mod crowd;
#[path = "../tests/linearizability/dice.rs"]
mod dice;

use std::{
    collections::{BTreeMap, HashSet},
    time::Instant,
};

use crowd::{CROWDS, Call, Texts};
use linearizability::{Operation, Specification, check_partitioned};

type History = Vec<Operation<Call, Option<String>>>;

const SEEDS: u64 = 4;
const STEPS: usize = 200_000;

fn main() {
    println!(
        "{:28} {:>4} {:>10} {:>8} {:>10} {:>8} {:>8}",
        "fifty callers", "seed", "ours, ms", "decided", "plain, ms", "decided", "ratio"
    );
    for (name, shape) in CROWDS {
        for seed in 0..SEEDS {
            let history = shape.draw(seed);
            let begun = Instant::now();
            let ours = check_partitioned(&Texts, &history).verdict.is_linearizable();
            let took = begun.elapsed().as_secs_f64() * 1_000.0;
            let begun = Instant::now();
            let plain = by_key(&history).values().all(|part| plain(part));
            let reference = begun.elapsed().as_secs_f64() * 1_000.0;
            println!(
                "{name:28} {seed:4} {took:10.1} {ours:>8} {reference:10.1} {plain:>8} {:8.3}",
                took / reference
            );
        }
    }
}

fn by_key(history: &[Operation<Call, Option<String>>]) -> BTreeMap<String, History> {
    let mut parts: BTreeMap<String, History> = BTreeMap::new();
    for operation in history {
        parts
            .entry(Texts.partition(&operation.call).unwrap_or_default())
            .or_default()
            .push(operation.clone());
    }
    parts
}

/// The reference. Returns whether it found an order within the steps.
fn plain(history: &[Operation<Call, Option<String>>]) -> bool {
    let ends: Vec<u64> = history
        .iter()
        .map(|operation| operation.answered().unwrap_or(u64::MAX))
        .collect();
    let mut visited: HashSet<(Vec<bool>, BTreeMap<u8, String>)> = HashSet::new();
    let mut path = vec![(vec![false; history.len()], Texts.initial(), 0)];
    let mut steps = 0;
    while let Some((placed, state, from)) = path.last_mut() {
        let deadline = (0..history.len()).filter(|at| !placed[*at]).map(|at| ends[at]).min();
        let Some(deadline) = deadline else { return true };
        let may_come = |at: &usize| !placed[*at] && history[*at].invoked <= deadline;
        let Some(next) = (*from..history.len()).find(may_come) else {
            path.pop();
            continue;
        };
        *from = next + 1;
        steps += 1;
        if steps > STEPS {
            return false;
        }
        let (mut placed, mut state) = (placed.clone(), state.clone());
        if history[next].reply() == Some(&Texts.apply(&mut state, &history[next].call)) {
            placed[next] = true;
            if visited.insert((placed.clone(), state.clone())) {
                path.push((placed, state, 0));
            }
        }
    }
    false
}
