//! The boxes and arrows that the picture of a topology has.

use std::collections::{BTreeMap, BTreeSet};

use super::words;
use crate::{
    scenario::Report,
    steps::Purpose,
    topology::{Link, Node, OUTSIDE, Program, Topology},
};

/// The name of the box of what sends the requests; no node can have it.
pub(super) const WORKLOAD: &str = "(workload)";

/// The boxes and arrows of a picture.
pub(super) struct Graph {
    /// From the workload on; each layer in the order of the topology.
    pub(super) layers: Vec<Vec<Shown>>,
    /// By the names of the boxes that they join.
    pub(super) arrows: BTreeMap<(String, String), Arrow>,
}

/// An arrow between two boxes.
#[derive(Default)]
pub(super) struct Arrow {
    pub(super) title: String,
    /// Faults on its links, each with the number of times it was laid.
    pub(super) harm: BTreeMap<String, usize>,
}

/// A box: a node, or the workload.
pub(super) struct Shown {
    pub(super) name: String,
    /// The line below the name.
    pub(super) about: String,
    /// Faults and deaths, for a badge.
    pub(super) harm: Vec<String>,
    pub(super) title: String,
}

impl Graph {
    /// The graph of a topology, with what a run did to it.
    pub(super) fn of(topology: &Topology, report: &Report) -> Self {
        let arrows = arrows(topology, report);
        let layers = layers(topology, &arrows);
        let shown = |name: &str| match topology.nodes().iter().find(|node| node.name == name) {
            Some(node) => of_node(node, report),
            None => of_workload(report),
        };
        let layers = layers
            .iter()
            .map(|layer| layer.iter().map(|name| shown(name)).collect());
        Self {
            layers: layers.collect(),
            arrows,
        }
    }
}

fn of_workload(report: &Report) -> Shown {
    let load = report.samples.load;
    Shown {
        name: WORKLOAD.to_owned(),
        about: format!("{} requests", words::count(load.count)),
        harm: Vec::new(),
        title: format!("{} journeys, {} at a time", report.count, report.concurrency),
    }
}

fn of_node(node: &Node, report: &Report) -> Shown {
    let steps = report.samples.steps.iter();
    let asked = steps.filter(|step| node.is_called(&step.node) && step.purpose != Purpose::Observe);
    let (asked, failed) = asked.fold((0, 0), |(asked, failed), step| {
        (asked + step.figures.count, failed + step.figures.errors)
    });
    let kind = match &node.program {
        Program::Outside { .. } => "runs elsewhere",
        _ if node.once => "runs once",
        _ if node.ports.is_empty() => "worker",
        _ => "",
    };
    let about = match (asked, failed) {
        (0, _) => kind.to_owned(),
        (_, 0) => format!("asked {}×", words::count(asked)),
        _ => format!("{}/{} failed", words::count(failed), words::count(asked)),
    };
    let faults = report
        .faults
        .iter()
        .filter(|fault| words::node_of(fault) == Some(&node.name));
    let mut harm: BTreeMap<String, usize> = BTreeMap::new();
    for fault in faults.clone() {
        *harm.entry(words::deed(fault)).or_default() += 1;
    }
    for _ in report.deaths.iter().filter(|death| death.node == node.name) {
        *harm.entry("died".to_owned()).or_default() += 1;
    }
    let told = faults.map(|fault| format!("\n{}: {}", words::fault(fault), words::outcome(fault)));
    Shown {
        name: node.name.clone(),
        about,
        harm: harm.into_iter().map(times).collect(),
        title: format!("{} {kind}{}", node.name, told.collect::<String>()),
    }
}

/// A deed with the number of times it was done.
pub(super) fn times((what, times): (String, usize)) -> String {
    if times == 1 { what } else { format!("{what} ×{times}") }
}

/// The pairs of boxes that an arrow joins, each with its arrow.
fn arrows(topology: &Topology, report: &Report) -> BTreeMap<(String, String), Arrow> {
    let mut arrows: BTreeMap<(String, String), Arrow> = BTreeMap::new();
    for step in report
        .samples
        .steps
        .iter()
        .filter(|step| step.purpose != Purpose::Observe)
    {
        for node in called(topology, &step.node) {
            let arrow = arrows.entry((WORKLOAD.to_owned(), node.to_owned())).or_default();
            arrow
                .title
                .push_str(&format!("{} ({} requests)\n", step.step, step.figures.count));
        }
    }
    for link in topology.links() {
        for place in places(topology, &link) {
            let arrow = arrows.entry(place).or_default();
            arrow.title.push_str(&format!("{link}\n"));
        }
    }
    for fault in &report.faults {
        let links = fault
            .links
            .iter()
            .filter_map(|link| topology.links_called(&link.link).ok());
        let links = links.flatten().flat_map(|link| places(topology, &link));
        // Two ports of a node, or two effects of a fault, are one arrow.
        for place in links.collect::<BTreeSet<_>>() {
            let arrow = arrows.entry(place).or_default();
            *arrow.harm.entry(words::deed(fault)).or_default() += 1;
            let (name, outcome, hits) = (words::fault(fault), words::outcome(fault), words::hits(&fault.traffic));
            arrow.title.push_str(&format!("{name}: {outcome}; {hits}\n"));
        }
    }
    arrows
}

/// The nodes of this name, or the instances of what is called so.
fn called<'t>(topology: &'t Topology, service: &str) -> Vec<&'t str> {
    let nodes = topology.nodes().iter();
    nodes
        .filter(|node| node.is_called(service))
        .map(|node| node.name.as_str())
        .collect()
}

/// The pairs of boxes that a link joins; none for a link of a node to itself.
fn places(topology: &Topology, link: &Link) -> Vec<(String, String)> {
    let caller = if link.caller == OUTSIDE { WORKLOAD } else { &link.caller };
    let called = called(topology, &link.endpoint.node).into_iter();
    let others = called.filter(|node| *node != caller);
    others.map(|node| (caller.to_owned(), node.to_owned())).collect()
}

/// Layers of names: the workload, what it asks, what those call, and so on. What nobody calls stands one layer above
/// the first layer of what it calls; nodes without a link stand last.
fn layers(topology: &Topology, arrows: &BTreeMap<(String, String), Arrow>) -> Vec<Vec<String>> {
    let mut layer_of: BTreeMap<&str, usize> = BTreeMap::from([(WORKLOAD, 0)]);
    let names: Vec<&str> = topology.nodes().iter().map(|node| node.name.as_str()).collect();
    loop {
        let next = |(from, to): &'_ (String, String), layers: &BTreeMap<&str, usize>| {
            let layer = layers.get(from.as_str())?;
            (!layers.contains_key(to.as_str())).then_some(layer + 1)
        };
        let nearest = arrows
            .keys()
            .filter_map(|arrow| Some((next(arrow, &layer_of)?, arrow)))
            .min();
        if let Some((layer, (_, to))) = nearest {
            layer_of.insert(to, layer);
            continue;
        }
        // A new beginning: one that others call last of all.
        let is_called = |name: &str| arrows.keys().any(|(_, to)| to == name);
        let left = names.iter().filter(|name| !layer_of.contains_key(**name));
        let Some(root) = left.min_by_key(|name| is_called(name)) else {
            break;
        };
        let of_callees = arrows
            .keys()
            .filter(|(from, _)| from == root)
            .filter_map(|(_, to)| layer_of.get(to.as_str()));
        let layer = of_callees.max().copied().unwrap_or(1).max(1);
        layer_of.insert(root, layer);
    }
    let last = layer_of.values().max().copied().unwrap_or(0);
    let of = |layer: usize| {
        let here = |name: &&str| layer_of.get(*name) == Some(&layer);
        let all: Vec<&str> = [WORKLOAD].into_iter().chain(names.iter().copied()).collect();
        all.iter()
            .filter(|name| here(name))
            .map(|name| (*name).to_owned())
            .collect::<Vec<_>>()
    };
    (0..=last).map(of).filter(|layer| !layer.is_empty()).collect()
}
