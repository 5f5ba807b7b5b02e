use std::{collections::BTreeSet, time::Duration};

use futures::{StreamExt, TryStreamExt, stream};
use serde_json::Value;

use super::{
    Scenario,
    journey::{Journey, common_variables},
    plan::{Column, Observation, Pages, Subjects},
};
use crate::steps::{Client, Expectation, Origin, Purpose, Request, Variables, World, as_text};

/// More pages than any list has.
const LAST_PAGE: u64 = 10_000;

/// Collects the rows of tables over HTTP.
pub(super) struct Collector<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) world: &'a dyn World,
    pub(super) client: &'a Client<'a>,
    pub(super) journeys: &'a [Journey],
    pub(super) seed: u64,
}

/// The occasion of one request: a journey, a thing of a list, or nothing in particular.
struct Subject {
    journey: Option<u64>,
    variables: Variables,
}

impl Collector<'_> {
    /// The rows of the table of journeys.
    pub(super) fn journeys(&self) -> Vec<Vec<Value>> {
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

    /// The rows of an observed table.
    ///
    /// # Errors
    /// When a request is not answered as it must be; the text says which and why.
    pub(super) async fn rows(&self, observation: &Observation, patience: Duration) -> Result<Vec<Vec<Value>>, String> {
        let roles = &self.roles(observation);
        let collected: Vec<Vec<Vec<Value>>> = stream::iter(self.subjects(observation))
            .map(|subject| async move { self.ask(observation, roles, &subject, patience).await })
            .buffered(self.scenario.workload.concurrency)
            .try_collect()
            .await?;
        Ok(collected.into_iter().flatten().collect())
    }

    fn subjects(&self, observation: &Observation) -> Vec<Subject> {
        match &observation.subjects {
            Subjects::Journeys(conditions) => self
                .journeys
                .iter()
                .filter(|journey| conditions.hold(&journey.variables))
                .filter(|journey| observation.path.path(&journey.variables).is_ok())
                .map(|journey| Subject {
                    journey: Some(journey.number),
                    variables: journey.variables.clone(),
                })
                .collect(),
            Subjects::Things(things) => things
                .iter()
                .map(|thing| Subject {
                    journey: None,
                    variables: common_variables(self.seed).into_iter().chain(thing.clone()).collect(),
                })
                .collect(),
        }
    }

    async fn ask(
        &self,
        observation: &Observation,
        roles: &[&str],
        subject: &Subject,
        patience: Duration,
    ) -> Result<Vec<Vec<Value>>, String> {
        let path = observation
            .path
            .path(&subject.variables)
            .map_err(|unset| unset.to_string())?;
        let mut docs = Vec::new();
        for role in roles {
            let reader = Reader {
                client: self.client,
                observation,
                role,
                journey: subject.journey,
                patience,
            };
            docs.extend(reader.list(&path).await?);
        }
        docs.iter().map(|doc| row_of(observation, subject, doc)).collect()
    }

    /// The roles to ask: a node that plays several of them is asked once.
    fn roles<'o>(&self, observation: &'o Observation) -> Vec<&'o str> {
        let mut nodes = BTreeSet::new();
        let roles = observation.roles.iter().map(String::as_str);
        roles
            .filter(|role| nodes.insert(self.world.node_of(role).ok()))
            .collect()
    }
}

/// Reads the list of an observation from one role.
struct Reader<'a> {
    client: &'a Client<'a>,
    observation: &'a Observation,
    role: &'a str,
    journey: Option<u64>,
    patience: Duration,
}

impl Reader<'_> {
    /// The whole list, all pages of it.
    async fn list(&self, path: &str) -> Result<Vec<Value>, String> {
        let parameter = match &self.observation.pages {
            Pages::Single => return self.page(path.to_owned()).await,
            Pages::Numbered { parameter } | Pages::After { parameter, .. } => parameter,
        };
        let joint = if path.contains('?') { '&' } else { '?' };
        let mut docs: Vec<Value> = Vec::new();
        for number in 1..=LAST_PAGE {
            let from = self.beginning(number, docs.last(), path)?;
            let more = self.page(format!("{path}{joint}{parameter}={from}")).await?;
            if more.is_empty() {
                return Ok(docs);
            }
            docs.extend(more);
        }
        Err(format!(
            "{path} has no end: {LAST_PAGE} pages with {parameter} were read"
        ))
    }

    /// The value of the parameter that asks for a page.
    fn beginning(&self, number: u64, last: Option<&Value>, path: &str) -> Result<String, String> {
        match (&self.observation.pages, last) {
            (Pages::After { .. }, None) => Ok("0".to_owned()),
            (Pages::After { pointer, .. }, Some(row)) => row
                .pointer(pointer)
                .map(as_text)
                .ok_or_else(|| format!("{path} has a row without {pointer}, which says where the next page begins")),
            (Pages::Single | Pages::Numbered { .. }, _) => Ok(number.to_string()),
        }
    }

    /// The rows of one answer.
    async fn page(&self, path: String) -> Result<Vec<Value>, String> {
        let request = Request::get(path);
        let expectation = Expectation {
            statuses: &self.observation.expect,
            until: None,
            patience: self.patience,
            even_if_given_up: true,
        };
        let origin = Origin {
            purpose: Purpose::Observe,
            name: &self.observation.table,
            path: self.observation.path.source(),
            journey: self.journey,
            intended: self.client.now(),
        };
        let mut response = self.client.ask(self.role, &request, &expectation, &origin).await?;
        let rows = &self.observation.rows;
        match response.body.pointer_mut(rows).map(Value::take) {
            Some(Value::Array(rows)) => Ok(rows),
            Some(row) => Ok(vec![row]),
            None => Err(format!(
                "{}: {request} answered {} without {rows:?}",
                self.role, response.status
            )),
        }
    }
}

fn row_of(observation: &Observation, subject: &Subject, doc: &Value) -> Result<Vec<Value>, String> {
    let mut row = vec![
        subject.journey.map_or(Value::Null, Value::from),
        Value::from(doc.to_string()),
    ];
    for column in observation.columns.values() {
        row.push(match column {
            Column::Pointer(pointer) => doc.pointer(pointer).cloned().unwrap_or(Value::Null),
            Column::Variables(template) => template.value(&subject.variables).map_err(|unset| unset.to_string())?,
        });
    }
    Ok(row)
}
