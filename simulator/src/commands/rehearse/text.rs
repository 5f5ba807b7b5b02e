use std::fmt::Write;

use crate::{
    rehearsal::{Copies, DefectReport, KillReport, RehearsalReport, StepReport},
    scenario::{InvariantReport, Report, Verdict},
};

/// A report for people, without the lines that frame a rehearsal.
pub(super) fn render(report: &RehearsalReport) -> String {
    let mut text = String::new();
    for defect in &report.defects {
        planted(&mut text, defect);
    }
    for step in &report.steps {
        taken(&mut text, step);
    }
    for kill in &report.kills {
        killed(&mut text, kill);
    }
    rows(&mut text, &report.copies);
    scenario_lines(&mut text, &report.scenario);
    for reason in &report.reasons {
        line(&mut text, &format!("{}: {reason}", report.verdict.as_str()));
    }
    let scenario = &report.scenario;
    let load = scenario.samples.load;
    line(
        &mut text,
        &format!(
            "{}: {} steps, {} of {} defects caught, {} journeys, {} requests, {}",
            report.verdict.as_str(),
            report.steps.len(),
            report.defects.iter().filter(|defect| defect.caught).count(),
            report.defects.len(),
            scenario.count,
            load.count,
            seconds(scenario.timeline.total_ms)
        ),
    );
    text
}

fn killed(text: &mut String, kill: &KillReport) {
    let back = match (&kill.ready_ms, &kill.problem) {
        (_, Some(problem)) => problem.clone(),
        (Some(ready), None) => format!("ready again after {}", seconds(ready.saturating_sub(kill.at_ms))),
        (None, None) => "not back".to_owned(),
    };
    line(text, &format!("killed {} in {:?}: {back}", kill.node, kill.step));
}

fn rows(text: &mut String, copies: &[Copies; 2]) {
    let [there, back] = copies;
    line(
        text,
        &format!(
            "rows: {} carried over in {} copies, {} back in {} copies; kept current by copying, in place of dual \
             writes",
            there.carried, there.runs, back.carried, back.runs
        ),
    );
    if let (Some(last), Some(at)) = (&back.last, back.last_ms) {
        let at = seconds(at);
        let free = match (last.is_settled(), last.apart()) {
            (true, _) => format!("going back is free: at {at} the old side had all that the new one had"),
            (false, 0) => format!("going back may lose something: at {at} the old side was not current yet"),
            (false, lost) => format!("going back loses {lost} aggregates, which the old side could not take at {at}"),
        };
        line(text, &free);
    }
}

/// The invariants, and what else became of the scenario.
fn scenario_lines(text: &mut String, scenario: &Report) {
    for invariant in &scenario.invariants {
        claim(text, invariant);
    }
    for unsettled in &scenario.unsettled {
        line(text, &format!("unsettled: {}: {}", unsettled.name, unsettled.reason));
    }
    for journey in scenario.failed_journeys.iter().take(5) {
        line(
            text,
            &format!(
                "journey {} stopped at {:?}: {}",
                journey.journey, journey.step, journey.reason
            ),
        );
    }
    if let Some(reason) = &scenario.given_up {
        line(text, &format!("given up: {reason}"));
    }
    for death in scenario.deaths.iter().filter(|death| !death.expected) {
        line(text, &format!("{} died: {}", death.node, death.how));
    }
}

fn planted(text: &mut String, defect: &DefectReport) {
    let caught = if defect.caught { "caught" } else { "NOT CAUGHT" };
    let took = seconds(defect.ended_ms.saturating_sub(defect.began_ms));
    line(
        text,
        &format!("planted {:?} ({}): {caught}, {took}", defect.name, defect.effect),
    );
    for reason in defect.reasons.iter().take(3) {
        line(text, &format!("    {reason}"));
    }
}

fn taken(text: &mut String, step: &StepReport) {
    let again = if step.visit > 1 { " again" } else { "" };
    let mut facts = vec![
        step.outcome.words().to_owned(),
        seconds(step.ended_ms.saturating_sub(step.began_ms)),
    ];
    if let Some(judgement) = &step.judgement {
        let compared: u64 = judgement.methods.iter().map(|method| method.compared).sum();
        let different: u64 = judgement.methods.iter().map(|method| method.different).sum();
        facts.push(format!("{compared} compared, {different} different"));
    }
    if step.answered != [0; 2] {
        let [control, candidate] = step.answered;
        facts.push(format!(
            "answered by the control {control}, by the candidate {candidate}"
        ));
    }
    if let Some(copied) = &step.copied {
        let rows: u64 = copied.sets.iter().map(|set| set.rows).sum();
        facts.push(format!("{rows} rows, {} carried over", copied.copied()));
    }
    line(
        text,
        &format!("{}. {}{again}: {}", step.number, step.step, facts.join("; ")),
    );
    for reason in step.reasons.iter().take(3) {
        line(text, &format!("    {reason}"));
    }
}

fn claim(text: &mut String, invariant: &InvariantReport) {
    let verdict = match invariant.verdict {
        Verdict::Pass => "holds",
        Verdict::Fail => "VIOLATED",
        Verdict::Inconclusive => "nothing was examined",
    };
    line(
        text,
        &format!("{verdict}: {} ({} checked)", invariant.name, invariant.checked),
    );
    for row in invariant.evidence.iter().take(3) {
        let row = serde_json::to_string(row).unwrap_or_default();
        line(text, &format!("    {row}"));
    }
}

fn seconds(ms: u64) -> String {
    format!("{}.{} s", ms / 1000, ms % 1000 / 100)
}

fn line(text: &mut String, line: &str) {
    let _ = writeln!(text, "{line}");
}
