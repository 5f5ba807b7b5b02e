use std::{collections::BTreeSet, time::Duration};

use futures::{StreamExt, TryStreamExt, stream};
use serde_json::Value;

use super::{
    Observation, Pages, Scenario,
    check::JOURNEYS,
    journey::{Journey, common_variables},
};
use crate::steps::{
    Asker, Request, Variables, Wanted, World, all_accept, render_path,
    template::{as_text, render_text},
    unset_reason,
};

/// More pages than any list has.
const LAST_PAGE: u64 = 10_000;

/// Collects the rows of tables over HTTP.
pub(crate) struct Collector<'a> {
    pub(crate) scenario: &'a Scenario,
    pub(crate) world: &'a dyn World,
    pub(crate) asker: &'a Asker<'a>,
    pub(crate) journeys: &'a [Journey],
    pub(crate) seed: u64,
}

/// What one request is asked for.
struct Subject {
    journey: Option<u64>,
    variables: Variables,
    roles: Vec<String>,
}

impl Collector<'_> {
    /// The rows of the table of journeys.
    pub(crate) fn journeys(&self) -> Vec<Vec<Value>> {
        let row = |journey: &Journey| {
            let doc = journey.variables.clone().into_iter().collect();
            vec![
                journey.number.into(),
                journey.failure.is_some().into(),
                Value::Object(doc),
            ]
        };
        self.journeys.iter().map(row).collect()
    }

    /// The rows of an observed table; an error says which request failed and why.
    pub(crate) async fn rows(&self, observation: &Observation, patience: Duration) -> Result<Vec<Vec<Value>>, String> {
        let asked: Vec<Vec<Vec<Value>>> = stream::iter(self.subjects(observation))
            .map(|subject| async move { self.ask(observation, &subject, patience).await })
            .buffered(self.scenario.workload.concurrency)
            .try_collect()
            .await?;
        Ok(asked.into_iter().flatten().collect())
    }

    fn subjects(&self, observation: &Observation) -> Vec<Subject> {
        let common = common_variables(self.seed);
        let subject = |journey, variables| Subject {
            journey,
            variables,
            roles: self.roles(observation),
        };
        match observation.for_each.as_deref() {
            None => vec![subject(None, common)],
            Some(JOURNEYS) => self
                .journeys
                .iter()
                .filter(|journey| all_accept(&observation.when, &journey.variables))
                .filter(|journey| render_path(&observation.path, &journey.variables).is_ok())
                .map(|journey| subject(Some(journey.number), journey.variables.clone()))
                .collect(),
            Some(list) => self
                .scenario
                .list
                .get(list)
                .into_iter()
                .flatten()
                .map(|thing| {
                    let mut variables = common.clone();
                    variables.insert(list.to_owned(), Value::Object(thing.clone().into_iter().collect()));
                    subject(None, variables)
                })
                .collect(),
        }
    }

    async fn ask(
        &self,
        observation: &Observation,
        subject: &Subject,
        patience: Duration,
    ) -> Result<Vec<Vec<Value>>, String> {
        let path = render_path(&observation.path, &subject.variables).map_err(|unset| unset_reason(&unset))?;
        let mut docs = Vec::new();
        for role in &subject.roles {
            match &observation.pages {
                Some(pages) => docs.extend(self.ask_pages(observation, role, &path, pages, patience).await?),
                None => docs.extend(self.ask_one(observation, role, path.clone(), patience).await?),
            }
        }
        docs.iter().map(|doc| row_of(observation, subject, doc)).collect()
    }

    async fn ask_pages(
        &self,
        observation: &Observation,
        role: &str,
        path: &str,
        Pages { parameter, last }: &Pages,
        patience: Duration,
    ) -> Result<Vec<Value>, String> {
        let joint = if path.contains('?') { '&' } else { '?' };
        let mut docs: Vec<Value> = Vec::new();
        for page in 1..=LAST_PAGE {
            let from = match (last, docs.last()) {
                (None, _) => page.to_string(),
                (Some(_), None) => "0".to_owned(),
                (Some(pointer), Some(doc)) => doc
                    .pointer(pointer)
                    .map(as_text)
                    .ok_or_else(|| format!("{path} has a row without {pointer}, which tells where its page ends"))?,
            };
            let more = self
                .ask_one(observation, role, format!("{path}{joint}{parameter}={from}"), patience)
                .await?;
            if more.is_empty() {
                return Ok(docs);
            }
            docs.extend(more);
        }
        Err(format!(
            "{path} has no end: {LAST_PAGE} pages with {parameter} were read"
        ))
    }

    async fn ask_one(
        &self,
        observation: &Observation,
        role: &str,
        path: String,
        patience: Duration,
    ) -> Result<Vec<Value>, String> {
        let request = Request {
            method: "GET".to_owned(),
            path,
            headers: [].into(),
            body: None,
        };
        let wanted = Wanted {
            expect: &observation.expect,
            until: None,
            patience,
            even_if_given_up: true,
        };
        let mut response = self.asker.ask(role, &request, &wanted).await?;
        match response.body.pointer_mut(&observation.rows).map(Value::take) {
            Some(Value::Array(rows)) => Ok(rows),
            Some(row) => Ok(vec![row]),
            None => Err(format!(
                "{role}: {request} answered {} without {:?}",
                response.status, observation.rows
            )),
        }
    }

    /// A node that plays several of the roles is asked once.
    fn roles(&self, observation: &Observation) -> Vec<String> {
        let mut nodes = BTreeSet::new();
        observation
            .roles()
            .filter(|role| nodes.insert(self.world.node_of(role).ok()))
            .cloned()
            .collect()
    }
}

fn row_of(observation: &Observation, subject: &Subject, doc: &Value) -> Result<Vec<Value>, String> {
    let mut row = vec![
        subject.journey.map_or(Value::Null, Value::from),
        Value::from(doc.to_string()),
    ];
    for source in observation.columns.values() {
        row.push(if source.is_empty() || source.starts_with('/') {
            doc.pointer(source).cloned().unwrap_or(Value::Null)
        } else {
            Value::from(render_text(source, &subject.variables).map_err(|unset| unset_reason(&unset))?)
        });
    }
    Ok(row)
}
