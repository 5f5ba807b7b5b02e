use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    time::Duration,
};

use serde_json::Value;
use toml::Spanned;

use super::{
    Scenario,
    file::{ChoiceTable, ObservationTable, PagesTable, ScenarioFile},
    plan::{Choice, Column, Condition, Draw, FAULTS, JOURNEYS, LINKS, Observation, Pages, Setup, Subjects, Weighted},
    resolve_checks::{errand, invariants},
    resolve_fault::{explore, faults},
    resolve_limits::{steady, stops, workload},
};
use crate::steps::{Step, StepTable, Template, Variables, check_pointer};

/// A mistake in a scenario that reads well, and its place in the file.
#[derive(Debug)]
pub(super) struct Mistake {
    /// Byte offset of the entry.
    pub(super) offset: usize,
    /// The thing, the value seen, and the value wanted.
    pub(super) problem: String,
}

/// Variables that every journey has.
const BUILT_IN: [&str; 4] = ["seed", "run", "journey", "key"];

/// Variables that do not depend on a journey.
const COMMON: [&str; 2] = ["seed", "run"];

type Lists = BTreeMap<String, Vec<BTreeMap<String, Value>>>;
type Names = BTreeSet<String>;

/// Makes the plan that a file in the folder `home` means.
///
/// # Errors
/// The first name that refers to nothing, or the first entry that contradicts itself.
pub(super) fn resolve(file: ScenarioFile, home: &Path) -> Result<Scenario, Mistake> {
    let start = file.name.span().start;
    let of_file = |problem| Mistake { offset: start, problem };
    let workload = workload(&file.workload).map_err(of_file)?;
    let steady = steady(&file.steady, workload.count).map_err(of_file)?;
    let stops = stops(&file.stop).map_err(of_file)?;
    let command = file.workload.command.clone();
    let command = command.map(|words| errand("workload", words, home)).transpose();
    let command = command.map_err(|problem| of_file(format!("[workload]: {problem}")))?;
    check_sections(&file, start)?;
    check_tables(&file)?;
    let mut known: Names = BUILT_IN.map(str::to_owned).into();
    let choices = each(file.choose, |it| choice(it, &mut known))?;
    let setup = each(file.setup, |it| setup(it, &file.list))?;
    let mut names = BTreeSet::new();
    let steps = each(file.step, |it| step(it, &mut names, &mut known))?;
    let observations = each(file.observe, |it| observation(it, &file.list, &known))?;
    let faults = faults(file.fault, workload.count)?;
    let explore = explore(file.explore, &faults, workload.count)?;
    for answer in &file.repeat.answers {
        check_pointer(&answer.pointer, "[repeat]").map_err(|problem| Mistake { offset: start, problem })?;
    }
    let names: Vec<&str> = steps.iter().map(|step| step.name.as_str()).collect();
    let of_faults: Vec<&str> = faults.iter().map(|plan| plan.name()).collect();
    let (invariants, checks) = invariants(file.invariant, (&names, &of_faults), home)?;
    let condition = |it: super::file::ConditionTable| Condition {
        name: it.name,
        pending: it.pending,
    };
    Ok(Scenario {
        name: file.name.into_inner(),
        about: file.about,
        topology: file.topology,
        workload,
        repeat: file.repeat,
        steady,
        heal_within: file.heal.within.0,
        converge_within: Duration::from_millis(file.converge.within_ms),
        total: file.limits.total.0,
        stops,
        killable: file.killable,
        may_die: file.may_die,
        lists: file.list,
        choices,
        setup,
        steps,
        faults,
        explore,
        seed: file.seed,
        observations,
        conditions: file.settle.into_iter().map(condition).collect(),
        invariants,
        checks,
        command,
    })
}

/// Checks that a scenario does and proves something, in one way.
fn check_sections(file: &ScenarioFile, start: usize) -> Result<(), Mistake> {
    let is_command = file.workload.command.is_some();
    require(!file.step.is_empty() || is_command, start, || {
        "there is no [[step]]: a journey would do nothing".to_owned()
    })?;
    require(file.step.is_empty() || !is_command, start, || {
        "[workload] is a command, and there is a [[step]], which belongs to journeys".to_owned()
    })?;
    require(!file.invariant.is_empty() || is_command, start, || {
        "there is no [[invariant]]: a run would prove nothing".to_owned()
    })
}

fn each<T, R>(tables: Vec<T>, resolve: impl FnMut(T) -> Result<R, Mistake>) -> Result<Vec<R>, Mistake> {
    tables.into_iter().map(resolve).collect()
}

fn check_tables(file: &ScenarioFile) -> Result<(), Mistake> {
    let mut tables = BTreeSet::from([JOURNEYS, FAULTS, LINKS]);
    for (list, things) in &file.list {
        check_identifier(list, "list", 0)?;
        for column in things.iter().flat_map(BTreeMap::keys) {
            check_identifier(column, &format!("list {list:?}: column"), 0)?;
        }
        require(tables.insert(list), 0, || {
            format!("list {list:?} has the name of another table")
        })?;
    }
    for observation in &file.observe {
        let (table, offset) = (observation.table.as_ref().as_str(), observation.table.span().start);
        check_identifier(table, "table", offset)?;
        require(tables.insert(table), offset, || {
            format!("table {table:?} has the name of another table or list")
        })?;
    }
    Ok(())
}

fn choice(table: ChoiceTable, known: &mut Names) -> Result<Choice, Mistake> {
    let (name, offset) = named(table.name);
    check_identifier(&name, "choice", offset)?;
    let what = format!("choice {name:?}");
    let draw = match (table.one_of, table.between) {
        (Some(values), None) => {
            check_names(
                values.iter().flat_map(|weighted| weighted.value.names()),
                known,
                &what,
                offset,
            )?;
            let values = values.into_iter().map(|weighted| (weighted.weight, weighted.value));
            Draw::OneOf(Weighted::of(values).ok_or_else(|| Mistake {
                offset,
                problem: format!("{what}: the weights add up to nothing or too much, wanted 1 or more in all"),
            })?)
        }
        (None, Some((low, high))) => {
            require(low <= high, offset, || {
                format!("{what}: between {low} and {high} there is no number")
            })?;
            Draw::Between(low, high)
        }
        _ => {
            return Err(Mistake {
                offset,
                problem: format!("{what} needs one of one_of and between"),
            });
        }
    };
    require(known.insert(name.clone()), offset, || {
        format!("{what} has the name of another variable")
    })?;
    Ok(Choice { name, draw })
}

fn setup(table: StepTable, lists: &Lists) -> Result<Setup, Mistake> {
    let offset = table.name.span().start;
    let what = format!("setup {:?}", table.name.as_ref());
    let mut known: Names = COMMON.map(str::to_owned).into();
    let rounds = match &table.for_each {
        Some(list) => {
            known.insert(list.clone());
            things(list, lists, &what, offset)?
        }
        None => vec![Variables::new()],
    };
    require(table.when.is_empty() && table.save.is_empty(), offset, || {
        format!("{what} has when or save; they belong to a [[step]]")
    })?;
    let step = request(table, &known, &what, offset)?;
    Ok(Setup { step, rounds })
}

fn step(table: StepTable, seen: &mut Names, known: &mut Names) -> Result<Step, Mistake> {
    let offset = table.name.span().start;
    let what = format!("step {:?}", table.name.as_ref());
    require(seen.insert(table.name.as_ref().clone()), offset, || {
        format!("{what}: another step has this name")
    })?;
    require(table.for_each.is_none(), offset, || {
        format!("{what} has for_each; it belongs to a [[setup]]")
    })?;
    check_names(table.when.names(), known, &what, offset)?;
    let step = request(table, known, &what, offset)?;
    for variable in step.save.keys() {
        check_identifier(variable, "saved variable", offset)?;
        require(!BUILT_IN.contains(&variable.as_str()), offset, || {
            format!("{what} saves {variable:?}, which every journey has already")
        })?;
    }
    known.extend(step.save.keys().cloned());
    Ok(step)
}

/// The step of a table whose names are all known.
fn request(table: StepTable, known: &Names, what: &str, offset: usize) -> Result<Step, Mistake> {
    let step = Step::of(table, what).map_err(|problem| Mistake { offset, problem })?;
    let texts = step.headers.values().chain([&step.path]).flat_map(Template::names);
    let body = step.body.iter().flat_map(|body| body.names());
    check_names(texts.chain(body), known, what, offset)?;
    Ok(step)
}

fn observation(table: ObservationTable, lists: &Lists, journey: &Names) -> Result<Observation, Mistake> {
    let (name, offset) = named(table.table);
    let what = format!("table {name:?}");
    let wrong = |problem| Mistake { offset, problem };
    let mut known: Names = COMMON.map(str::to_owned).into();
    let conditional = table.for_each.as_deref() == Some(JOURNEYS) || table.when.is_empty();
    require(conditional, offset, || {
        format!("{what} has when; it needs for_each = \"journey\"")
    })?;
    let subjects = match table.for_each {
        None => Subjects::Things(vec![Variables::new()]),
        Some(list) if list == JOURNEYS => {
            known.extend(journey.iter().cloned());
            check_names(table.when.names(), &known, &what, offset)?;
            Subjects::Journeys(table.when)
        }
        Some(list) => {
            let things = things(&list, lists, &what, offset)?;
            known.insert(list);
            Subjects::Things(things)
        }
    };
    require(table.path.source().starts_with('/'), offset, || {
        format!("{what}: path is {:?}, wanted one from /", table.path.source())
    })?;
    check_names(table.path.names(), &known, &what, offset)?;
    check_pointer(&table.rows, &what).map_err(wrong)?;
    Ok(Observation {
        subjects,
        roles: roles(table.node, table.nodes)
            .ok_or_else(|| wrong(format!("{what} needs one of node and nodes, with a role in it")))?,
        path: table.path,
        expect: table.expect,
        rows: table.rows,
        columns: columns(table.columns, &known, &what, offset)?,
        pages: pages(table.pages, &what).map_err(wrong)?,
        table: name,
    })
}

/// The roles of an entry that names either one or several.
pub(super) fn roles(one: Option<String>, several: Option<Vec<String>>) -> Option<Vec<String>> {
    match (one, several) {
        (Some(role), None) => Some(vec![role]),
        (None, Some(roles)) if !roles.is_empty() => Some(roles),
        _ => None,
    }
}

fn columns(
    tables: BTreeMap<String, Template>,
    known: &Names,
    what: &str,
    offset: usize,
) -> Result<BTreeMap<String, Column>, Mistake> {
    let mut columns = BTreeMap::new();
    for (name, source) in tables {
        check_identifier(&name, "column", offset)?;
        require(name != "doc" && name != JOURNEYS, offset, || {
            format!("{what} has a column {name:?} anyway")
        })?;
        check_names(source.names(), known, what, offset)?;
        let pointer = source.source();
        let column = if pointer.is_empty() || pointer.starts_with('/') {
            Column::Pointer(pointer.to_owned())
        } else {
            Column::Variables(source)
        };
        columns.insert(name, column);
    }
    Ok(columns)
}

fn pages(table: Option<PagesTable>, what: &str) -> Result<Pages, String> {
    Ok(match table {
        None => Pages::Single,
        Some(PagesTable { parameter, last: None }) => Pages::Numbered { parameter },
        Some(PagesTable {
            parameter,
            last: Some(pointer),
        }) => {
            check_pointer(&pointer, what)?;
            Pages::After { parameter, pointer }
        }
    })
}

/// The things of a list, each as a variable of the list's name.
fn things(list: &str, lists: &Lists, what: &str, offset: usize) -> Result<Vec<Variables>, Mistake> {
    let things = lists.get(list).ok_or_else(|| {
        let known: Vec<&str> = lists.keys().map(String::as_str).collect();
        Mistake {
            offset,
            problem: format!("{what}: there is no list {list:?}; lists: {}", or_none(&known)),
        }
    })?;
    let variable = |thing: &BTreeMap<String, Value>| {
        let fields = thing.clone().into_iter().collect();
        Variables::from([(list.to_owned(), Value::Object(fields))])
    };
    Ok(things.iter().map(variable).collect())
}

fn named(name: Spanned<String>) -> (String, usize) {
    let offset = name.span().start;
    (name.into_inner(), offset)
}

fn check_names<'n>(
    used: impl IntoIterator<Item = &'n str>,
    known: &Names,
    what: &str,
    offset: usize,
) -> Result<(), Mistake> {
    let is_known = |name: &str| name.split('.').next().is_some_and(|first| known.contains(first));
    let unknown = used.into_iter().find(|name| !is_known(name));
    unknown.map_or(Ok(()), |name| {
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        Err(Mistake {
            offset,
            problem: format!("{what}: nothing is called {name:?} here; known: {}", or_none(&known)),
        })
    })
}

fn check_identifier(name: &str, what: &str, offset: usize) -> Result<(), Mistake> {
    let legal = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    require(legal, offset, || {
        format!("{what} {name:?} can't be a name, wanted lower-case letters, digits and _, a letter first")
    })
}

pub(super) fn require(holds: bool, offset: usize, problem: impl FnOnce() -> String) -> Result<(), Mistake> {
    if holds {
        Ok(())
    } else {
        Err(Mistake {
            offset,
            problem: problem(),
        })
    }
}

pub(super) fn or_none(names: &[&str]) -> String {
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    }
}
