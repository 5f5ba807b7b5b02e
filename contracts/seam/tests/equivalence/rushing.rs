//! Several callers at once: what they hear is explained by some order of their calls, or shown as lanes.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering::SeqCst},
};

use proptest::prelude::*;
use seam::{
    BoxFuture, Carrier, Contract, TransportFailure,
    equivalence::{
        Cell, Completion, ConcurrentCounterexample, ConcurrentReport, Failure, Instance, Model, Part, Suite,
    },
};
use serde::{Deserialize, Serialize};

#[seam::contract(name = "till")]
trait Till: Send + Sync {
    #[write]
    async fn put_in(&self, cents: i64) -> Result<i64, TillError>;
    #[read]
    async fn count(&self) -> Result<i64, TillError>;
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
enum TillError {
    #[error("somebody is at it")]
    Busy,
    #[error(transparent)]
    Transport(#[from] TransportFailure),
}

impl seam::ContractError for TillError {
    fn transport(&self) -> Option<&TransportFailure> {
        match self {
            Self::Transport(failure) => Some(failure),
            Self::Busy => None,
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Sum(i64);

impl Model for Sum {
    type Contract = dyn Till;

    fn next_call(&self) -> BoxedStrategy<TillCall> {
        prop_oneof![
            (1..=9_i64).prop_map(|cents| TillCall::PutIn { cents }),
            Just(TillCall::Count {})
        ]
        .boxed()
    }

    fn apply(&mut self, call: &TillCall) -> TillReply {
        match call {
            TillCall::PutIn { cents } => {
                self.0 += cents;
                TillReply::PutIn(Ok(self.0))
            }
            TillCall::Count {} => TillReply::Count(Ok(self.0)),
        }
    }

    fn reachable() -> Vec<Cell> {
        Cell::table(&[("any", "put_in", "ok"), ("any", "count", "ok")])
    }
}

#[derive(Clone, Copy)]
enum Drawer {
    /// Each call is one step.
    Atomic,
    /// Looks, steps aside, and puts back what it has reckoned.
    Racy,
    /// Every third call is done and then not answered.
    Forgetful,
    /// Every third call is told that somebody is at it, and is not done.
    Shy,
    /// Every third call is told so although it was done.
    Lying,
    /// Counts nothing that was put in, once more than ten cents are in it.
    Small,
}

struct Real {
    drawer: Drawer,
    sum: AtomicI64,
    calls: AtomicI64,
}

impl Real {
    async fn add(&self, cents: i64) -> i64 {
        if let Drawer::Racy = self.drawer {
            let sum = self.sum.load(SeqCst);
            tokio::task::yield_now().await;
            self.sum.store(sum + cents, SeqCst);
            return sum + cents;
        }
        tokio::task::yield_now().await;
        self.sum.fetch_add(cents, SeqCst) + cents
    }
}

impl Carrier<dyn Till> for Real {
    fn carry(&self, call: TillCall) -> BoxFuture<'_, TillReply> {
        Box::pin(async move {
            let TillCall::PutIn { cents } = call else {
                let sum = self.sum.load(SeqCst);
                let is_too_much = matches!(self.drawer, Drawer::Small) && sum > 10;
                return TillReply::Count(Ok(if is_too_much { 0 } else { sum }));
            };
            let third = self.calls.fetch_add(1, SeqCst) % 3 == 2;
            TillReply::PutIn(match self.drawer {
                Drawer::Shy if third => Err(TillError::Busy),
                Drawer::Lying if third => {
                    self.add(cents).await;
                    Err(TillError::Busy)
                }
                Drawer::Forgetful if third => {
                    self.add(cents).await;
                    Err(TransportFailure::new("till", "cut").into())
                }
                _ => Ok(self.add(cents).await),
            })
        })
    }
}

fn suite(drawer: Drawer) -> Suite<Sum> {
    Suite::new("till", Sum::default())
        .cases(64)
        .calls(12)
        .subject("drawer", move || async move {
            let real = Real {
                drawer,
                sum: AtomicI64::new(0),
                calls: AtomicI64::new(0),
            };
            Ok::<_, String>(Instance::new(<dyn Till>::via(Arc::new(real))))
        })
}

fn heard(reply: &TillReply) -> Completion {
    match reply {
        TillReply::PutIn(Err(TillError::Busy)) => Completion::Fail,
        _ => Completion::Ok,
    }
}

#[test]
fn what_callers_of_an_atomic_service_hear_is_explained_and_their_calls_do_overlap() {
    let report = suite(Drawer::Atomic).run_concurrently(4, heard).unwrap();

    assert_eq!((report.histories, report.answered, report.unknown), (64, 64 * 12, 0));
    assert!(report.overlapping > 0, "{report}");
}

#[test]
fn a_sampled_subject_is_called_at_once_when_it_is_its_turn() {
    let report = suite(Drawer::Atomic).sampled("drawer", 4).run_concurrently(4, heard);

    assert_eq!(report.unwrap().histories, 64 / 4);
}

#[test]
fn a_subject_is_sampled_as_was_told_last_and_0_is_every_case() {
    let suite = suite(Drawer::Atomic).sampled("drawer", 4).sampled("drawer", 0);

    assert_eq!(suite.run_concurrently(4, heard).unwrap().histories, 64);
}

#[test]
fn the_calls_of_one_caller_never_overlap() {
    let report = suite(Drawer::Atomic).run_concurrently(1, heard).unwrap();

    assert_eq!((report.answered, report.overlapping), (64 * 12, 0), "{report}");
    assert!(
        report.to_string().contains("\n  warning: 0 of 64 histories"),
        "{report}"
    );
    let failure = report.without_warnings().unwrap_err();
    assert!(
        matches!(&failure, Failure::Weak { warnings, .. } if warnings.len() == 1),
        "{failure}"
    );
}

#[test]
fn an_update_that_is_lost_between_two_callers_is_found_and_shown_as_lanes() {
    let failure = suite(Drawer::Racy).run_concurrently(4, heard).unwrap_err();

    let Failure::NotLinearizable(counterexample) = &failure else {
        panic!("{failure}");
    };
    let ConcurrentCounterexample {
        lanes, calls, replay, ..
    } = &**counterexample;
    assert!(
        lanes.contains("not linearizable: no order of the calls explains the answer of #"),
        "{lanes}"
    );
    assert!(lanes.contains('✗'), "{lanes}");
    assert!(lanes.contains(r#" put_in {"cents":"#), "{lanes}");
    assert!(replay.contains("SEAM_CASE="), "{replay}");
    assert!(calls.iter().any(|call| call.part == Part::Shown), "{failure}");
    for call in calls {
        let json = format!(r#"{{"{}":{}}}"#, call.method, call.arguments);
        assert!(serde_json::from_str::<TillCall>(&json).is_ok(), "{json}");
    }
}

/// One caller, so that the calls always come in the same order.
#[test]
fn a_history_without_an_explanation_is_printed_with_the_calls_that_led_there_and_its_seed() {
    let suite = suite(Drawer::Small).seed(7).setup([TillCall::PutIn { cents: 1 }]);
    let failure = suite.run_concurrently(1, heard).unwrap_err();

    let text = failure.to_string();
    let (told, replay) = text.rsplit_once('\n').unwrap();
    assert_eq!(told, WHOLE);
    assert!(
        replay.starts_with("replay (several times, as callers come to turn differently): SEAM_SEED=7 SEAM_CASE=0 ")
    );
}

const WHOLE: &str = r##"till: the replies to callers of "drawer" in case 0 are not linearizable

not linearizable: no order of the calls explains the answer of #9
begins in Sum(2)
where the 4 operations before that must lead
caller 0 ┬ call  ┴ answer  ● both  ┊ no answer by now  ✗ unexplained
       ● #5 put_in {"cents":1} -> {"Ok":3}
       ● #6 put_in {"cents":7} -> {"Ok":10}
       ● #8 put_in {"cents":2} -> {"Ok":12}
       ✗ #9 count {} -> {"Ok":0}
#9 is count {}
  seen:    {"Ok":0}
  allowed: {"Ok":12}, in the order #5 #6 #8 #9
left out, as nothing explains it whatever became of them: #4 #7

the calls shown, and those that led there, in the order in which they were made:
  setup   #0 caller 0: put_in {"cents":1} -> {"Ok":1}
  before  #1 caller 0: count {} -> {"Ok":1}
  before  #2 caller 0: count {} -> {"Ok":1}
  before  #3 caller 0: put_in {"cents":1} -> {"Ok":2}
  shown   #5 caller 0: put_in {"cents":1} -> {"Ok":3}
  shown   #6 caller 0: put_in {"cents":7} -> {"Ok":10}
  shown   #8 caller 0: put_in {"cents":2} -> {"Ok":12}
  shown   #9 caller 0: count {} -> {"Ok":0}

seed 7, case 0"##;

#[test]
fn calls_of_the_setup_come_first_and_are_answered_like_the_others() {
    let setup = || [TillCall::PutIn { cents: 1 }, TillCall::Count {}];
    let at_once = suite(Drawer::Atomic).setup(setup()).run_concurrently(4, heard).unwrap();
    let one_by_one = suite(Drawer::Atomic).setup(setup()).calls(1).run().unwrap();
    let wrong = suite(Drawer::Small)
        .setup([TillCall::PutIn { cents: 11 }])
        .run()
        .unwrap_err();

    assert_eq!(at_once.answered, 64 * (12 + 2));
    assert_eq!(one_by_one.cells.values().sum::<u64>(), 64 * (1 + 2));
    let history = &wrong.counterexample().unwrap().history;
    assert_eq!(history[0].arguments, r#"{"cents":11}"#, "{wrong}");
}

#[test]
fn a_call_without_an_answer_may_have_happened_and_explains_what_others_see() {
    let report = suite(Drawer::Forgetful).run_concurrently(3, heard).unwrap();

    assert!(report.unknown > 0, "{report}");
    let (answered, unknown) = (40, 10);
    let few = ConcurrentReport {
        answered,
        unknown,
        failed: 0,
        overlapping: report.histories,
        ..report
    };
    assert!(few.clone().without_warnings().is_ok(), "{few}");
    let many = ConcurrentReport { unknown: 11, ..few };
    assert!(
        many.warnings()[0].starts_with("11 of 51 calls have an unknown outcome"),
        "{many}"
    );
}

#[test]
fn a_call_that_is_told_nothing_was_done_must_not_have_happened() {
    let shy = suite(Drawer::Shy).run_concurrently(3, heard).unwrap();
    let lying = suite(Drawer::Lying).run_concurrently(3, heard);

    assert!(shy.failed > 0, "{shy}");
    assert!(matches!(lying, Err(Failure::NotLinearizable { .. })));
}

#[test]
fn nobody_who_calls_proves_nothing_and_is_refused() {
    let failure = suite(Drawer::Atomic).run_concurrently(0, heard).unwrap_err();

    assert!(matches!(failure, Failure::NoCaller { .. }), "{failure}");
    assert!(
        failure.to_string().contains("with 0 callers, wanted at least 1"),
        "{failure}"
    );
}

#[test]
fn a_saved_sequence_is_not_for_several_callers_and_is_refused() {
    let mut again = std::process::Command::new(std::env::current_exe().unwrap());
    again.args([
        "--exact",
        "rushing::a_call_without_an_answer_may_have_happened_and_explains_what_others_see",
    ]);

    let output = again.env("SEAM_REPLAY", "saved.json").output().unwrap();

    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{said}");
    assert!(said.contains("SEAM_REPLAY is \"saved.json\", wanted nothing"), "{said}");
}

#[test]
fn a_panic_of_what_sorts_the_answers_is_told_and_is_no_panic_of_the_suite() {
    let failure = suite(Drawer::Atomic)
        .run_concurrently(2, |_| panic!("which answer?"))
        .unwrap_err();

    assert!(matches!(failure, Failure::CallerEnded { case: 0, .. }), "{failure}");
    assert!(failure.to_string().contains("which answer?"), "{failure}");
}
