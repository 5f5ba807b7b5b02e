//! Graph of the services. Consumers stand above the providers that they call, except where calls form a circle.

use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};

use super::Edge;

const BOX_WIDTH: usize = 150;
const BOX_HEIGHT: usize = 34;
const GAP_X: usize = 40;
const GAP_Y: usize = 70;

/// Top left corner of a box, in pixels from the top left of the drawing.
type Corner = (usize, usize);

/// Draws an SVG element with a box for each service and an arrow for each edge.
pub(super) fn svg(services: &BTreeSet<&str>, edges: &BTreeSet<Edge>) -> Markup {
    let rows = layers(services, edges);
    let mut corners: BTreeMap<&str, Corner> = BTreeMap::new();
    for (level, row) in rows.iter().enumerate() {
        for (column, service) in row.iter().enumerate() {
            let left = GAP_X + column * (BOX_WIDTH + GAP_X);
            corners.insert(service, (left, GAP_Y / 2 + level * (BOX_HEIGHT + GAP_Y)));
        }
    }
    let widest = rows.iter().map(Vec::len).max().unwrap_or(0);
    let (width, height) = (GAP_X + widest * (BOX_WIDTH + GAP_X), rows.len() * (BOX_HEIGHT + GAP_Y));
    html! {
        svg viewBox={ "0 0 " (width) " " (height) } width=(width) height=(height) role="img"
            aria-label="who depends on whom" {
            "\n"
            defs {
                marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto" {
                    path d="M0 0 8 4 0 8z" {}
                }
            }
            "\n"
            @for edge in edges {
                @if let (Some(from), Some(to)) = (corners.get(&*edge.consumer), corners.get(&*edge.provider)) {
                    path class="edge" d=(arrow(*from, *to)) marker-end="url(#tip)" {
                        title { (edge.consumer) " calls " (edge.provider) }
                    }
                    "\n"
                }
            }
            @for (service, corner) in &corners {
                (labelled_box(service, *corner)) "\n"
            }
        }
        "\n"
    }
}

fn labelled_box(service: &str, (x, y): Corner) -> Markup {
    html! {
        rect x=(x) y=(y) width=(BOX_WIDTH) height=(BOX_HEIGHT) rx="6" { title { (service) } }
        text x=(x + BOX_WIDTH / 2) y=(y + BOX_HEIGHT / 2 + 5) { (fitting(service)) }
    }
}

/// Path of an arrow from the bottom of one box to the top of another.
fn arrow(from: Corner, to: Corner) -> String {
    let (start_x, end_x) = (from.0 + BOX_WIDTH / 2, to.0 + BOX_WIDTH / 2);
    let (start_y, end_y) = (from.1 + BOX_HEIGHT, to.1);
    if to.1 <= from.1 {
        return back(from, to);
    }
    if end_y - start_y == GAP_Y {
        return format!("M{start_x} {start_y} L{end_x} {end_y}");
    }
    // The straight line would cross boxes of the rows between. The gap to the right of the column is free in
    // every row, so the arrow bends into it, goes down, and bends out above its end.
    let gap = from.0 + BOX_WIDTH + GAP_X / 2;
    let (leaves, passed, nears, arrives) = (start_y + GAP_Y / 2, start_y + GAP_Y, end_y - GAP_Y, end_y - GAP_Y / 2);
    format!(
        "M{start_x} {start_y} C{start_x} {leaves} {gap} {leaves} {gap} {passed} \
         L{gap} {nears} C{gap} {arrives} {end_x} {arrives} {end_x} {end_y}"
    )
}

/// Path of an arrow that goes up or sideways: round the right side of both boxes.
fn back(from: Corner, to: Corner) -> String {
    let (start_x, end_x) = (from.0 + BOX_WIDTH, to.0 + BOX_WIDTH);
    let (start_y, end_y) = (from.1 + BOX_HEIGHT / 2, to.1 + BOX_HEIGHT / 2);
    let bend = start_x.max(end_x) + GAP_X - 5;
    format!("M{start_x} {start_y} C{bend} {start_y} {bend} {end_y} {end_x} {end_y}")
}

/// Cuts a name to the width of a box.
fn fitting(name: &str) -> String {
    const MOST: usize = 18;
    if name.chars().count() <= MOST {
        return name.to_owned();
    }
    name.chars().take(MOST - 3).collect::<String>() + "..."
}

/// Divides the services into rows, so that a provider stands at least one row below each of its consumers. Of the
/// services in a circle, the first by name stands above the others.
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
            // Everybody left is called by somebody left. Taking one out opens the circle, and ends the loop some day.
            row.extend(left.first());
        }
        left.retain(|service| !row.contains(service));
        rows.push(row);
    }
    rows
}
