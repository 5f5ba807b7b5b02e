use std::collections::BTreeSet;

use super::{Choice, Fault, Observation, Scenario};
use crate::steps::{
    Step,
    template::{names, names_in},
};

/// Something that a scenario can't mean, and where it stands in the file.
#[derive(Debug)]
pub(crate) struct Mistake {
    /// Byte offset of the entry.
    pub(crate) offset: usize,
    /// The thing, what was seen, and what is wanted.
    pub(crate) problem: String,
}

/// The table of the journeys themselves.
pub(crate) const JOURNEYS: &str = "journey";

/// Variables that every journey has.
pub(crate) const BUILT_IN: [&str; 4] = ["seed", "run", "journey", "key"];

/// Finds what the types can't: names that refer to nothing, entries that contradict themselves.
pub(crate) fn check(scenario: &Scenario) -> Result<(), Mistake> {
    let start = scenario.name.span().start;
    let counted = scenario.workload.count > 0 && scenario.workload.concurrency > 0;
    require(counted, start, || {
        "[workload] has a count or a concurrency of 0, wanted 1 or more".to_owned()
    })?;
    require(!scenario.step.is_empty(), start, || {
        "there is no [[step]]: a journey would do nothing".to_owned()
    })?;
    require(!scenario.invariant.is_empty(), start, || {
        "there is no [[invariant]]: a run would prove nothing".to_owned()
    })?;
    check_tables(scenario)?;
    let mut known: BTreeSet<String> = BUILT_IN.map(str::to_owned).into();
    scenario
        .choose
        .iter()
        .try_for_each(|choice| check_choice(choice, &mut known))?;
    scenario.setup.iter().try_for_each(|step| check_setup(step, scenario))?;
    check_steps(scenario, &mut known)?;
    scenario
        .observe
        .iter()
        .try_for_each(|observation| check_observation(observation, scenario, &known))?;
    scenario.fault.iter().try_for_each(check_fault)?;
    let repeats = scenario.repeat.answers.iter().map(|answer| answer.pointer.as_str());
    repeats
        .into_iter()
        .try_for_each(|pointer| check_pointer(pointer, "[repeat]", start))
}

fn check_tables(scenario: &Scenario) -> Result<(), Mistake> {
    let mut tables = BTreeSet::from([JOURNEYS]);
    for list in scenario.list.keys() {
        check_identifier(list, "list", 0)?;
        require(tables.insert(list), 0, || {
            format!("list {list:?} has the name of another table")
        })?;
    }
    for observation in &scenario.observe {
        let (table, offset) = (observation.table.as_ref().as_str(), observation.table.span().start);
        check_identifier(table, "table", offset)?;
        require(tables.insert(table), offset, || {
            format!("table {table:?} has the name of another table or list")
        })?;
    }
    Ok(())
}

fn check_choice(choice: &Choice, known: &mut BTreeSet<String>) -> Result<(), Mistake> {
    let (name, offset) = (choice.name.as_ref(), choice.name.span().start);
    check_identifier(name, "choice", offset)?;
    match (&choice.one_of, choice.between) {
        (Some(values), None) => {
            let total = values
                .iter()
                .try_fold(0u64, |sum, weighted| sum.checked_add(weighted.weight));
            require(total.is_some_and(|total| total > 0), offset, || {
                format!("choice {name:?}: the weights add up to nothing or too much, wanted 1 or more in all")
            })?;
            let used = values.iter().flat_map(|weighted| names(&weighted.value));
            check_names(used, known, &format!("choice {name:?}"), offset)?;
        }
        (None, Some((low, high))) => {
            require(low <= high, offset, || {
                format!("choice {name:?}: between {low} and {high} there is no number")
            })?;
        }
        _ => {
            return Err(Mistake {
                offset,
                problem: format!("choice {name:?} needs one of one_of and between"),
            });
        }
    }
    require(known.insert(name.clone()), offset, || {
        format!("choice {name:?} has the name of another variable")
    })
}

fn check_setup(step: &Step, scenario: &Scenario) -> Result<(), Mistake> {
    let (name, offset) = (step.name.as_ref(), step.name.span().start);
    let what = format!("setup {name:?}");
    let mut known: BTreeSet<String> = ["seed", "run"].map(str::to_owned).into();
    if let Some(list) = &step.for_each {
        check_list(list, scenario, &what, offset)?;
        known.insert(list.clone());
    }
    require(step.when.is_empty() && step.save.is_empty(), offset, || {
        format!("{what} has when or save; they belong to a [[step]]")
    })?;
    check_request(step, &known, &what, offset)
}

fn check_steps(scenario: &Scenario, known: &mut BTreeSet<String>) -> Result<(), Mistake> {
    let mut seen = BTreeSet::new();
    for step in &scenario.step {
        let (name, offset) = (step.name.as_ref(), step.name.span().start);
        let what = format!("step {name:?}");
        require(seen.insert(name), offset, || {
            format!("{what}: another step has this name")
        })?;
        require(step.for_each.is_none(), offset, || {
            format!("{what} has for_each; it belongs to a [[setup]]")
        })?;
        check_names(step.when.keys().cloned(), known, &what, offset)?;
        check_request(step, known, &what, offset)?;
        for (variable, pointer) in &step.save {
            check_identifier(variable, "saved variable", offset)?;
            require(!BUILT_IN.contains(&variable.as_str()), offset, || {
                format!("{what} saves {variable:?}, which every journey has already")
            })?;
            check_pointer(pointer, &what, offset)?;
            known.insert(variable.clone());
        }
    }
    Ok(())
}

fn check_request(step: &Step, known: &BTreeSet<String>, what: &str, offset: usize) -> Result<(), Mistake> {
    require(step.path.starts_with('/'), offset, || {
        format!("{what}: path is {:?}, wanted one from /", step.path)
    })?;
    require(!step.expect.is_empty(), offset, || {
        format!("{what}: expect is empty, wanted at least one status")
    })?;
    let texts = step
        .headers
        .values()
        .chain([&step.path])
        .flat_map(|text| names_in(text));
    check_names(texts.chain(step.body.iter().flat_map(names)), known, what, offset)?;
    match &step.until {
        Some(until) => check_pointer(&until.pointer, what, offset),
        None => Ok(()),
    }
}

fn check_observation(
    observation: &Observation,
    scenario: &Scenario,
    journey: &BTreeSet<String>,
) -> Result<(), Mistake> {
    let (table, offset) = (observation.table.as_ref(), observation.table.span().start);
    let what = format!("table {table:?}");
    let mut known: BTreeSet<String> = ["seed", "run"].map(str::to_owned).into();
    match observation.for_each.as_deref() {
        Some(JOURNEYS) => known.extend(journey.iter().cloned()),
        Some(list) => {
            check_list(list, scenario, &what, offset)?;
            known.insert(list.to_owned());
        }
        None => {}
    }
    let conditional = observation.for_each.as_deref() == Some(JOURNEYS) || observation.when.is_empty();
    require(conditional, offset, || {
        format!("{what} has when; it needs for_each = \"journey\"")
    })?;
    check_names(observation.when.keys().cloned(), &known, &what, offset)?;
    require(observation.path.starts_with('/'), offset, || {
        format!("{what}: path is {:?}, wanted one from /", observation.path)
    })?;
    let targets = observation.node.is_some() != observation.nodes.is_some() && observation.roles().next().is_some();
    require(targets, offset, || {
        format!("{what} needs one of node and nodes, with a role in it")
    })?;
    check_pointer(&observation.rows, &what, offset)?;
    let last = observation.pages.as_ref().and_then(|pages| pages.last.as_ref());
    last.map_or(Ok(()), |pointer| check_pointer(pointer, &what, offset))?;
    let mut used = names_in(&observation.path);
    for (column, source) in &observation.columns {
        check_identifier(column, "column", offset)?;
        require(column != "doc" && column != JOURNEYS, offset, || {
            format!("{what} has a column {column:?} anyway")
        })?;
        used.extend(names_in(source));
    }
    check_names(used, &known, &what, offset)
}

fn check_fault(fault: &Fault) -> Result<(), Mistake> {
    let offset = fault.kind.span().start;
    let targets = match (&fault.node, &fault.any_of) {
        (Some(_), None) => 1,
        (None, Some(roles)) => roles.len(),
        _ => 0,
    };
    require(targets > 0, offset, || {
        "[[fault]] needs one of node and any_of, with a role in it".to_owned()
    })?;
    let (low, high) = fault.heal_after_ms;
    require(low <= high, offset, || {
        format!("[[fault]]: heal_after_ms goes from {low} to {high}, wanted upwards")
    })
}

fn check_list(list: &str, scenario: &Scenario, what: &str, offset: usize) -> Result<(), Mistake> {
    require(scenario.list.contains_key(list), offset, || {
        let known: Vec<&str> = scenario.list.keys().map(String::as_str).collect();
        format!("{what}: there is no list {list:?}; lists: {}", or_none(&known))
    })
}

fn check_names(
    used: impl IntoIterator<Item = String>,
    known: &BTreeSet<String>,
    what: &str,
    offset: usize,
) -> Result<(), Mistake> {
    let unknown = used
        .into_iter()
        .find(|name| !known.contains(name.split('.').next().unwrap_or_default()));
    match unknown {
        Some(name) => {
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            Err(Mistake {
                offset,
                problem: format!("{what}: nothing is called {name:?} here; known: {}", or_none(&known)),
            })
        }
        None => Ok(()),
    }
}

fn check_pointer(pointer: &str, what: &str, offset: usize) -> Result<(), Mistake> {
    require(pointer.is_empty() || pointer.starts_with('/'), offset, || {
        format!("{what}: {pointer:?} is no JSON pointer, wanted one such as \"/data/id\"")
    })
}

fn check_identifier(name: &str, what: &str, offset: usize) -> Result<(), Mistake> {
    let legal = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    require(legal, offset, || {
        format!("{what} {name:?} is no name, wanted lower-case letters, digits and _, a letter first")
    })
}

fn require(holds: bool, offset: usize, problem: impl FnOnce() -> String) -> Result<(), Mistake> {
    if holds {
        Ok(())
    } else {
        Err(Mistake {
            offset,
            problem: problem(),
        })
    }
}

fn or_none(names: &[&str]) -> String {
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    }
}
