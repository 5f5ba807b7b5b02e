use std::{collections::BTreeMap, time::Duration};

use super::{
    Invariant, InvariantReport, Observations, ScenarioError, Unsettled, Verdict,
    collect::Collector,
    plan::{JOURNEYS, Observation},
};

/// The rows of evidence that a report keeps of each claim.
const EVIDENCE: usize = 20;

/// The conditions that have not come true yet. Only the tables that their queries name are collected.
pub(super) async fn pending(
    collector: &Collector<'_>,
    observations: &mut Observations,
    patience: Duration,
) -> Result<Vec<Unsettled>, ScenarioError> {
    let conditions = &collector.scenario.conditions;
    let named = |observation: &&Observation| {
        conditions
            .iter()
            .any(|condition| mentions(&condition.pending, &observation.table))
    };
    let needed: Vec<&Observation> = collector.scenario.observations.iter().filter(named).collect();
    let missing = collect(collector, observations, &needed, patience).await?;
    if !missing.is_empty() {
        return Ok(missing);
    }
    let mut unsettled = Vec::new();
    for condition in conditions {
        let rows = observations.rows(&condition.what(), &condition.pending)?;
        if !rows.is_empty() {
            unsettled.push(Unsettled {
                name: condition.name.clone(),
                reason: format!("{} still pending", rows.len()),
                pending: rows.into_iter().take(EVIDENCE).collect(),
            });
        }
    }
    Ok(unsettled)
}

/// Fills the tables of these observations, and returns those that could not be collected.
pub(super) async fn collect(
    collector: &Collector<'_>,
    observations: &mut Observations,
    wanted: &[&Observation],
    patience: Duration,
) -> Result<Vec<Unsettled>, ScenarioError> {
    observations.fill(JOURNEYS, collector.journeys())?;
    let mut missing = Vec::new();
    for observation in wanted {
        let table = &observation.table;
        match collector.rows(observation, patience).await {
            Ok(rows) => observations.fill(table, rows)?,
            Err(reason) => missing.push(Unsettled {
                name: format!("table {table} could be collected"),
                reason,
                pending: Vec::new(),
            }),
        }
    }
    Ok(missing)
}

/// Examines one invariant.
pub(super) fn examine(
    invariant: &Invariant,
    observations: &mut Observations,
) -> Result<InvariantReport, ScenarioError> {
    let violations = observations.rows(&invariant.what("violations"), &invariant.violations)?;
    let checked = observations.count(&invariant.what("checked"), &invariant.checked)?;
    let mut figures = BTreeMap::new();
    for (figure, sql) in &invariant.figures {
        let value = observations.value(&invariant.figure(figure), sql)?;
        figures.insert(figure.clone(), value);
    }
    let verdict = match (violations.len(), checked) {
        (1.., _) => Verdict::Fail,
        (0, 0) => Verdict::Inconclusive,
        (0, _) => Verdict::Pass,
    };
    Ok(InvariantReport {
        name: invariant.name.clone(),
        verdict,
        checked,
        figures,
        violations: violations.len(),
        evidence: violations.into_iter().take(EVIDENCE).collect(),
    })
}

/// Says whether a query has this table's name as a word of its own.
fn mentions(sql: &str, table: &str) -> bool {
    sql.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .any(|word| word.eq_ignore_ascii_case(table))
}
