//! The topology as a picture: nodes in layers from the workload on, and the links between them.

use std::{cmp::Ordering, collections::BTreeMap};

use maud::{Markup, html};

use super::{
    graph::{Arrow, Graph, Shown, WORKLOAD, times},
    plot::{Anchor, Size, area, fitting, px, text},
};
use crate::{scenario::Report, topology::Topology};

const HEIGHT: f64 = 48.0;

/// A point of a picture.
type Place = (f64, f64);

/// Draws the topology in both sizes.
pub(super) fn figure(topology: &Topology, report: &Report) -> Markup {
    let graph = Graph::of(topology, report);
    html! {
        @for size in Size::BOTH {
            (Drawing::of(&graph, size).draw()) "\n"
        }
    }
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

    fn arrow(&self, from: &str, to: &str, arrow: &Arrow) -> Markup {
        let (Some((from, from_layer)), Some((to, to_layer))) = (self.corners.get(from), self.corners.get(to)) else {
            return html! {};
        };
        let is_wide = self.size == Size::Wide;
        let (length, breadth) = if is_wide {
            (self.box_width, HEIGHT)
        } else {
            (HEIGHT, self.box_width)
        };
        let turned = |(x, y): (f64, f64)| if is_wide { (x, y) } else { (y, x) };
        let side = |corner| {
            let (along, across) = turned(corner);
            (along, across + breadth / 2.0)
        };
        let (curve, tip) = curve(side(*from), side(*to), length, to_layer.cmp(from_layer));
        let point = |place| {
            let (x, y) = turned(place);
            format!("{} {}", px(x), px(y))
        };
        let [start, bend_1, bend_2, end] = curve.map(point);
        let (along, across) = curve[3];
        let [left, right] = [-4.0, 4.0].map(|aside| point((along + tip * 7.0, across + aside)));
        let class = if arrow.harm.is_empty() { "arrow" } else { "arrow struck" };
        html! {
            g class=(class) {
                title { (arrow.title.trim_end()) }
                path class="shaft" d={ "M" (start) "C" (bend_1) "," (bend_2) "," (end) } {}
                path class="tip" d={ "M" (end) "L" (left) "L" (right) "z" } {}
                @if !arrow.harm.is_empty() {
                    @let harm = arrow.harm.iter().map(|(what, number)| times((what.clone(), *number)));
                    (badge(turned(middle(curve)), &harm.collect::<Vec<_>>().join(", "), 130.0))
                }
            }
        }
    }
}

/// The four points of a curve from one box to another, and the side of its end on which the tip is. Points are given
/// along the layers and across them; a box is given by the middle of its near side, and all have this length.
///
/// A curve leads straight on to a later layer, back to an earlier one beside that, and round about within a layer.
fn curve(from: Place, to: Place, length: f64, order: Ordering) -> ([Place; 4], f64) {
    let shift = (to.1 - from.1).clamp(-60.0, 60.0) / 6.0;
    let (start, end, bend_1, bend_2, aside, tip) = match order {
        Ordering::Greater => {
            let (start, end) = (from.0 + length, to.0);
            let bend = (end - start) / 2.0;
            (start, end, start + bend, end - bend, -4.0, -1.0)
        }
        Ordering::Less => {
            let (start, end) = (from.0, to.0 + length);
            let bend = (start - end) / 2.0;
            (start, end, start - bend, end + bend, 6.0, 1.0)
        }
        Ordering::Equal => {
            let (start, end) = (from.0 + length, to.0 + length);
            let out = start.max(end) + 18.0;
            (start, end, out, out, 0.0, 1.0)
        }
    };
    let (from, to) = (from.1 + shift + aside, to.1 - shift + aside);
    ([(start, from), (bend_1, from), (bend_2, to), (end, to)], tip)
}

/// The point halfway along a curve.
fn middle([a, b, c, d]: [Place; 4]) -> Place {
    let middle = |a: f64, b: f64, c: f64, d: f64| (a + 3.0 * b + 3.0 * c + d) / 8.0;
    (middle(a.0, b.0, c.0, d.0), middle(a.1, b.1, c.1, d.1))
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
