//! The positive control: a defect is planted, and the gate has to name it.

use std::time::Duration;

use seam::launch::{Decision, Judgement, Lane, Stage};

use super::{Event, file::StepKind, plan::Defect, report::DefectReport, walk::Walk};

impl Walk<'_> {
    /// Plants the defect that the seed chooses, or every one, while reads are shadowed; then all is off again.
    pub(super) async fn plant(&self) {
        let defects = &self.plan.defects;
        let chosen = match self.every_defect {
            true => 0..defects.len(),
            false => {
                let drawn = self.drawn("defect", defects.len() as u64);
                drawn..drawn + 1
            }
        };
        let shadow = self.plan.steps.iter().find(|step| step.kind == StepKind::Shadow);
        let lane = shadow.map_or_else(Lane::default, |step| step.lane);
        for defect in &defects[chosen] {
            let began_ms = self.now_ms();
            let deadline = self.world.now() + self.plan.caught_within;
            let mut report = DefectReport {
                name: defect.fault.name.clone(),
                effect: defect.fault.links.first().map_or("", |link| link.fault.does().kind()),
                began_ms,
                ended_ms: began_ms,
                caught: false,
                decision: None,
                reasons: Vec::new(),
                groups: Vec::new(),
                traffic: Vec::new(),
            };
            if let Err(reason) = self.planted(defect, lane, deadline, &mut report).await {
                report.reasons.insert(0, reason);
            }
            report.ended_ms = self.now_ms();
            self.report(&Event::Planted(report.clone()));
            self.notes.borrow_mut().defects.push(report);
        }
        let off = Lane {
            stage: Stage::Off,
            ..lane
        };
        let deadline = self.world.now() + self.plan.caught_within;
        // A launch that can't be turned now keeps the next step from being taken, which says so.
        let _ = self.turn(off, deadline).await;
    }

    async fn planted(
        &self,
        defect: &Defect,
        lane: Lane,
        deadline: Duration,
        report: &mut DefectReport,
    ) -> Result<(), String> {
        self.turn(lane, deadline).await?;
        self.first_comparison(deadline).await?;
        // What an earlier defect left behind is no evidence.
        self.turn(lane, deadline).await?;
        let healthy = self.operators.status().await?.gate;
        if let Some(reason) = naming(&healthy, defect) {
            return Err(format!("the gate named it before it was planted: {reason}"));
        }
        let laid = self.world.lay(&defect.fault).await;
        laid.map_err(|error| format!("it could not be planted: {error}"))?;
        self.is_shaken.set(true);
        let watched = self.watched(defect, lane, deadline, report).await;
        report.traffic = self.world.traffic(&defect.fault);
        let lifted = self.world.lift(&defect.fault).await;
        watched?;
        lifted.map_err(|reason| {
            report.caught = false;
            format!("it could not be lifted: {reason}")
        })
    }

    /// Watches the gate until it names the defect, promotes, or the time is over.
    async fn watched(
        &self,
        defect: &Defect,
        lane: Lane,
        deadline: Duration,
        report: &mut DefectReport,
    ) -> Result<(), String> {
        self.turn(lane, deadline).await?;
        while self.world.now() < deadline {
            if let Ok(status) = self.operators.status().await {
                let gate = status.gate;
                report.decision = Some(gate.decision);
                if gate.decision == Decision::Promote {
                    report.reasons = vec!["the gate promoted in spite of it".to_owned()];
                    return Ok(());
                }
                if let Some(reason) = naming(&gate, defect) {
                    report.reasons = vec![reason];
                    report.groups = gate.groups;
                    report.caught = true;
                    return Ok(());
                }
                report.reasons = gate.reasons;
                report.groups = gate.groups;
            }
            self.pause().await;
        }
        report
            .reasons
            .insert(0, format!("no reason of the gate holds {}", defect.named.join(" and ")));
        Ok(())
    }
}

/// The reason of the gate that names a defect.
fn naming(gate: &Judgement, defect: &Defect) -> Option<String> {
    let names = |reason: &&String| defect.named.iter().all(|text| reason.contains(text.as_str()));
    gate.reasons.iter().find(names).cloned()
}
