use seam::equivalence::{Failure, Fake, Instance, Rule, Suite};

use crate::notes::{Book, Wrong, bare, suite};

#[test]
fn a_rule_that_never_made_a_difference_allowed_is_reported_with_its_owner_and_reason() {
    let unneeded = Rule::ignored("read.Ok.text", "the paper mill", "ink runs");

    let report = suite(Wrong::Nowhere).rule(unneeded.clone()).run().unwrap();

    assert_eq!(report.unused_rules, [unneeded]);
    let told = "rule never applied: read.Ok.text ignored by the paper mill: ink runs";
    assert!(report.to_string().contains(told), "{report}");
}

#[test]
fn a_run_of_fewer_cases_than_the_suite_has_calls_no_rule_unused() {
    let unneeded = Rule::ignored("read.Ok.text", "the paper mill", "ink runs");

    let report = suite(Wrong::Nowhere).rule(unneeded).at_most(1).run().unwrap();

    assert_eq!(report.unused_rules, []);
}

#[test]
fn a_report_says_what_ran_and_how_often_the_thinnest_cells_were_met() {
    let mut report = suite(Wrong::Nowhere).run().unwrap();
    for (times, met) in report.cells.values_mut().enumerate() {
        *met = times as u64;
    }

    assert_eq!(
        report.to_string(),
        "notes: 256 cases of 20 calls and 0 saved, on right, wrong; 6 of 7 cells met; seed 0\n  \
         met least often: 0 x read on absent -> Absent, 1 x tear on absent -> Absent, 2 x write on any -> ok"
    );
}

#[test]
fn a_cell_that_is_met_less_often_than_demanded_fails_the_suite_and_is_named() {
    let thinnest = *suite(Wrong::Nowhere).run().unwrap().cells.values().min().unwrap();

    assert!(suite(Wrong::Nowhere).each_cell(thinnest).run().is_ok());
    let failure = suite(Wrong::Nowhere).each_cell(thinnest + 1).run().unwrap_err();

    let Failure::Thin { cells, wanted, .. } = &failure else {
        panic!("{failure}");
    };
    assert_eq!(*wanted, thinnest + 1);
    assert!(cells.iter().all(|(_, times)| *times == thinnest), "{failure}");
    assert!(
        failure.to_string().contains(&format!("  {thinnest} x {}", cells[0].0)),
        "{failure}"
    );
}

#[test]
fn an_ignored_field_may_differ_and_nothing_else_may() {
    let suite = |field| {
        Suite::new("notes", Book::default())
            .rule(Rule::ignored(field, "notes", "to see"))
            .subject("pad", || async { Ok::<_, String>(Instance::new(bare(Wrong::Nowhere))) })
    };

    assert!(
        suite("write.Ok.id")
            .calls(1)
            .cases(4)
            .run()
            .is_err_and(|failure| failure.counterexample().is_none())
    );
    assert!(
        suite("write.Ok.text")
            .calls(1)
            .run()
            .is_err_and(|failure| failure.counterexample().is_some())
    );
}

#[test]
fn a_cell_that_no_case_reached_fails_the_suite_and_is_named() {
    let failure = Suite::new("notes", Book::default())
        .calls(1)
        .subject("model", || async {
            Ok::<_, String>(Instance::new(Fake::begin(Book::default())))
        })
        .run()
        .unwrap_err();

    let Failure::Uncovered { cells, cases: 256, .. } = &failure else {
        panic!("{failure}");
    };
    let cells: Vec<String> = cells.iter().map(ToString::to_string).collect();
    assert_eq!(
        cells,
        [
            "read on live -> ok",
            "tear on live -> ok",
            "read on torn -> Torn",
            "tear on torn -> Torn"
        ]
    );
}
