//! Sequences of 20 calls per second that an equivalence suite runs, per subject, beside only drawing them.
//!
//! Nothing here passes or fails.

#![expect(clippy::print_stdout, reason = "the table on stdout is the result")]

mod slots;

use std::time::Instant;

use comfy_table::Table;
use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::TestRunner,
};
use seam::equivalence::{Model, Suite};
use tests::equivalence::{
    Reach, Storage,
    models::{InventoryModel, OrdersModel},
    suites,
};

const CALLS: usize = 20;

fn main() {
    let mut table = Table::new();
    table.set_header(["contract", "subject", "cases per second", "of drawing alone"]);
    let drawn = drawn_per_second(&slots::Slots::default(), 2_000);
    add(&mut table, ["a trivial one", "drawing alone"], drawn, drawn);
    for (subject, cases, open) in slots::SUBJECTS {
        let suite = Suite::new("slots", slots::Slots::default());
        let open = *open;
        let suite = suite.subject(subject, move || async move { Ok::<_, String>(open().await) });
        add(&mut table, ["", subject], cases_per_second(suite, *cases), drawn);
    }
    let drawn = drawn_per_second(&InventoryModel::default(), 500);
    add(&mut table, ["inventory on SQLite", "drawing alone"], drawn, drawn);
    for reach in Reach::ALL {
        let suite = suites::inventory(&Storage::Sqlite, &[reach]);
        add(&mut table, ["", reach.name()], cases_per_second(suite, 64), drawn);
    }
    let drawn = drawn_per_second(&OrdersModel::begin(), 500);
    add(&mut table, ["orders on SQLite", "drawing alone"], drawn, drawn);
    for reach in Reach::ALL {
        let suite = suites::orders(&Storage::Sqlite, &[reach]);
        add(&mut table, ["", reach.name()], cases_per_second(suite, 64), drawn);
    }
    println!("{table}");
}

fn add(table: &mut Table, [contract, subject]: [&str; 2], per_second: f64, drawn: f64) {
    let (rate, ratio) = (format!("{per_second:.0}"), format!("{:.3}", per_second / drawn));
    table.add_row([contract, subject, &rate, &ratio]);
}

/// Draws sequences and applies them to the model, and nothing else.
fn drawn_per_second<M: Model>(initial: &M, cases: u32) -> f64 {
    let mut runner = TestRunner::deterministic();
    let begun = Instant::now();
    for _ in 0..cases {
        let mut model = initial.clone();
        for _ in 0..CALLS {
            let call = model
                .next_call()
                .new_tree(&mut runner)
                .expect("a call can be drawn")
                .current();
            model.apply(&call);
        }
    }
    f64::from(cases) / begun.elapsed().as_secs_f64()
}

/// Runs fewer cases than a suite does by default, so coverage of cells is not checked.
fn cases_per_second<M: Model>(suite: Suite<M>, cases: u32) -> f64 {
    let suite = suite.calls(CALLS).at_most(u64::from(cases));
    let begun = Instant::now();
    suite.run().expect("the subject keeps the contract");
    f64::from(cases) / begun.elapsed().as_secs_f64()
}
