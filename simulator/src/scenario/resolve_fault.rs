use std::{collections::BTreeSet, time::Duration};

use super::{
    Candidates, Explore, FaultPlan,
    fault_plan::{Hits, Lasts},
    file::FaultTable,
    file_explore::ExploreTable,
    moment::Moment,
    resolve::{Mistake, or_none, require, roles},
    times::Number,
};
use crate::{
    steps::{FailPoint, FaultKind},
    topology::{LinkName, NoLink},
};

/// Most times that one fault is laid.
const MOST_TIMES: u64 = 1_000;

/// Longest name of a fault, in characters: the proxy takes 80, and a number may follow it.
const LONGEST_NAME: usize = 70;

/// Key of the faults that every run has.
const OWN: &str = "[[fault]]";

/// Key of the candidates.
const CANDIDATE: &str = "[[explore.fault]]";

/// Makes the schedule that a file means, of so many journeys.
///
/// # Errors
/// The first entry that contradicts itself, or names another fault that there is not.
pub(super) fn faults(tables: Vec<FaultTable>, journeys: u64) -> Result<Vec<FaultPlan>, Mistake> {
    let (plans, offsets) = plans(OWN, tables, BTreeSet::new(), journeys)?;
    for (plan, offset) in plans.iter().zip(offsets) {
        follows(OWN, plan, &plans).map_err(|problem| Mistake { offset, problem })?;
    }
    Ok(plans)
}

/// Makes the candidates that a file means, if any, beside its own faults.
///
/// # Errors
/// The first entry that contradicts itself, has no name or that of another, or waits for another candidate; or a number
/// of faults that there can't be.
pub(super) fn explore(
    table: Option<ExploreTable>,
    own: &[FaultPlan],
    journeys: u64,
) -> Result<Option<Explore>, Mistake> {
    let Some(table) = table else {
        return Ok(None);
    };
    let start = table.fault.first().map_or(0, offset);
    for nameless in table.fault.iter().filter(|table| table.name.is_none()) {
        require(false, offset(nameless), || {
            format!("{CANDIDATE} needs a name, from which its chances derive, such as name = \"slow bank\"")
        })?;
    }
    let names = own.iter().map(|plan| plan.name.clone()).collect();
    let (candidates, offsets) = plans(CANDIDATE, table.fault, names, journeys)?;
    for (plan, offset) in candidates.iter().zip(offsets) {
        follows(CANDIDATE, plan, own).map_err(|problem| Mistake { offset, problem })?;
    }
    let all = candidates.len() as u64;
    require(all > 0, start, || {
        format!("[explore] has no {CANDIDATE}, wanted 1 or more")
    })?;
    let Number { low, high } = table.faults.unwrap_or(Number { low: 1, high: all });
    require((1..=all).contains(&high), start, || {
        format!("[explore] has faults up to {high} of {all} candidates, wanted 1 to {all}")
    })?;
    Ok(Some(Explore {
        faults: (low, high),
        candidates,
    }))
}

/// The plans of entries of this key, with the place of each; none may have one of the `names`.
fn plans(
    key: &str,
    tables: Vec<FaultTable>,
    mut names: BTreeSet<String>,
    journeys: u64,
) -> Result<(Vec<FaultPlan>, Vec<usize>), Mistake> {
    let mut plans = Vec::new();
    let mut offsets = Vec::new();
    for (number, table) in (1..).zip(tables) {
        let offset = offset(&table);
        let plan = fault(table, number, journeys);
        let plan = plan.map_err(|(name, problem)| Mistake {
            offset,
            problem: format!("{key} {name:?}: {problem}"),
        })?;
        require(names.insert(plan.name.clone()), offset, || {
            format!("two faults have the name {:?}; give one of them another", plan.name)
        })?;
        let first = laying_of(&plan.name);
        require(first.is_none(), offset, || {
            format!(
                "{key} {:?} has the name of another laying of {:?}, as reports call it; give it another name",
                plan.name,
                first.unwrap_or_default()
            )
        })?;
        plans.push(plan);
        offsets.push(offset);
    }
    Ok((plans, offsets))
}

/// The name of the fault whose later laying a report calls so.
fn laying_of(name: &str) -> Option<&str> {
    let (first, number) = name.strip_suffix(')')?.rsplit_once(" (")?;
    let is_number = !number.is_empty() && number.chars().all(|digit| digit.is_ascii_digit());
    is_number.then_some(first)
}

/// Place of an entry in the file.
fn offset(table: &FaultTable) -> usize {
    let kind = table.kind.as_ref().map(|kind| kind.span().start);
    let link = table.link.as_ref().map(|link| link.span().start);
    let partition = table.partition.as_ref().map(|partition| partition.span().start);
    kind.or(link).or(partition).unwrap_or_else(|| table.at.span().start)
}

/// The plan of an entry, or its name and what is wrong with it.
fn fault(table: FaultTable, number: usize, journeys: u64) -> Result<FaultPlan, (String, String)> {
    let name = table.name.clone().unwrap_or_else(|| format!("fault {number}"));
    named_fault(table, &name, journeys).map_err(|problem| (name, problem))
}

fn named_fault(table: FaultTable, name: &str, journeys: u64) -> Result<FaultPlan, String> {
    let length = name.chars().count();
    if !(1..=LONGEST_NAME).contains(&length) || name.chars().any(char::is_control) {
        return Err(format!("wanted a name of 1 to {LONGEST_NAME} printable characters"));
    }
    let (times, every) = repeats(&table)?;
    let lasts = lasts(&table)?;
    let point = point(&table)?;
    let at = table.at.get_ref().clone();
    if journeys == 0 && matches!(at, Moment::Started(..) | Moment::Random | Moment::Journey(..)) {
        let problem = "the workload is a command, which has no journeys; wanted at = { after = \"2s\" }, { ready = \
                       \"node\" } or { fault = \"name\" }";
        return Err(problem.to_owned());
    }
    if let Moment::Journey(Number { high, .. }, _) = at
        && high > journeys
    {
        return Err(format!("at.journey is {high}, and there are {journeys} journeys"));
    }
    Ok(FaultPlan {
        name: name.to_owned(),
        hits: hits(table, name)?,
        point,
        at,
        lasts,
        times,
        every,
        drawn: false,
    })
}

fn hits(table: FaultTable, name: &str) -> Result<Hits, String> {
    let of_node = table.node.is_some() || table.any_of.is_some();
    let of_link = table.does.is_some() || table.on.is_some();
    match (table.kind, table.link, table.partition) {
        (Some(_), None, None) if of_link || table.one_way => {
            Err("does and on belong to a link, one_way to a partition; kind is of a node".to_owned())
        }
        (Some(kind), None, None) => {
            let candidates = roles(table.node, table.any_of).and_then(Candidates::of);
            let candidates = candidates.ok_or("it needs one of node and any_of, with a role in it")?;
            Ok(Hits::Node(kind.into_inner(), candidates))
        }
        (None, Some(_), None) if of_node || table.one_way => {
            Err("node and any_of belong to a kind, one_way to a partition; link stands alone".to_owned())
        }
        (None, Some(link), None) => {
            let link = link.into_inner();
            LinkName::parse(&link).map_err(|error: NoLink| error.to_string())?;
            let does = table
                .does
                .ok_or("a link needs an effect, such as does = { latency = { delay = \"200ms\" } }")?;
            let on = table.on.unwrap_or_default();
            if on.time.is_some() {
                return Err("on.for is not for scenarios; give lasts".to_owned());
            }
            let laid = faults::Fault::new(name, on, does).map_err(|error| error.to_string())?;
            Ok(Hits::Link(link, Box::new(laid)))
        }
        (None, None, Some(_)) if of_node || of_link => {
            Err("a partition has no node, any_of, does or on; it names two nodes".to_owned())
        }
        (None, None, Some(partition)) => {
            let (one, other) = partition.into_inner();
            if one == other || [&one, &other].iter().any(|name| name.is_empty() || *name == "*") {
                return Err("a partition is between two nodes, such as [\"orders\", \"payments\"]".to_owned());
            }
            Ok(Hits::Partition(one, other, table.one_way))
        }
        _ => Err("it needs one of kind (with node or any_of), link (with does) and partition".to_owned()),
    }
}

/// The point at which a crash comes; `None` for other faults.
fn point(table: &FaultTable) -> Result<Option<FailPoint>, String> {
    let is_crash = table
        .kind
        .as_ref()
        .is_some_and(|kind| *kind.get_ref() == FaultKind::Crash);
    match (&table.point, table.nth) {
        (None, None) if !is_crash => Ok(None),
        _ if !is_crash => Err("point and nth belong to kind = \"crash\"".to_owned()),
        _ if table.any_of.is_some() => {
            Err("a point is one of one program; give a crash its node, in place of any_of".to_owned())
        }
        (_, Some(0)) => Err("nth is 0, wanted the number of a pass from 1".to_owned()),
        (Some(name), nth) if !name.is_empty() && !name.contains(|c: char| c == ':' || c.is_whitespace()) => {
            Ok(Some(FailPoint {
                name: name.clone(),
                nth: nth.unwrap_or(1),
            }))
        }
        (seen, _) => Err(format!(
            "point is {:?}, wanted a point of the node's program, which lists them when it is run with --fail-points",
            seen.as_deref().unwrap_or_default()
        )),
    }
}

fn repeats(table: &FaultTable) -> Result<(Number, Duration), String> {
    let once = Number { low: 1, high: 1 };
    match (table.every, table.times) {
        (None, times) if times.is_none_or(|times| times == once) => Ok((once, Duration::ZERO)),
        (Some(every), Some(times @ Number { low: 1.., high })) if high <= MOST_TIMES && !every.0.is_zero() => {
            Ok((times, every.0))
        }
        (Some(_), Some(Number { low, high })) => Err(format!(
            "times is {low} to {high} and every at least 1ns, wanted 1 to {MOST_TIMES} times and more than 0s between \
             them"
        )),
        _ => Err("every and times belong together, such as every = \"1s\" and times = 3".to_owned()),
    }
}

fn lasts(table: &FaultTable) -> Result<Lasts, String> {
    let kind = table.kind.as_ref().map(|kind| *kind.get_ref());
    let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    match (kind, table.lasts) {
        (Some(FaultKind::Restart), Some(_)) => {
            Err("a restart has no lasts; take `stop` for a time of absence".to_owned())
        }
        (Some(FaultKind::Restart), None) => Ok(Lasts::Between(0, 0)),
        (_, Some(span)) => Ok(Lasts::Between(millis(span.low), millis(span.high))),
        (Some(FaultKind::Kill | FaultKind::Crash), None) => Ok(Lasts::of_a_kill()),
        (_, None) => Ok(Lasts::ToTheEnd),
    }
}

/// Checks that a fault of this key which follows another one follows one of `all`, and not itself in the end.
fn follows(key: &str, plan: &FaultPlan, all: &[FaultPlan]) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    let mut at = plan;
    while let Moment::Fault(name, _) = &at.at {
        let Some(next) = all.iter().find(|other| other.name == *name) else {
            let known: Vec<&str> = all.iter().map(FaultPlan::name).collect();
            let not_each_other = match key {
                CANDIDATE => ", as candidates can't wait for each other",
                _ => "",
            };
            return Err(format!(
                "{key} {:?}: no fault is called {name:?}; known: {}{not_each_other}",
                at.name,
                or_none(&known)
            ));
        };
        if !seen.insert(name) {
            return Err(format!("{key} {:?} waits for itself, by way of {name:?}", plan.name));
        }
        at = next;
    }
    Ok(())
}
