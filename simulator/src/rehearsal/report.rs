use seam::{
    handover::CopyReport,
    launch::{Decision, Dial, Group, Judgement, Side},
};
use serde::Serialize;

use crate::{
    scenario::{Report, Verdict},
    steps::LinkTraffic,
};

/// The result of a rehearsal.
#[derive(Debug, Serialize)]
pub(crate) struct RehearsalReport {
    pub(crate) plan: String,
    pub(crate) about: String,
    pub(crate) seed: u64,
    pub(crate) verdict: Verdict,
    /// The reasons against PASS; empty for one.
    pub(crate) reasons: Vec<String>,
    /// How the side that does not act was kept current.
    pub(crate) kept_current: &'static str,
    /// The defects that were planted.
    pub(crate) defects: Vec<DefectReport>,
    /// The steps as they were taken, those that were taken again too.
    pub(crate) steps: Vec<StepReport>,
    pub(crate) kills: Vec<KillReport>,
    /// The copies of rows from the old side to the new one, and back.
    pub(crate) copies: [Copies; 2],
    /// The journeys and the invariants.
    pub(crate) scenario: Report,
}

/// A planted defect, and what the gate said of it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct DefectReport {
    pub(crate) name: String,
    /// The effect, such as `alter_json`.
    pub(crate) effect: &'static str,
    pub(crate) began_ms: u64,
    pub(crate) ended_ms: u64,
    /// True if the gate did not promote, and a reason named the defect.
    pub(crate) caught: bool,
    /// The gate's last decision while the defect was there.
    pub(crate) decision: Option<Decision>,
    /// The reason that names the defect, or else those that don't.
    pub(crate) reasons: Vec<String>,
    pub(crate) groups: Vec<Group>,
    /// Requests that the defect met.
    pub(crate) traffic: Vec<LinkTraffic>,
}

/// A step, once.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct StepReport {
    pub(crate) step: String,
    /// The position in the plan, from 1.
    pub(crate) number: usize,
    /// The time that this is in the step, from 1.
    pub(crate) visit: usize,
    pub(crate) began_ms: u64,
    pub(crate) ended_ms: u64,
    /// The share of the keys that the candidate answers.
    pub(crate) served: Dial,
    /// The side that acts.
    pub(crate) duty: Side,
    pub(crate) outcome: Outcome,
    /// The reasons against going on.
    pub(crate) reasons: Vec<String>,
    /// The gate's last answer, for a step whose reads are compared.
    pub(crate) judgement: Option<Judgement>,
    /// Reads that the control and the candidate answered.
    pub(crate) answered: [u64; 2],
    /// The copy by which a step without comparisons is judged.
    pub(crate) copied: Option<CopyReport>,
}

/// The end of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    /// The gate let the next step begin.
    Promoted,
    /// The gate let it begin, and the step was taken back as the seed said.
    WentBack,
    /// The gate held until the time was over.
    Held,
    /// The gate sent it back.
    RolledBack,
    /// It could not be taken.
    Failed,
}

/// A node that was killed.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct KillReport {
    pub(crate) node: String,
    pub(crate) step: String,
    pub(crate) at_ms: u64,
    /// The moment at which it was ready again.
    pub(crate) ready_ms: Option<u64>,
    /// The reason why it was not killed, or is not back.
    pub(crate) problem: Option<String>,
}

/// Copies of rows in one direction.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Copies {
    pub(crate) runs: u64,
    /// Runs that an error cut off, as when a node was dead.
    pub(crate) failed: u64,
    /// Aggregates that were carried over.
    pub(crate) carried: u64,
    /// The last one that came to its end.
    pub(crate) last: Option<CopyReport>,
    /// The end of that one.
    pub(crate) last_ms: Option<u64>,
}

/// Everything that a walk has noted.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    pub(super) defects: Vec<DefectReport>,
    pub(super) steps: Vec<StepReport>,
    pub(super) kills: Vec<KillReport>,
    pub(super) copies: [Copies; 2],
    /// True once the last step was promoted.
    pub(super) is_complete: bool,
    /// The reason why a kill or a step back that the plan has did not happen.
    pub(super) left_out: Vec<String>,
}

impl Notes {
    /// The verdict over the walk and the scenario, with the reasons against PASS.
    pub(crate) fn verdict(&self, scenario: Verdict) -> (Verdict, Vec<String>) {
        let (mut bad, mut open) = (Vec::new(), Vec::new());
        for defect in self.defects.iter().filter(|defect| !defect.caught) {
            bad.push(format!(
                "the planted defect {:?} was not caught by the gate",
                defect.name
            ));
        }
        if self.defects.is_empty() {
            bad.push("no defect was planted, so nobody knows whether the gate would catch one".to_owned());
        }
        for step in &self.steps {
            let why = step
                .reasons
                .first()
                .map(|reason| format!(": {reason}"))
                .unwrap_or_default();
            match step.outcome {
                Outcome::Promoted | Outcome::WentBack => {}
                Outcome::Held => open.push(format!("the gate held {} until its time was over{why}", step.step)),
                Outcome::RolledBack => bad.push(format!("the gate rolled {} back{why}", step.step)),
                Outcome::Failed => bad.push(format!("{} could not be taken{why}", step.step)),
            }
        }
        for kill in &self.kills {
            if let Some(problem) = &kill.problem {
                bad.push(format!("{}: {problem}", kill.node));
            }
        }
        bad.extend(self.left_out.iter().cloned());
        match scenario {
            Verdict::Pass => {}
            Verdict::Fail => bad.push("the scenario failed: see its invariants".to_owned()),
            Verdict::Inconclusive => open.push("the scenario proved nothing: see its invariants".to_owned()),
        }
        if !self.is_complete && bad.is_empty() && open.is_empty() {
            bad.push("the last step was not reached".to_owned());
        }
        let verdict = match (bad.is_empty(), open.is_empty()) {
            (false, _) => Verdict::Fail,
            (true, false) => Verdict::Inconclusive,
            (true, true) => Verdict::Pass,
        };
        bad.extend(open);
        (verdict, bad)
    }

    /// The report of a rehearsal whose scenario has this report.
    pub(crate) fn into_report(self, plan: &super::Plan, seed: u64, scenario: Report) -> RehearsalReport {
        let (verdict, reasons) = self.verdict(scenario.verdict);
        RehearsalReport {
            plan: plan.name.clone(),
            about: plan.about.clone(),
            seed,
            verdict,
            reasons,
            kept_current: "by copying, in place of dual writes: the side that does not act gets the rows of the other \
                           one again and again",
            defects: self.defects,
            steps: self.steps,
            kills: self.kills,
            copies: self.copies,
            scenario,
        }
    }
}

impl Outcome {
    /// The outcome in words.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Promoted => "promoted",
            Self::WentBack => "promoted, then taken back",
            Self::Held => "held until its time was over",
            Self::RolledBack => "rolled back",
            Self::Failed => "failed",
        }
    }
}
