use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use super::{
    Choice, Scenario,
    draw::{draw, draw_between, draw_key},
};
use crate::steps::{Asker, Unset, Variables, all_accept, render, take_step, unset_reason};

/// How one journey went.
#[derive(Clone, Debug)]
pub(crate) struct Journey {
    /// Which one, from 1.
    pub(crate) number: u64,
    /// What it drew and saved.
    pub(crate) variables: Variables,
    /// Where it stopped, if not at its end.
    pub(crate) failure: Option<JourneyFailure>,
}

/// A journey that did not reach its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct JourneyFailure {
    /// Which journey, from 1.
    pub journey: u64,
    /// The step it stopped at.
    pub step: String,
    /// Why.
    pub reason: String,
}

/// Variables that do not depend on the journey.
pub(crate) fn common_variables(seed: u64) -> Variables {
    let run = format!("{:08x}", draw(seed, "run", 0) >> 32);
    Variables::from([
        ("seed".to_owned(), Value::from(seed)),
        ("run".to_owned(), Value::from(run)),
    ])
}

/// Takes one journey through all its steps.
pub(crate) async fn travel(scenario: &Scenario, asker: &Asker<'_>, seed: u64, number: u64) -> Journey {
    let mut journey = Journey {
        number,
        variables: Variables::new(),
        failure: None,
    };
    let fail = |step: &str, reason: String| {
        Some(JourneyFailure {
            journey: number,
            step: step.to_owned(),
            reason,
        })
    };
    match draw_variables(scenario, seed, number) {
        Ok(variables) => journey.variables = variables,
        Err(unset) => {
            journey.failure = fail("choose", unset_reason(&unset));
            return journey;
        }
    }
    let patience = Duration::from_millis(scenario.workload.patience_ms);
    for step in &scenario.step {
        if !all_accept(&step.when, &journey.variables) {
            continue;
        }
        if let Err(reason) = take_step(step, asker, patience, &mut journey.variables).await {
            journey.failure = fail(step.name.as_ref(), reason);
            break;
        }
    }
    journey
}

fn draw_variables(scenario: &Scenario, seed: u64, number: u64) -> Result<Variables, Unset> {
    let mut variables = common_variables(seed);
    variables.insert("journey".to_owned(), Value::from(number));
    variables.insert("key".to_owned(), Value::from(draw_key(seed, "key", number)));
    for choice in &scenario.choose {
        let value = drawn(choice, seed, number, &variables)?;
        variables.insert(choice.name.as_ref().clone(), value);
    }
    Ok(variables)
}

fn drawn(choice: &Choice, seed: u64, number: u64, variables: &Variables) -> Result<Value, Unset> {
    let purpose = format!("choose/{}", choice.name.as_ref());
    if let Some(range) = choice.between {
        return Ok(Value::from(draw_between(seed, &purpose, number, range)));
    }
    let values = choice.one_of.as_deref().unwrap_or_default();
    let total: u64 = values.iter().map(|weighted| weighted.weight).sum();
    let mut left = draw(seed, &purpose, number) % total.max(1);
    for weighted in values {
        if left < weighted.weight {
            return render(&weighted.value, variables);
        }
        left -= weighted.weight;
    }
    Ok(Value::Null)
}
