//! Plans that can't be followed, and walks past levers that are told what to answer.

use std::{
    cell::{Cell, RefCell},
    path::Path,
    time::Duration,
};

use futures::{FutureExt, executor::block_on, future::LocalBoxFuture};
use seam::{
    handover::{CopyReport, Duty, SetReport, Switched},
    launch::{Decision, Judgement, MethodStatus, Position, Side, Stage, Status},
};

use super::{Operators, Outcome, Plan, Walk, report::Notes};
use crate::{
    progress::Silent,
    scenario::Verdict,
    steps::{Fault, NoAnswer, NotLaid, Request, Response, World},
};

const PLAN: &str = include_str!("../../rehearsals/payments.toml");

fn parsed(text: &str) -> Result<Plan, String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("rehearsals/payments.toml");
    Plan::parse(text, &path).map_err(|error| error.to_string())
}

fn plan() -> Plan {
    parsed(PLAN).unwrap()
}

const NODES: &str = "nodes = [\"monolith\", \"payments-service\"]";

/// What is changed in the shipped plan, into what, and what is said of it.
const WRONG: &[(&str, &str, &str)] = &[
    ("version = 1", "version = 2", "version is 2, wanted 1"),
    ("version = 1\n", "", "missing field `version`"),
    ("name = \"payments\"", "colour = \"red\"", "unknown field `colour`"),
    (
        "payments/customers.toml",
        "nobody",
        "there is no 'nobody' among the scenarios",
    ),
    ("payments/customers.toml", "../scenarios/checkout.toml", "has faults"),
    (
        "to = \"payments-service\"",
        "to = \"monolith\"",
        "are both \"monolith\"",
    ),
    (
        "mismatches_below = 0.05",
        "mismatches_below = 0",
        "mismatches_below is 0, wanted a share above 0",
    ),
    (
        "mismatches_below = 0.05",
        "exempt = { get_payment = \"\" }",
        "get_payment has no reason",
    ),
    (
        "named = [\"get_payment\", \"/status\"]",
        "named = []",
        "named has no text",
    ),
    (
        "name = \"another state\"",
        "name = \"a cent too much\"",
        "is there twice",
    ),
    ("add = 1", "add = 0", "`does.alter_json.add` is 0"),
    (NODES, "nodes = []", "kill.nodes is empty"),
    (
        "does = \"backfill\"\nrows = 100",
        "does = \"shadow\"",
        "step 1 (Shadow): out of order, the first is Backfill",
    ),
    (
        "does = \"shadow\"",
        "does = \"switch\"",
        "wanted a serve of 100 % first",
    ),
    (
        "served = \"5 %\"",
        "served = \"1 %\"",
        "served is 1 %, wanted more than the 1 % of before",
    ),
    ("served = \"5 %\"", "served = \"500 %\"", "500 %"),
    ("served = \"5 %\"", "", "served is missing"),
    ("served = \"100 %\"", "served = \"99 %\"", "answers 99 % before it"),
    (
        "does = \"switch\"",
        "does = \"switch\"\nserved = \"5 %\"",
        "served is a key of serve alone",
    ),
    (
        "does = \"shadow\"",
        "does = \"shadow\"\nshadowed = \"0 %\"",
        "shadowed is 0 %",
    ),
    (
        "does = \"shadow\"",
        "does = \"shadow\"\nrows = 3",
        "rows is a key of backfill alone",
    ),
    ("[[step]]\ndoes = \"switch\"\n", "", "there is no step that does Switch"),
];

#[test]
fn a_plan_that_can_not_be_followed_is_refused_by_the_name_of_what_is_wrong() {
    for (from, to, says) in WRONG {
        assert!(PLAN.contains(from), "{from}");
        let refused = parsed(&PLAN.replacen(from, to, 1)).expect_err(says);
        assert!(refused.contains(says), "wanted {says:?}: {refused}");
    }
}

/// A platform that answers what its script says of the gate, in a time of its own.
struct Script {
    now: Cell<Duration>,
    position: Cell<Position>,
    /// The defect or kill that stands.
    laid: RefCell<Option<Fault>>,
    /// The gate: from the position, and whether a defect stands.
    gate: fn(Position, bool) -> (Decision, &'static str),
    switches: RefCell<Vec<Side>>,
    turns: RefCell<Vec<Position>>,
    asked: Cell<u64>,
}

impl Script {
    fn new(gate: fn(Position, bool) -> (Decision, &'static str)) -> Self {
        Self {
            now: Cell::default(),
            position: Cell::default(),
            laid: RefCell::default(),
            gate,
            switches: RefCell::default(),
            turns: RefCell::default(),
            asked: Cell::default(),
        }
    }

    fn state(&self) -> Status {
        self.asked.set(self.asked.get() + 1_000);
        let has_defect = self.laid.borrow().as_ref().is_some_and(|fault| !fault.links.is_empty());
        let (decision, reason) = (self.gate)(self.position.get(), has_defect);
        let is_served = self.position.get().reads.share_served() > seam::launch::Dial::NONE;
        let asked = self.asked.get();
        Status {
            name: "payments".to_owned(),
            contract: "payments".to_owned(),
            revision: String::new(),
            position: self.position.get(),
            killed: false,
            isolated: false,
            problem: None,
            pending: 0,
            methods: vec![MethodStatus {
                method: "get_payment".to_owned(),
                kind: "read".to_owned(),
                answered: if is_served { [0, asked] } else { [asked, 0] },
                results: [("same".to_owned(), 9)].into(),
            }],
            gate: Judgement {
                decision,
                reasons: Some(reason)
                    .filter(|reason| !reason.is_empty())
                    .map(str::to_owned)
                    .into_iter()
                    .collect(),
                methods: Vec::new(),
                groups: Vec::new(),
            },
            stale_rules: Vec::new(),
        }
    }
}

fn copied() -> CopyReport {
    CopyReport {
        module: "payments".to_owned(),
        sets: vec![SetReport {
            aggregates: 1,
            rows: 200,
            ..SetReport::default()
        }],
    }
}

impl Operators for Script {
    fn status(&self) -> LocalBoxFuture<'_, Result<Status, String>> {
        async { Ok(self.state()) }.boxed_local()
    }

    fn turn<'a>(&'a self, _: &'a Status, position: Position) -> LocalBoxFuture<'a, Result<Status, String>> {
        self.turns.borrow_mut().push(position);
        self.position.set(position);
        self.status()
    }

    fn copy(&self, _: Side) -> LocalBoxFuture<'_, Result<CopyReport, String>> {
        async { Ok(copied()) }.boxed_local()
    }

    fn switch(&self, from: Side) -> LocalBoxFuture<'_, Result<Switched, String>> {
        self.switches.borrow_mut().push(from);
        let acts = Some(Duty { epoch: 1, acts: true });
        let report = copied();
        async move { Ok(Switched { report, acts }) }.boxed_local()
    }
}

impl World for Script {
    fn node_of(&self, role: &str) -> Result<String, String> {
        Ok(role.to_owned())
    }

    fn now(&self) -> Duration {
        self.now.get()
    }

    fn pause(&self, time: Duration) -> LocalBoxFuture<'_, ()> {
        self.now.set(self.now.get() + time);
        futures::future::ready(()).boxed_local()
    }

    fn send<'a>(&'a self, _: &'a str, _: &'a Request, _: Duration) -> LocalBoxFuture<'a, Result<Response, NoAnswer>> {
        async { Err(NoAnswer("nobody is asked".to_owned())) }.boxed_local()
    }

    fn lay<'a>(&'a self, fault: &'a Fault) -> LocalBoxFuture<'a, Result<(), NotLaid>> {
        self.laid.replace(Some(fault.clone()));
        async { Ok(()) }.boxed_local()
    }

    fn lift<'a>(&'a self, _: &'a Fault) -> LocalBoxFuture<'a, Result<(), String>> {
        self.laid.take();
        async { Ok(()) }.boxed_local()
    }
}

const NAMED: &str = "list_payments_for_order get_payment /amount/cents /status no answer outcome did not reach the \
                     second side in time";

/// A gate that names every defect, and promotes without one.
fn honest(_: Position, has_defect: bool) -> (Decision, &'static str) {
    if has_defect {
        (Decision::Hold, NAMED)
    } else {
        (Decision::Promote, "")
    }
}

fn walked(seed: u64, script: &Script, every_defect: bool) -> Notes {
    let plan = plan();
    let walk = Walk::new(&plan, seed, (script, script), &Silent, every_defect);
    block_on(walk.run());
    walk.notes()
}

#[test]
fn a_walk_goes_back_once_kills_once_and_ends_at_the_last_step_whatever_the_seed() {
    let (mut back, mut killed) = (std::collections::BTreeSet::new(), std::collections::BTreeSet::new());
    for seed in 0..200 {
        let script = Script::new(honest);
        let notes = walked(seed, &script, false);
        let taken: Vec<usize> = notes.steps.iter().map(|step| step.number).collect();
        let went: Vec<usize> = notes
            .steps
            .iter()
            .filter(|step| step.outcome == Outcome::WentBack)
            .map(|step| step.number)
            .collect();
        let [at] = went.as_slice() else {
            panic!("seed {seed}: {went:?}")
        };
        let mut wanted: Vec<usize> = (1..=*at).collect();
        wanted.extend([at - 1, *at]);
        wanted.extend(at + 1..=10);
        assert_eq!(taken, wanted, "seed {seed}");
        assert_eq!((notes.kills.len(), notes.defects.len()), (1, 1), "seed {seed}");
        assert!(notes.defects[0].caught, "seed {seed}");
        assert_eq!(notes.verdict(Verdict::Pass), (Verdict::Pass, Vec::new()), "seed {seed}");
        assert_eq!(script.position.get().reads.stage, Stage::Complete);
        // Back over the switch is a switch too.
        let switches = if *at == 8 {
            vec![Side::Control, Side::Candidate, Side::Control]
        } else {
            vec![Side::Control]
        };
        assert_eq!(*script.switches.borrow(), switches, "seed {seed}");
        back.insert(*at);
        killed.insert(notes.kills[0].step.clone());
    }
    assert_eq!(
        back,
        (2..=10).collect(),
        "every step but the first is taken back by some seed"
    );
    assert_eq!(killed.len(), 8, "{killed:?}");
}

#[test]
fn a_gate_that_is_blind_to_a_defect_fails_the_rehearsal_whatever_else_it_saw() {
    let blind = Script::new(|_, _| (Decision::Promote, ""));
    let notes = walked(1, &blind, true);
    assert!(notes.is_complete && notes.defects.iter().all(|defect| !defect.caught));
    let (verdict, reasons) = notes.verdict(Verdict::Pass);
    assert_eq!((verdict, reasons.len()), (Verdict::Fail, 5), "{reasons:?}");

    // A gate that holds for another reason has not seen it either.
    let deaf = Script::new(|_, has_defect| match has_defect {
        true => (Decision::Hold, "get_payment was compared too seldom: 3 of 60 times"),
        false => (Decision::Promote, ""),
    });
    let notes = walked(1, &deaf, true);
    assert!(notes.defects.iter().all(|defect| !defect.caught), "{:?}", notes.defects);
    assert_eq!(notes.verdict(Verdict::Pass).0, Verdict::Fail);

    // Nor has one that says the same without a defect.
    let always = Script::new(|position, has_defect| match (position.reads.stage, has_defect) {
        (Stage::Shadow, _) => (Decision::Hold, NAMED),
        _ => (Decision::Promote, ""),
    });
    let notes = walked(1, &always, true);
    assert!(notes.defects.iter().all(|defect| !defect.caught), "{:?}", notes.defects);
}

#[test]
fn a_gate_that_holds_ends_inconclusive_and_one_that_rolls_back_goes_a_step_back_and_fails() {
    let holds = Script::new(
        |position, has_defect| match position.reads.share_served().to_string().as_str() {
            "25 %" => (Decision::Hold, "get_payment was never compared: 0 of 60 times"),
            _ => honest(position, has_defect),
        },
    );
    let notes = walked(1, &holds, false);
    let last = notes.steps.last().unwrap();
    assert_eq!((last.number, last.outcome), (5, Outcome::Held));
    let (verdict, reasons) = notes.verdict(Verdict::Pass);
    assert_eq!(verdict, Verdict::Inconclusive);
    assert!(
        reasons[0].contains("the gate held serve 25 %") && reasons[0].contains("never compared"),
        "{reasons:?}"
    );
    assert_eq!(
        notes.verdict(Verdict::Fail).0,
        Verdict::Fail,
        "a scenario that failed outweighs it"
    );

    let bad = Script::new(
        |position, has_defect| match position.reads.share_served().to_string().as_str() {
            "25 %" => (Decision::RollBack, "get_payment: value at \"/status\" differs"),
            _ => honest(position, has_defect),
        },
    );
    let notes = walked(1, &bad, false);
    let last = notes.steps.last().unwrap();
    assert_eq!((last.number, last.outcome), (5, Outcome::RolledBack));
    assert_eq!(notes.verdict(Verdict::Pass).0, Verdict::Fail);
    assert_eq!(
        bad.position.get().reads.share_served().to_string(),
        "5 %",
        "it went a step back"
    );
}

#[test]
fn a_walk_that_proved_nothing_is_no_pass() {
    let (verdict, reasons) = Notes::default().verdict(Verdict::Pass);
    assert_eq!(verdict, Verdict::Fail, "{reasons:?}");
    let notes = walked(1, &Script::new(honest), false);
    assert_eq!(notes.verdict(Verdict::Inconclusive).0, Verdict::Inconclusive);
    assert_eq!(notes.verdict(Verdict::Fail).0, Verdict::Fail);
}
