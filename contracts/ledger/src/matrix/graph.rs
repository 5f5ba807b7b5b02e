//! Who depends on whom, as a drawing: callers stand above whom they call, where there is no circle.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

use super::Edge;
use crate::markup::escaped;

const BOX_WIDTH: usize = 150;
const BOX_HEIGHT: usize = 34;
const GAP_X: usize = 40;
const GAP_Y: usize = 70;

/// An SVG element with a box for each service and an arrow for each edge.
pub(super) fn svg(services: &BTreeSet<&str>, edges: &BTreeSet<Edge>) -> String {
    let rows = layers(services, edges);
    let mut places: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (level, row) in rows.iter().enumerate() {
        for (column, service) in row.iter().enumerate() {
            let left = GAP_X + column * (BOX_WIDTH + GAP_X);
            places.insert(service, (left, GAP_Y / 2 + level * (BOX_HEIGHT + GAP_Y)));
        }
    }
    let widest = rows.iter().map(Vec::len).max().unwrap_or(0);
    let (width, height) = (GAP_X + widest * (BOX_WIDTH + GAP_X), rows.len() * (BOX_HEIGHT + GAP_Y));
    let mut svg = format!(
        "<svg viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\" aria-label=\"who depends on whom\">\n\
         <defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" orient=\"auto\">\
         <path d=\"M0 0 8 4 0 8z\"/></marker></defs>\n"
    );
    for edge in edges {
        if let (Some(from), Some(to)) = (places.get(edge.consumer.as_str()), places.get(edge.provider.as_str())) {
            arrow(&mut svg, edge, *from, *to);
        }
    }
    for (service, (x, y)) in &places {
        let (text_x, text_y) = (x + BOX_WIDTH / 2, y + BOX_HEIGHT / 2 + 5);
        let (name, shown) = (escaped(service), fitting(service));
        // Writing to a String cannot fail.
        let _ = writeln!(
            svg,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{BOX_WIDTH}\" height=\"{BOX_HEIGHT}\" rx=\"6\"><title>{name}</title></rect>\
             <text x=\"{text_x}\" y=\"{text_y}\">{shown}</text>"
        );
    }
    svg + "</svg>\n"
}

fn arrow(svg: &mut String, edge: &Edge, from: (usize, usize), to: (usize, usize)) {
    let title = format!("{} calls {}", escaped(&edge.consumer), escaped(&edge.provider));
    let (start_x, end_x) = (from.0 + BOX_WIDTH / 2, to.0 + BOX_WIDTH / 2);
    let (start_y, end_y) = (from.1 + BOX_HEIGHT, to.1);
    let path = if to.1 <= from.1 {
        back(from, to)
    } else if end_y - start_y == GAP_Y {
        format!("M{start_x} {start_y} L{end_x} {end_y}")
    } else {
        // Past the rows between, in the gap beside the column, so that no box is crossed.
        let gap = from.0 + BOX_WIDTH + GAP_X / 2;
        let (leaves, passed, nears, arrives) = (start_y + GAP_Y / 2, start_y + GAP_Y, end_y - GAP_Y, end_y - GAP_Y / 2);
        format!(
            "M{start_x} {start_y} C{start_x} {leaves} {gap} {leaves} {gap} {passed} \
             L{gap} {nears} C{gap} {arrives} {end_x} {arrives} {end_x} {end_y}"
        )
    };
    // Writing to a String cannot fail.
    let _ = writeln!(
        svg,
        "<path class=\"edge\" d=\"{path}\" marker-end=\"url(#tip)\"><title>{title}</title></path>"
    );
}

/// Up again, or sideways: round the right side of both.
fn back(from: (usize, usize), to: (usize, usize)) -> String {
    let (start_x, end_x) = (from.0 + BOX_WIDTH, to.0 + BOX_WIDTH);
    let (start_y, end_y) = (from.1 + BOX_HEIGHT / 2, to.1 + BOX_HEIGHT / 2);
    let bend = start_x.max(end_x) + GAP_X - 5;
    format!("M{start_x} {start_y} C{bend} {start_y} {bend} {end_y} {end_x} {end_y}")
}

/// As much of a name as fits into a box.
fn fitting(name: &str) -> String {
    const MOST: usize = 18;
    if name.chars().count() <= MOST {
        return escaped(name);
    }
    escaped(&name.chars().take(MOST - 3).collect::<String>()) + "..."
}

/// The services in rows: who is called stands at least one row below each caller. Of those in a circle, who comes first by name stands above.
fn layers<'a>(services: &BTreeSet<&'a str>, edges: &'a BTreeSet<Edge>) -> Vec<Vec<&'a str>> {
    let mut left: BTreeSet<&str> = services.clone();
    let mut rows = Vec::new();
    while !left.is_empty() {
        let is_called = |service: &str| {
            edges.iter().any(|edge| {
                edge.provider == service && edge.consumer != service && left.contains(edge.consumer.as_str())
            })
        };
        let mut row: Vec<&str> = left.iter().copied().filter(|service| !is_called(service)).collect();
        if row.is_empty() {
            row.extend(left.first());
        }
        left.retain(|service| !row.contains(service));
        rows.push(row);
    }
    rows
}
