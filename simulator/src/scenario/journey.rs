use std::time::Duration;

use seam::chance::draw;
use serde::Serialize;
use serde_json::Value;

use super::{
    Scenario,
    draw::{draw_between, draw_key},
    plan::{Choice, Draw},
};
use crate::steps::{Client, Unset, Variables};

/// One journey, as it went.
#[derive(Clone, Debug)]
pub(super) struct Journey {
    /// Its number, from 1.
    pub(super) number: u64,
    /// The values that it drew and saved.
    pub(super) variables: Variables,
    /// The step that it stopped at, if it did not reach its end.
    pub(super) failure: Option<JourneyFailure>,
}

/// A journey that did not reach its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct JourneyFailure {
    /// The number of the journey, from 1.
    pub journey: u64,
    /// The step it stopped at.
    pub step: String,
    /// The reason, for people.
    pub reason: String,
}

/// Variables that do not depend on the journey.
pub(super) fn common_variables(seed: u64) -> Variables {
    let run = format!("{:08x}", draw(seed, "run", 0) >> 32);
    Variables::from([
        ("seed".to_owned(), Value::from(seed)),
        ("run".to_owned(), Value::from(run)),
    ])
}

/// Takes one journey through all its steps. `intended` is the moment at which it should begin, on the world's clock.
pub(super) async fn travel(
    scenario: &Scenario,
    client: &Client<'_>,
    (seed, number): (u64, u64),
    mut intended: Duration,
) -> Journey {
    let stopped = |variables, step: &str, reason: String| Journey {
        number,
        variables,
        failure: Some(JourneyFailure {
            journey: number,
            step: step.to_owned(),
            reason,
        }),
    };
    let mut variables = match draw_variables(scenario, seed, number) {
        Ok(variables) => variables,
        Err(unset) => return stopped(Variables::new(), "choose", unset.to_string()),
    };
    for step in &scenario.steps {
        if !step.when.hold(&variables) {
            continue;
        }
        let patience = scenario.workload.patience;
        if let Err(reason) = step.take_as_of(client, patience, &mut variables, intended).await {
            return stopped(variables, &step.name, reason);
        }
        intended = client.now();
    }
    Journey {
        number,
        variables,
        failure: None,
    }
}

fn draw_variables(scenario: &Scenario, seed: u64, number: u64) -> Result<Variables, Unset> {
    let mut variables = common_variables(seed);
    variables.insert("journey".to_owned(), Value::from(number));
    variables.insert("key".to_owned(), Value::from(draw_key(seed, "key", number)));
    for choice in &scenario.choices {
        let value = drawn(choice, seed, number, &variables)?;
        variables.insert(choice.name.clone(), value);
    }
    Ok(variables)
}

fn drawn(choice: &Choice, seed: u64, number: u64, variables: &Variables) -> Result<Value, Unset> {
    let purpose = format!("choose/{}", choice.name);
    match &choice.draw {
        Draw::Between(low, high) => Ok(Value::from(draw_between(seed, &purpose, number, (*low, *high)))),
        Draw::OneOf(values) => values.at(draw(seed, &purpose, number)).value(variables),
    }
}
