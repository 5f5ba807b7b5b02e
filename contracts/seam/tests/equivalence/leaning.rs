//! Generation leans towards cells that are rarely met, in the same way whenever a case is drawn again.

use std::sync::{Arc, Mutex};

use proptest::prelude::*;
use seam::{
    BoxFuture, Carrier, Contract,
    equivalence::{Cell, Fake, Instance, Model, Report, Suite},
};
use serde::{Deserialize, Serialize};

#[seam::contract(name = "stairs")]
trait Stairs: Send + Sync {
    #[write]
    async fn step(&self, foot: u8) -> Result<u32, Tripped>;
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
enum Tripped {
    #[error("it has no such foot")]
    Foot,
    #[error(transparent)]
    Transport(#[from] seam::TransportFailure),
}

impl seam::ContractError for Tripped {
    fn transport(&self) -> Option<&seam::TransportFailure> {
        match self {
            Self::Transport(failure) => Some(failure),
            Self::Foot => None,
        }
    }
}

/// Four stairs. One step in twenty leads up, one down to the ground; one foot in a hundred is none.
#[derive(Clone, Debug, Default, PartialEq)]
struct Height(u32);

const DOWN: u8 = 0;
const UP: u8 = 19;
const NO_FOOT: u8 = 200;

impl Model for Height {
    type Contract = dyn Stairs;

    fn next_call(&self) -> BoxedStrategy<StairsCall> {
        let foot = prop_oneof![99 => 0..=UP, 1 => Just(NO_FOOT)];
        foot.prop_map(|foot| StairsCall::Step { foot }).boxed()
    }

    fn apply(&mut self, StairsCall::Step { foot }: &StairsCall) -> StairsReply {
        StairsReply::Step(match *foot {
            NO_FOOT => Err(Tripped::Foot),
            UP => {
                self.0 = (self.0 + 1).min(3);
                Ok(self.0)
            }
            DOWN => {
                self.0 = 0;
                Ok(self.0)
            }
            _ => Ok(self.0),
        })
    }

    fn state(&self, _: &StairsCall) -> std::borrow::Cow<'static, str> {
        format!("stair {}", self.0).into()
    }

    fn reachable() -> Vec<Cell> {
        let stairs =
            (0..4).flat_map(|stair| ["ok", "Foot"].map(|end| Cell::new(format!("stair {stair}"), "step", end)));
        stairs.collect()
    }
}

fn suite() -> Suite<Height> {
    Suite::new("stairs", Height::default()).subject("model", || async {
        Ok::<_, String>(Instance::new(Fake::begin(Height::default())))
    })
}

fn cells(report: Report) -> Vec<u64> {
    report.cells.into_values().collect()
}

/// As drawn, one or two of these 5,120 calls trip on the last stair.
#[test]
fn cells_that_need_several_rare_calls_in_a_row_are_met_many_times() {
    for seed in 0..4 {
        let met = cells(suite().seed(seed).run().unwrap());

        assert!(met.iter().all(|times| *times >= 20), "seed {seed}: {met:?}");
        assert!(
            met.iter().max().unwrap() >= &1_000,
            "seed {seed}: every fourth case, and every second call, stays as it was drawn: {met:?}"
        );
    }
}

/// Records the feet of each case.
struct Recording {
    stairs: Arc<dyn Stairs>,
    cases: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Carrier<dyn Stairs> for Recording {
    fn carry(&self, call: StairsCall) -> BoxFuture<'_, StairsReply> {
        let StairsCall::Step { foot } = call;
        self.cases.lock().unwrap().last_mut().unwrap().push(foot);
        self.stairs.dispatch(call)
    }
}

/// A case of the second block of those that share their counts.
const LATE: usize = 270;

/// Runs itself again, as a case is asked for by a variable.
#[test]
fn a_case_that_is_drawn_alone_is_the_case_of_the_whole_run() {
    let cases = Arc::new(Mutex::new(Vec::new()));
    let recorded = Arc::clone(&cases);
    let recording = suite().cases(300).subject("recording", move || {
        recorded.lock().unwrap().push(Vec::new());
        let (stairs, cases) = (Fake::begin(Height::default()), Arc::clone(&recorded));
        async move { Ok::<_, String>(Instance::new(<dyn Stairs>::via(Arc::new(Recording { stairs, cases })))) }
    });
    recording.run().unwrap();
    let cases = cases.lock().unwrap();
    if std::env::var_os("SEAM_CASE").is_some() {
        return eprintln!("drawn alone: {:?}", cases[0]);
    }

    let mut again = std::process::Command::new(std::env::current_exe().unwrap());
    again.args([
        "--exact",
        "leaning::a_case_that_is_drawn_alone_is_the_case_of_the_whole_run",
        "--nocapture",
    ]);
    let output = again.env("SEAM_CASE", LATE.to_string()).output().unwrap();

    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        said.contains(&format!("drawn alone: {:?}", cases[LATE])),
        "{:?}, {said}",
        cases[LATE]
    );
}
