//! The topology as a picture: nodes in layers from the workload on, and the links between them.

use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};

use super::{
    plot::{Anchor, Size, area, fitting, px, text},
    words,
};
use crate::{
    scenario::Report,
    steps::Purpose,
    topology::{Link, Node, OUTSIDE, Program, Topology},
};

/// The name of the box of what sends the requests; no node can have it.
const WORKLOAD: &str = "(workload)";
const HEIGHT: f64 = 48.0;

/// Draws the topology in both sizes.
pub(super) fn figure(topology: &Topology, report: &Report) -> Markup {
    let graph = Graph::of(topology, report);
    html! {
        @for size in Size::BOTH {
            (Drawing::of(&graph, size).draw()) "\n"
        }
    }
}

/// The boxes and arrows of a picture.
struct Graph {
    /// From the workload on; each layer in the order of the topology.
    layers: Vec<Vec<Shown>>,
    arrows: BTreeMap<(String, String), Arrow>,
}

/// An arrow between two boxes.
#[derive(Default)]
struct Arrow {
    title: String,
    /// Faults on its links, each with the number of times it was laid.
    harm: BTreeMap<String, usize>,
}

/// A box: a node, or the workload.
struct Shown {
    name: String,
    /// The line below the name.
    about: String,
    /// Faults and deaths, for a badge.
    harm: Vec<String>,
    title: String,
}

impl Graph {
    fn of(topology: &Topology, report: &Report) -> Self {
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

fn times((what, times): (String, usize)) -> String {
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

/// Boxes and arrows with their places: layers are columns if there is room, and rows if not.
struct Drawing<'g> {
    graph: &'g Graph,
    size: Size,
    box_width: f64,
    height: f64,
    /// The top left corner of each box, and the number of its layer.
    corners: BTreeMap<&'g str, ((f64, f64), usize)>,
}

impl<'g> Drawing<'g> {
    fn of(graph: &'g Graph, size: Size) -> Self {
        match size {
            Size::Wide => Self::in_columns(graph),
            Size::Narrow => Self::in_rows(graph),
        }
    }

    fn in_columns(graph: &'g Graph) -> Self {
        const GAP: f64 = 26.0;
        let columns = graph.layers.len().max(1) as f64;
        let width = Size::Wide.width();
        let box_width = ((width - 8.0) / columns - 40.0).clamp(70.0, 168.0);
        let step = if columns > 1.0 {
            (width - 8.0 - box_width) / (columns - 1.0)
        } else {
            0.0
        };
        let tallest = graph.layers.iter().map(Vec::len).max().unwrap_or(0) as f64;
        let height = tallest * (HEIGHT + GAP);
        let mut corners = BTreeMap::new();
        for (column, layer) in graph.layers.iter().enumerate() {
            let top = (height - layer.len() as f64 * (HEIGHT + GAP)) / 2.0 + GAP / 2.0;
            for (row, shown) in layer.iter().enumerate() {
                let corner = (4.0 + column as f64 * step.min(280.0), top + row as f64 * (HEIGHT + GAP));
                corners.insert(shown.name.as_str(), (corner, column));
            }
        }
        Self {
            graph,
            size: Size::Wide,
            box_width,
            height,
            corners,
        }
    }

    fn in_rows(graph: &'g Graph) -> Self {
        const PER_ROW: usize = 3;
        const GAP: f64 = 40.0;
        let width = Size::Narrow.width();
        let box_width = (width - 8.0) / PER_ROW as f64 - 10.0;
        let mut corners = BTreeMap::new();
        let mut y = 8.0;
        for (number, layer) in graph.layers.iter().enumerate() {
            for row in layer.chunks(PER_ROW) {
                let left = (width - row.len() as f64 * (box_width + 10.0) + 10.0) / 2.0;
                for (column, shown) in row.iter().enumerate() {
                    let corner = (left + column as f64 * (box_width + 10.0), y);
                    corners.insert(shown.name.as_str(), (corner, number));
                }
                y += HEIGHT + GAP;
            }
        }
        Self {
            graph,
            size: Size::Narrow,
            box_width,
            height: y - GAP + 24.0,
            corners,
        }
    }

    fn draw(&self) -> Markup {
        let width = self.size.width();
        html! {
            svg class={ (self.size.class()) " topology" } viewBox={ "0 0 " (width) " " (px(self.height)) } width=(width)
                height=(px(self.height)) role="img" aria-label="nodes and links of the topology" {
                @for ((from, to), arrow) in self.graph.arrows.iter().filter(|(_, arrow)| arrow.harm.is_empty()) {
                    (self.arrow(from, to, arrow)) "\n"
                }
                @for shown in self.graph.layers.iter().flatten() {
                    (self.labelled_box(shown)) "\n"
                }
                @for ((from, to), arrow) in self.graph.arrows.iter().filter(|(_, arrow)| !arrow.harm.is_empty()) {
                    (self.arrow(from, to, arrow)) "\n"
                }
            }
        }
    }

    fn labelled_box(&self, shown: &Shown) -> Markup {
        let Some((corner, _)) = self.corners.get(shown.name.as_str()) else {
            return html! {};
        };
        let (x, y) = *corner;
        let (middle, room) = (x + self.box_width / 2.0, self.box_width - 8.0);
        let class = match (shown.name.as_str(), shown.harm.is_empty()) {
            (WORKLOAD, _) => "node workload",
            (_, true) => "node",
            (_, false) => "node harmed",
        };
        html! {
            (area(class, (x, y), (x + self.box_width, y + HEIGHT), &shown.title))
            @let name_at = if shown.about.is_empty() { y + 29.0 } else { y + 21.0 };
            (text("node-name", Anchor::Middle, (middle, name_at), &fitting(&shown.name, room)))
            (text("tick", Anchor::Middle, (middle, y + 38.0), &fitting(&shown.about, room)))
            @if !shown.harm.is_empty() {
                @let harm = shown.harm.join(", ");
                @let half = 5.0 + 3.5 * fitting(&harm, self.box_width).chars().count() as f64;
                (badge((x + self.box_width - half - 4.0, y - 2.0), &harm, self.box_width))
            }
        }
    }

    /// An arrow between two boxes: from layer to layer straight on, back with a bend, and round about within a layer.
    fn arrow(&self, from: &str, to: &str, arrow: &Arrow) -> Markup {
        let (Some((from, from_layer)), Some((to, to_layer))) = (self.corners.get(from), self.corners.get(to)) else {
            return html! {};
        };
        let is_wide = self.size == Size::Wide;
        let length = if is_wide { self.box_width } else { HEIGHT };
        // Along the layers, and across them.
        let turn = |(x, y): (f64, f64)| {
            if is_wide {
                (x, y + HEIGHT / 2.0)
            } else {
                (y, x + self.box_width / 2.0)
            }
        };
        let ((from_along, from_across), (to_along, to_across)) = (turn(*from), turn(*to));
        let shift = (to_across - from_across).clamp(-60.0, 60.0) / 6.0;
        let (start, bend_1, bend_2, end, tip) = if to_layer > from_layer {
            let (start, end) = (from_along + length, to_along);
            let bend = (end - start) / 2.0;
            let (from_across, to_across) = (from_across + shift - 4.0, to_across - shift - 4.0);
            (
                (start, from_across),
                (start + bend, from_across),
                (end - bend, to_across),
                (end, to_across),
                -1.0,
            )
        } else if to_layer < from_layer {
            let (start, end) = (from_along, to_along + length);
            let bend = (start - end) / 2.0;
            let (from_across, to_across) = (from_across + shift + 6.0, to_across - shift + 6.0);
            (
                (start, from_across),
                (start - bend, from_across),
                (end + bend, to_across),
                (end, to_across),
                1.0,
            )
        } else {
            let (start, end) = (from_along + length, to_along + length);
            let out = start.max(end) + 18.0;
            let (from_across, to_across) = (from_across + shift, to_across - shift);
            (
                (start, from_across),
                (out, from_across),
                (out, to_across),
                (end, to_across),
                1.0,
            )
        };
        let back = |(along, across): (f64, f64)| if is_wide { (along, across) } else { (across, along) };
        let point = |place: (f64, f64)| {
            let (x, y) = back(place);
            format!("{} {}", px(x), px(y))
        };
        let curve = format!("M{}C{},{},{}", point(start), point(bend_1), point(bend_2), point(end));
        let (left, right) = ((end.0 + tip * 7.0, end.1 - 4.0), (end.0 + tip * 7.0, end.1 + 4.0));
        let head = format!("M{}L{}L{}z", point(end), point(left), point(right));
        let middle = |a: f64, b: f64, c: f64, d: f64| (a + 3.0 * b + 3.0 * c + d) / 8.0;
        let middle = back((
            middle(start.0, bend_1.0, bend_2.0, end.0),
            middle(start.1, bend_1.1, bend_2.1, end.1),
        ));
        let class = if arrow.harm.is_empty() { "arrow" } else { "arrow struck" };
        html! {
            g class=(class) {
                title { (arrow.title.trim_end()) }
                path class="shaft" d=(curve) {}
                path class="tip" d=(head) {}
                @if !arrow.harm.is_empty() {
                    @let harm = arrow.harm.iter().map(|(what, number)| times((what.clone(), *number)));
                    (badge(middle, &harm.collect::<Vec<_>>().join(", "), 130.0))
                }
            }
        }
    }
}

/// A label on a ground of its own, round a place.
fn badge((x, y): (f64, f64), text_of: &str, room: f64) -> Markup {
    let shown = fitting(text_of, room);
    let half = 5.0 + 3.5 * shown.chars().count() as f64;
    html! {
        (area("badge", (x - half, y - 9.0), (x + half, y + 8.0), ""))
        (text("badge-text", Anchor::Middle, (x, y + 4.0), &shown))
    }
}
