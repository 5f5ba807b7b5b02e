//! Strength of pacts, as text, as JSON, and as a section of a page.

use std::fmt::Write;

use comfy_table::{CellAlignment, ColumnConstraint, Table, Width, presets};
use maud::{Markup, html};
use page::Tone;

use super::html::tone;
use crate::mutate::{Mutation, Operator, Strength, Weakness};

/// Spaces between two columns.
const GAP: u16 = 2;

/// Columns of a score of 100.0 %, with the gap that follows.
const SCORE_WIDTH: u16 = 7 + GAP;

/// Renders a table of all pairs, then the unprotected fields of each, beginning with the pair that has the fewest.
pub fn strength_text(mutations: &[Mutation]) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = write(&mut text, mutations);
    text
}

/// Renders mutations as JSON, with the score of each pair in percent.
pub fn strength_json(mutations: &[Mutation]) -> serde_json::Value {
    let one = |mutation: &Mutation| {
        let mut value = serde_json::to_value(mutation).unwrap_or_default();
        for (index, pair) in mutation.pairs.iter().enumerate() {
            let percent = pair.per_mille().and_then(|tenths| u32::try_from(tenths).ok());
            value["pairs"][index]["score"] = serde_json::json!(percent.map(|tenths| f64::from(tenths) / 10.0));
        }
        value
    };
    serde_json::json!({ "mutations": mutations.iter().map(one).collect::<Vec<_>>() })
}

fn write(text: &mut String, mutations: &[Mutation]) -> std::fmt::Result {
    for mutation in mutations {
        for problem in &mutation.problems {
            writeln!(text, "{}: {problem}\n", mutation.provider)?;
        }
    }
    let pairs: Vec<&Strength> = mutations.iter().flat_map(|mutation| &mutation.pairs).collect();
    if !pairs.is_empty() {
        writeln!(text, "{}", table(&pairs))?;
    }
    let mut weak: Vec<&&Strength> = pairs.iter().filter(|pair| !pair.survivors.is_empty()).collect();
    weak.sort_by_key(|pair| pair.survivors.len());
    for pair in weak {
        let (consumer, provider) = (&pair.consumer, &pair.provider);
        writeln!(text, "\n{consumer} would not notice that {provider} changes")?;
        fields(text, &pair.survivors)?;
    }
    for pair in pairs.iter().filter(|pair| !pair.unmutated.is_empty()) {
        let (consumer, provider) = (&pair.consumer, &pair.provider);
        writeln!(
            text,
            "\nbodies that {consumer} expects of {provider}, in which no change was tried"
        )?;
        for left in &pair.unmutated {
            writeln!(text, "  {}\n    in '{}'", left.content_type, left.interaction)?;
        }
    }
    for pair in pairs.iter().filter(|pair| !pair.contradictions.is_empty()) {
        let (consumer, provider) = (&pair.consumer, &pair.provider);
        writeln!(text, "\nrules of {consumer} for {provider} that contradict each other")?;
        fields(text, &pair.contradictions)?;
    }
    Ok(())
}

fn table(pairs: &[&Strength]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["consumer", "provider", "mutants", "killed", "score", "permitted"]);
    table.add_rows(pairs.iter().map(|pair| {
        [
            pair.consumer.clone(),
            pair.provider.clone(),
            pair.mutants.to_string(),
            pair.killed.to_string(),
            pair.score(),
            pair.permitted.to_string(),
        ]
    }));
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, GAP));
        if index >= 2 {
            column.set_cell_alignment(CellAlignment::Right);
        }
        if index == 4 {
            column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(SCORE_WIDTH)));
        }
    }
    table.trim_fmt()
}

fn fields(text: &mut String, weaknesses: &[Weakness]) -> std::fmt::Result {
    weaknesses.iter().try_for_each(|weakness| {
        let (place, operators) = (weakness.place(), operators(weakness));
        writeln!(text, "  {place}: {operators}\n    {}", interactions(weakness))
    })
}

fn operators(weakness: &Weakness) -> String {
    let names: Vec<&str> = weakness.operators.iter().copied().map(Operator::name).collect();
    names.join(", ")
}

fn interactions(weakness: &Weakness) -> String {
    let first = weakness.interactions.first().map_or("", String::as_str);
    match weakness.interactions.len() {
        0 | 1 => format!("in '{first}'"),
        many => format!("in '{first}' and {} more", many - 1),
    }
}

/// Section of a page; empty if nothing was mutated.
pub(super) fn section(mutations: &[Mutation]) -> Markup {
    html! {
        @if !mutations.is_empty() {
            h2 { "Strength of the pacts" } "\n"
            @for problem in mutations.iter().flat_map(|mutation| &mutation.problems) {
                p class=(Tone::Bad) { (problem) } "\n"
            }
            table {
                "\n"
                tr {
                    th { "consumer" } th { "provider" } th { "mutants" } th { "killed" } th { "score" }
                    th { "unprotected" }
                }
                "\n"
                @for pair in mutations.iter().flat_map(|mutation| &mutation.pairs) {
                    (row(pair))
                }
            }
            "\n"
        }
    }
}

fn row(pair: &Strength) -> Markup {
    html! {
        tr {
            td { (pair.consumer) } td { (pair.provider) } td { (pair.mutants) } td { (pair.killed) }
            td class=(tone(pair.survivors.is_empty() && pair.unmutated.is_empty())) { (pair.score()) }
            td {
                @for left in &pair.unmutated {
                    (left.content_type) " in '" (left.interaction) "' " span class=(Tone::Muted) { "not tried" } br;
                }
                @for weakness in &pair.survivors {
                    code title=(interactions(weakness)) { (weakness.place()) } " "
                    span class=(Tone::Muted) { (operators(weakness)) } br;
                }
            }
        }
        "\n"
    }
}
