use std::{collections::BTreeSet, time::Duration};

use super::{
    Candidates, FaultPlan, Moment,
    fault_plan::{Hits, Lasts},
    file::FaultTable,
    resolve::{Mistake, or_none, require, roles},
};
use crate::{
    steps::{FailPoint, FaultKind},
    topology::{LinkName, NoLink},
};

/// Most times that one fault is laid.
const MOST_TIMES: u32 = 1_000;

/// Longest name of a fault, in characters: the proxy takes 80, and a number may follow it.
const LONGEST_NAME: usize = 70;

/// Makes the schedule that a file means, of so many journeys.
///
/// # Errors
/// The first entry that contradicts itself, or names another fault that there is not.
pub(super) fn faults(tables: Vec<FaultTable>, journeys: u64) -> Result<Vec<FaultPlan>, Mistake> {
    let mut plans = Vec::new();
    let mut offsets = Vec::new();
    let mut names = BTreeSet::new();
    for (number, table) in (1..).zip(tables) {
        let offset = offset(&table);
        let plan = fault(table, number, journeys).map_err(|problem| Mistake { offset, problem })?;
        require(names.insert(plan.name.clone()), offset, || {
            format!("two faults have the name {:?}; give one of them another", plan.name)
        })?;
        plans.push(plan);
        offsets.push(offset);
    }
    for (plan, offset) in plans.iter().zip(offsets) {
        follows(plan, &plans).map_err(|problem| Mistake { offset, problem })?;
    }
    Ok(plans)
}

/// Place of an entry in the file.
fn offset(table: &FaultTable) -> usize {
    let kind = table.kind.as_ref().map(|kind| kind.span().start);
    let link = table.link.as_ref().map(|link| link.span().start);
    let partition = table.partition.as_ref().map(|partition| partition.span().start);
    kind.or(link).or(partition).unwrap_or_else(|| table.at.span().start)
}

fn fault(table: FaultTable, number: usize, journeys: u64) -> Result<FaultPlan, String> {
    let name = table.name.clone().unwrap_or_else(|| format!("fault {number}"));
    let wrong = |problem: String| format!("[[fault]] {name:?}: {problem}");
    let length = name.chars().count();
    if !(1..=LONGEST_NAME).contains(&length) || name.chars().any(char::is_control) {
        return Err(wrong(format!(
            "wanted a name of 1 to {LONGEST_NAME} printable characters"
        )));
    }
    let (times, every) = repeats(&table).map_err(wrong)?;
    let lasts = lasts(&table).map_err(wrong)?;
    let point = point(&table).map_err(wrong)?;
    let at = table.at.get_ref().clone();
    if journeys == 0 && matches!(at, Moment::Started(_) | Moment::Random | Moment::Journey(_)) {
        let problem = "the workload is a command, which has no journeys; wanted at = { after = \"2s\" }, { ready = \
                       \"node\" } or { fault = \"name\" }";
        return Err(wrong(problem.to_owned()));
    }
    if let Moment::Journey(number) = at
        && number > journeys
    {
        return Err(wrong(format!(
            "at.journey is {number}, and there are {journeys} journeys"
        )));
    }
    let hits = hits(table, &name)?;
    Ok(FaultPlan {
        name,
        hits,
        point,
        at,
        lasts,
        times,
        every,
    })
}

fn hits(table: FaultTable, name: &str) -> Result<Hits, String> {
    let wrong = |problem: &str| format!("[[fault]] {name:?}: {problem}");
    let of_node = table.node.is_some() || table.any_of.is_some();
    let of_link = table.does.is_some() || table.on.is_some();
    match (table.kind, table.link, table.partition) {
        (Some(_), None, None) if of_link || table.one_way => Err(wrong(
            "does and on belong to a link, one_way to a partition; kind is of a node",
        )),
        (Some(kind), None, None) => {
            let candidates = roles(table.node, table.any_of).and_then(Candidates::of);
            let candidates = candidates.ok_or("[[fault]] needs one of node and any_of, with a role in it")?;
            Ok(Hits::Node(kind.into_inner(), candidates))
        }
        (None, Some(_), None) if of_node || table.one_way => Err(wrong(
            "node and any_of belong to a kind, one_way to a partition; link stands alone",
        )),
        (None, Some(link), None) => {
            let link = link.into_inner();
            LinkName::parse(&link).map_err(|error: NoLink| wrong(&error.to_string()))?;
            let does = table
                .does
                .ok_or_else(|| wrong("a link needs an effect, such as does = { latency = { delay = \"200ms\" } }"))?;
            let on = table.on.unwrap_or_default();
            if on.time.is_some() {
                return Err(wrong("on.for is not for scenarios; give lasts"));
            }
            let laid = faults::Fault::new(name, on, does).map_err(|error| format!("[[fault]] {error}"))?;
            Ok(Hits::Link(link, Box::new(laid)))
        }
        (None, None, Some(_)) if of_node || of_link => {
            Err(wrong("a partition has no node, any_of, does or on; it names two nodes"))
        }
        (None, None, Some(partition)) => {
            let (one, other) = partition.into_inner();
            if one == other || [&one, &other].iter().any(|name| name.is_empty() || *name == "*") {
                return Err(wrong(
                    "a partition is between two nodes, such as [\"orders\", \"payments\"]",
                ));
            }
            Ok(Hits::Partition(one, other, table.one_way))
        }
        _ => Err(wrong(
            "it needs one of kind (with node or any_of), link (with does) and partition",
        )),
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

fn repeats(table: &FaultTable) -> Result<(u32, Duration), String> {
    match (table.every, table.times) {
        (None, None | Some(1)) => Ok((1, Duration::ZERO)),
        (Some(every), Some(times @ 1..=MOST_TIMES)) if !every.0.is_zero() => Ok((times, every.0)),
        (Some(_), Some(times)) => Err(format!(
            "times is {times} and every at least 1ns, wanted 1 to {MOST_TIMES} times and more than 0s between them"
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

/// Checks that a fault which follows another one follows one that there is, and not itself in the end.
fn follows(plan: &FaultPlan, all: &[FaultPlan]) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    let mut at = plan;
    while let Moment::Fault(name, _) = &at.at {
        let Some(next) = all.iter().find(|other| other.name == *name) else {
            let known: Vec<&str> = all.iter().map(FaultPlan::name).collect();
            return Err(format!(
                "[[fault]] {:?}: no fault is called {name:?}; known: {}",
                at.name,
                or_none(&known)
            ));
        };
        if !seen.insert(name) {
            return Err(format!(
                "[[fault]] {:?} waits for itself, by way of {name:?}",
                plan.name
            ));
        }
        at = next;
    }
    Ok(())
}
