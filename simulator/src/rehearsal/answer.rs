use seam::{
    handover::CopyReport,
    launch::{Decision, Dial, Judgement, Status},
};

use super::plan::Step;

/// The answer of the gate of a step.
pub(super) struct Answer {
    pub(super) decision: Decision,
    pub(super) reasons: Vec<String>,
    pub(super) judgement: Option<Judgement>,
    pub(super) copied: Option<CopyReport>,
    pub(super) answered: [u64; 2],
}

impl Answer {
    pub(super) fn hold(reasons: Vec<String>) -> Self {
        Self {
            decision: Decision::Hold,
            reasons,
            judgement: None,
            copied: None,
            answered: [0; 2],
        }
    }

    /// A copy lets the next step begin if there was something to copy, and the other side could take all of it.
    pub(super) fn of_copy(report: CopyReport, wanted: u64) -> Self {
        let mut answer = Self::hold(Vec::new());
        let rows: u64 = report.sets.iter().map(|set| set.rows).sum();
        if !report.has_examined() || rows < wanted {
            answer
                .reasons
                .push(format!("there are {rows} rows to copy, wanted {wanted}"));
        }
        if report.apart() > 0 {
            answer
                .reasons
                .push(format!("the sides differ in {} aggregates", report.apart()));
        }
        if answer.reasons.is_empty() {
            answer.decision = Decision::Promote;
        }
        answer.copied = Some(report);
        answer
    }

    /// The gate's own answer; and where the candidate is to answer some keys, it has to have answered one.
    pub(super) fn of_gate(status: Status, step: &Step, base: [u64; 2]) -> Self {
        let answered = since(answered(&status), base);
        let mut decision = status.gate.decision;
        let mut reasons = status.gate.reasons.clone();
        if step.lane.share_served() > Dial::NONE && answered[1] == 0 {
            reasons.push(format!(
                "the candidate answered no call at a share of {}",
                step.lane.share_served()
            ));
            if decision == Decision::Promote {
                decision = Decision::Hold;
            }
        }
        Self {
            decision,
            reasons,
            judgement: Some(status.gate),
            copied: None,
            answered,
        }
    }

    /// The candidate has to have answered as many calls as one step's claim takes, and the control none.
    pub(super) fn of_complete(answered: [u64; 2], needed: u64) -> Self {
        let mut answer = Self::hold(Vec::new());
        answer.answered = answered;
        if answered[0] > 0 {
            answer
                .reasons
                .push(format!("the control still answered {} calls", answered[0]));
        }
        if answered[1] < needed {
            answer.reasons.push(format!(
                "the candidate answered {} of {needed} calls alone",
                answered[1]
            ));
        }
        if answer.reasons.is_empty() {
            answer.decision = Decision::Promote;
        }
        answer
    }
}

/// Reads that the control and the candidate have answered.
pub(super) fn answered(status: &Status) -> [u64; 2] {
    let reads = status.methods.iter().filter(|method| method.kind == "read");
    reads.fold([0; 2], |sum, method| {
        [sum[0] + method.answered[0], sum[1] + method.answered[1]]
    })
}

/// The calls since `base`. A process that was started again counts from 0.
pub(super) fn since(now: [u64; 2], base: [u64; 2]) -> [u64; 2] {
    if now[0] < base[0] || now[1] < base[1] {
        return now;
    }
    [now[0] - base[0], now[1] - base[1]]
}
