//! Suites that can't be run are refused, with what to do. The environment is set for a process of its own: the example.

use std::{
    path::PathBuf,
    process::{Command, Output},
    sync::{Arc, Mutex},
};

use proptest::strategy::{BoxedStrategy, Strategy};
use seam::equivalence::{CallOf, Cell, Failure, Fake, Instance, Model, ReplyOf, Suite};

use crate::notes::{Book, Wrong, pad, suite};

/// A model that says another thing than its calls reach, or draws none at all.
#[derive(Clone, Debug, PartialEq)]
struct Off<const DRAWS: bool>(Book);

impl<const DRAWS: bool> Model for Off<DRAWS> {
    type Contract = <Book as Model>::Contract;

    fn next_call(&self) -> BoxedStrategy<CallOf<Self>> {
        self.0.next_call().prop_filter("never", |_| DRAWS).boxed()
    }

    fn apply(&mut self, call: &CallOf<Self>) -> ReplyOf<Self> {
        self.0.apply(call)
    }

    fn reachable() -> Vec<Cell> {
        Cell::table(&[("any", "write", "ok")])
    }
}

fn off<const DRAWS: bool>() -> Failure {
    let suite = Suite::new("notes", Off::<DRAWS>(Book::default()));
    let suite = suite.subject("model", || async {
        Ok::<_, String>(Instance::new(Fake::begin(Book::default())))
    });
    suite.cases(8).run().unwrap_err()
}

#[test]
fn a_cell_that_was_reached_and_is_not_called_reachable_is_named() {
    let failure = off::<true>();

    assert!(matches!(failure, Failure::Undeclared { .. }), "{failure}");
    let said = failure.to_string();
    assert!(said.contains("\n  read on any -> Absent\n"), "{said}");
    assert!(said.contains("add them to `reachable`, or fix the model"), "{said}");
}

#[test]
fn a_model_that_draws_no_call_is_refused_with_the_filter_that_leaves_none() {
    let failure = off::<false>();

    assert!(matches!(failure, Failure::NoCall { .. }), "{failure}");
    let said = failure.to_string();
    assert!(
        said.contains("no call can be drawn") && said.contains("loosen the filters in `next_call`"),
        "{said}"
    );
}

#[test]
fn a_suite_within_a_runtime_is_refused_and_one_beside_it_runs() {
    let runtime = tokio::runtime::Runtime::new().unwrap();

    let within = runtime.block_on(async { suite(Wrong::Nowhere).at_most(1).run() });
    let beside = runtime.block_on(runtime.spawn_blocking(|| suite(Wrong::Nowhere).at_most(1).run()));

    let failure = within.unwrap_err();
    assert!(matches!(failure, Failure::Runtime { .. }), "{failure}");
    assert!(
        failure.to_string().contains("another is at work on this thread"),
        "{failure}"
    );
    assert!(beside.unwrap().is_ok());
}

/// A model that says nothing can be reached.
#[derive(Clone, Debug, PartialEq)]
struct Empty(Book);

impl Model for Empty {
    type Contract = <Book as Model>::Contract;

    fn next_call(&self) -> BoxedStrategy<CallOf<Self>> {
        self.0.next_call()
    }

    fn apply(&mut self, call: &CallOf<Self>) -> ReplyOf<Self> {
        self.0.apply(call)
    }

    fn reachable() -> Vec<Cell> {
        Vec::new()
    }
}

#[test]
fn an_empty_model_is_refused() {
    let suite = Suite::new("notes", Empty(Book::default()));
    let suite = suite.subject("model", || async {
        Ok::<_, String>(Instance::new(Fake::begin(Book::default())))
    });

    let failure = suite.run().unwrap_err();

    assert!(matches!(failure, Failure::EmptyModel { .. }), "{failure}");
    assert!(
        failure.to_string().contains("list at least one in `reachable`"),
        "{failure}"
    );
}

#[test]
fn a_suite_without_a_subject_and_one_with_two_of_a_name_are_refused() {
    let none = Suite::new("notes", Book::default()).run().unwrap_err();
    let twice = suite(Wrong::Nowhere)
        .subject("right", || async { Ok::<_, String>(pad(Wrong::Nowhere)) })
        .run();

    assert!(matches!(none, Failure::NoSubject { .. }), "{none}");
    assert!(matches!(twice, Err(Failure::SameName { name, .. }) if name == "right"));
}

#[test]
fn a_subject_that_does_not_open_is_no_difference() {
    let suite = suite(Wrong::Nowhere).subject("shut", || async { Err::<Instance<_>, _>("the shop is shut") });

    let failure = suite.run().unwrap_err();

    assert_eq!(
        failure.to_string(),
        "subject \"shut\" can't be opened: the shop is shut"
    );
}

/// Says so when it goes.
struct Kept(Arc<Mutex<Vec<&'static str>>>);

impl Drop for Kept {
    fn drop(&mut self) {
        self.0.lock().unwrap().push("what is kept goes");
    }
}

#[tokio::test]
async fn a_subject_is_closed_in_the_order_in_which_it_was_told_and_then_what_it_keeps_goes() {
    let closed = Arc::new(Mutex::new(Vec::new()));
    let says = |what| {
        let closed = Arc::clone(&closed);
        async move { closed.lock().unwrap().push(what) }
    };
    let instance = pad(Wrong::Nowhere).keeping(Kept(Arc::clone(&closed)));
    let instance = instance.closed_by(says("first")).closed_by(says("second"));

    instance.close().await;

    assert_eq!(*closed.lock().unwrap(), ["first", "second", "what is kept goes"]);
}

#[test]
fn the_example_finds_its_wrong_client_and_says_how_to_run_it_again() {
    let output = example(&[]);

    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("counter: \"over http\" differs from the model in call 1 of 1"),
        "{said}"
    );
    assert!(said.contains("cargo run -p seam --example counter"), "{said}");
}

#[test]
fn the_environment_can_ask_for_one_case_and_is_refused_where_it_makes_no_sense() {
    let one = example(&[("SEAM_SEED", "0"), ("SEAM_CASE", "3")]);
    let unknown = example(&[("SEAM_SUBJECTS", "by post")]);
    let cases = example(&[("SEAM_CASES", "0")]);
    let seed = example(&[("SEAM_SEED", "tea")]);

    assert!(said(&one).contains("seed 0, case 3"), "{}", said(&one));
    assert!(said(&unknown).contains("there is no subject \"by post\"; `sampled` and SEAM_SUBJECTS can name over http"));
    assert!(said(&cases).contains("SEAM_CASES is \"0\", wanted a whole number, at least 1"));
    assert!(said(&seed).contains("SEAM_SEED is \"tea\", wanted a whole number, at least 0"));
}

#[test]
fn a_sample_for_a_subject_that_is_not_there_is_refused() {
    let failure = suite(Wrong::Nowhere).sampled("wrnog", 4).run().unwrap_err();

    assert_eq!(
        failure.to_string(),
        "notes: there is no subject \"wrnog\"; `sampled` and SEAM_SUBJECTS can name right, wrong"
    );
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Runs the example, which cargo builds beside this test.
fn example(variables: &[(&str, &str)]) -> Output {
    let program = std::env::current_exe().unwrap();
    let target: PathBuf = program.ancestors().nth(2).unwrap().into();
    let mut example = Command::new(target.join("examples/counter"));
    example.envs(variables.iter().copied()).output().unwrap()
}
