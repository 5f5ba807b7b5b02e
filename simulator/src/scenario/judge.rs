use std::{collections::BTreeMap, time::Duration};

use super::{
    Invariant, InvariantReport, Observation, ScenarioError, Settle, Unsettled, Verdict, books::Books, check::JOURNEYS,
    collect::Collector,
};

/// How many rows of evidence a report keeps.
const EVIDENCE: usize = 20;

/// What has not come to pass yet. Only the tables that the queries name are collected.
pub(crate) async fn pending(
    collector: &Collector<'_>,
    books: &mut Books,
    patience: Duration,
) -> Result<Vec<Unsettled>, ScenarioError> {
    let settle = &collector.scenario.settle;
    let named = |observation: &&Observation| {
        settle
            .iter()
            .any(|settle| mentions(&settle.pending, observation.table.as_ref()))
    };
    let needed: Vec<&Observation> = collector.scenario.observe.iter().filter(named).collect();
    let missing = collect(collector, books, &needed, patience).await?;
    if !missing.is_empty() {
        return Ok(missing);
    }
    let mut unsettled = Vec::new();
    for Settle { name, pending } in settle {
        let rows = books
            .rows(&format!("settle {:?}, pending", name.as_ref()), pending)
            .await?;
        if !rows.is_empty() {
            unsettled.push(Unsettled {
                name: name.as_ref().clone(),
                reason: format!("{} still pending", rows.len()),
                pending: rows.into_iter().take(EVIDENCE).collect(),
            });
        }
    }
    Ok(unsettled)
}

/// Fills tables; gives those that could not be collected.
pub(crate) async fn collect(
    collector: &Collector<'_>,
    books: &mut Books,
    observations: &[&Observation],
    patience: Duration,
) -> Result<Vec<Unsettled>, ScenarioError> {
    books.fill(JOURNEYS, collector.journeys()).await?;
    let mut missing = Vec::new();
    for observation in observations {
        let table = observation.table.as_ref();
        match collector.rows(observation, patience).await {
            Ok(rows) => books.fill(table, rows).await?,
            Err(reason) => missing.push(Unsettled {
                name: format!("table {table} could be collected"),
                reason,
                pending: Vec::new(),
            }),
        }
    }
    Ok(missing)
}

/// Looks at one invariant.
pub(crate) async fn examine(invariant: &Invariant, books: &mut Books) -> Result<InvariantReport, ScenarioError> {
    let name = invariant.name.as_ref();
    let violations = books
        .rows(&format!("invariant {name:?}, violations"), &invariant.violations)
        .await?;
    let checked = books
        .count(&format!("invariant {name:?}, checked"), &invariant.checked)
        .await?;
    let mut figures = BTreeMap::new();
    for (figure, sql) in &invariant.figures {
        let value = books
            .value(&format!("invariant {name:?}, figure {figure:?}"), sql)
            .await?;
        figures.insert(figure.clone(), value);
    }
    let verdict = match (violations.len(), checked) {
        (1.., _) => Verdict::Fail,
        (0, 0) => Verdict::Inconclusive,
        (0, _) => Verdict::Pass,
    };
    Ok(InvariantReport {
        name: name.clone(),
        verdict,
        checked,
        figures,
        violations: violations.len(),
        evidence: violations.into_iter().take(EVIDENCE).collect(),
    })
}

/// Whether a query has this table's name as a word of its own.
fn mentions(sql: &str, table: &str) -> bool {
    sql.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .any(|word| word.eq_ignore_ascii_case(table))
}
