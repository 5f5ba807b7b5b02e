use std::{collections::BTreeMap, time::Duration};

use serde_json::Value;

use super::{
    FaultOutcome, FaultReport, Invariant, InvariantReport, Observations, ScenarioError, Unsettled, Verdict,
    collect::Collector,
    plan::{FAULTS, JOURNEYS, LINKS, Observation},
};
use crate::steps::{LinkCounts, LinkTraffic, Met, World};

/// The rows of evidence that a report keeps of each claim.
pub(super) const EVIDENCE: usize = 20;

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
        return Ok(missing.into_iter().map(Unsettled::from).collect());
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

/// A table that could not be collected.
pub(super) struct Missing {
    pub(super) table: String,
    reason: String,
}

impl From<Missing> for Unsettled {
    fn from(missing: Missing) -> Self {
        Self {
            name: format!("table {} could be collected", missing.table),
            reason: missing.reason,
            pending: Vec::new(),
        }
    }
}

/// Fills the tables of these observations, and returns those that could not be collected, which stay empty.
pub(super) async fn collect(
    collector: &Collector<'_>,
    observations: &mut Observations,
    wanted: &[&Observation],
    patience: Duration,
) -> Result<Vec<Missing>, ScenarioError> {
    observations.fill(JOURNEYS, collector.journeys())?;
    let mut missing = Vec::new();
    for observation in wanted {
        let table = &observation.table;
        let rows = collector.rows(observation, patience).await;
        let rows = rows.and_then(|rows| one_type_each(observation, rows));
        match rows {
            Ok(rows) => observations.fill(table, rows)?,
            Err(reason) => {
                observations.fill(table, Vec::new())?;
                missing.push(Missing {
                    table: table.clone(),
                    reason,
                });
            }
        }
    }
    Ok(missing)
}

/// Fills the tables that no file observes: the faults as they went, and what passed the links.
pub(super) fn fill_own(
    observations: &mut Observations,
    faults: &[FaultReport],
    world: &dyn World,
) -> Result<(), ScenarioError> {
    let rows = faults.iter().flat_map(|fault| {
        let (at_ms, healed_ms) = match fault.outcome {
            FaultOutcome::Fired { at_ms, healed_at_ms }
            | FaultOutcome::Idle {
                at_ms, healed_at_ms, ..
            } => (Some(at_ms), Some(healed_at_ms)),
            FaultOutcome::NotHealed { at_ms, .. } => (Some(at_ms), None),
            FaultOutcome::Refused { .. } | FaultOutcome::TooLate { .. } | FaultOutcome::Failed { .. } => (None, None),
        };
        let connections = match fault.met {
            Some(Met::Traffic { connections, .. }) => Some(connections),
            Some(Met::Unseen { .. }) | None => None,
        };
        let row = move |link: Option<&LinkTraffic>| {
            vec![
                Value::from(fault.name.clone()),
                link.map(|link| link.link.clone()).into(),
                link.map(|link| link.met).or(connections).into(),
                link.map(|link| link.fired).into(),
                at_ms.into(),
                healed_ms.into(),
            ]
        };
        match fault.traffic.as_slice() {
            [] => vec![row(None)],
            links => links.iter().map(|link| row(Some(link))).collect(),
        }
    });
    observations.fill(FAULTS, rows.collect())?;
    let links = world.links().into_iter();
    let row = |link: LinkCounts| vec![link.link.into(), link.connections.into(), link.requests.into()];
    observations.fill(LINKS, links.map(row).collect())
}

/// The columns before an observation's own: the journey, and the row as JSON.
const COMMON: usize = 2;

/// Refuses a column that holds texts and numbers: SQL finds them different whatever they say, so a query that
/// compares them would see no violation.
fn one_type_each(observation: &Observation, rows: Vec<Vec<Value>>) -> Result<Vec<Vec<Value>>, String> {
    for (at, column) in observation.columns.keys().enumerate() {
        let values = || rows.iter().filter_map(|row| row.get(COMMON + at));
        let text = values().find(|value| value.is_string());
        let number = values().find(|value| value.is_number() || value.is_boolean());
        if let (Some(text), Some(number)) = (text, number) {
            return Err(format!(
                "column {column} holds texts, such as {text}, and numbers, such as {number}, which no query finds \
                 equal; give it values of one type"
            ));
        }
    }
    Ok(rows)
}

/// Examines one invariant. If it names a table that is `missing`, it is inconclusive: an empty table says nothing.
pub(super) fn examine(
    invariant: &Invariant,
    observations: &mut Observations,
    missing: &[String],
) -> Result<InvariantReport, ScenarioError> {
    let mut queries = [&invariant.violations, &invariant.checked]
        .into_iter()
        .chain(invariant.figures.values());
    if queries.any(|sql| missing.iter().any(|table| mentions(sql, table))) {
        return Ok(InvariantReport {
            name: invariant.name.clone(),
            verdict: Verdict::Inconclusive,
            checked: 0,
            figures: BTreeMap::new(),
            violations: 0,
            evidence: Vec::new(),
        });
    }
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
