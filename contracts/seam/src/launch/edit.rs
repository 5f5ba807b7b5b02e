//! The text of a settings file with other stages and dials in it, and everything else as a person wrote it.

use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;

use crate::launch::{Lane, Position};

/// The places of the values in the text.
#[derive(Deserialize)]
struct Places {
    version: Spanned<u32>,
    killed: Option<Spanned<bool>>,
    noise: Option<Spanned<String>>,
    reads: Option<LanePlaces>,
    writes: Option<LanePlaces>,
}

#[derive(Deserialize)]
struct LanePlaces {
    stage: Spanned<String>,
    shadowed: Option<Spanned<String>>,
    served: Option<Spanned<String>>,
}

/// A change of the text: these bytes become that.
type Edit = (Range<usize>, String);

/// The ways to write keys that are not there yet: on a line of their own in the table, within an inline table, and
/// with the table's name before them.
#[derive(Clone, Copy)]
enum Style {
    Lines,
    Inline,
    Dotted,
}

/// The texts that may hold the position, of which the caller takes the first that is read as it should be.
pub(crate) fn turned(text: &str, position: &Position) -> Vec<String> {
    let Ok(places) = toml::from_str::<Places>(text) else {
        return Vec::new();
    };
    let styles = [Style::Lines, Style::Inline, Style::Dotted];
    styles
        .into_iter()
        .map(|style| edited(text, &places, position, style))
        .collect()
}

fn edited(text: &str, places: &Places, position: &Position, style: Style) -> String {
    let mut edits: Vec<Edit> = Vec::new();
    let mut end = String::new();
    let top = line_end(text, places.version.span().end);
    match &places.killed {
        Some(killed) => edits.push((killed.span(), position.killed.to_string())),
        None if position.killed => edits.push((top..top, "\nkilled = true".to_owned())),
        None => {}
    }
    let noise = format!("\"{}\"", position.noise);
    match &places.noise {
        Some(known) => edits.push((known.span(), noise)),
        None if position.noise != crate::launch::Dial::NONE => edits.push((top..top, format!("\nnoise = {noise}"))),
        None => {}
    }
    let lanes = [
        ("reads", &places.reads, position.reads),
        ("writes", &places.writes, position.writes),
    ];
    for (name, places, lane) in lanes {
        match places {
            Some(places) => edits.extend(lane_edits(text, name, places, lane, style)),
            None if lane != Lane::default() => end += &table(name, lane),
            None => {}
        }
    }
    // From behind, so that the places of the others stay right. Stable: what is added at one place keeps its order.
    edits.sort_by_key(|(place, _)| place.start);
    let mut text = text.to_owned();
    for (place, new) in edits.into_iter().rev() {
        text.replace_range(place, &new);
    }
    if !end.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text + &end
}

fn lane_edits(text: &str, name: &str, places: &LanePlaces, lane: Lane, style: Style) -> Vec<Edit> {
    let stage = places.stage.span();
    let mut edits = vec![(stage.clone(), format!("\"{}\"", lane.stage))];
    let dials = [
        ("shadowed", &places.shadowed, lane.shadowed),
        ("served", &places.served, lane.served),
    ];
    for (key, place, dial) in dials {
        let value = format!("\"{dial}\"");
        match (place, style) {
            (Some(place), _) => edits.push((place.span(), value)),
            (None, _) if dial == crate::launch::Dial::NONE => {}
            (None, Style::Inline) => edits.push((stage.end..stage.end, format!(", {key} = {value}"))),
            (None, style) => {
                let after = line_end(text, stage.end);
                let table = if matches!(style, Style::Dotted) {
                    format!("{name}.")
                } else {
                    String::new()
                };
                edits.push((after..after, format!("\n{table}{key} = {value}")));
            }
        }
    }
    edits
}

fn table(name: &str, lane: Lane) -> String {
    let Lane {
        stage,
        shadowed,
        served,
    } = lane;
    format!("\n[{name}]\nstage = \"{stage}\"\nshadowed = \"{shadowed}\"\nserved = \"{served}\"\n")
}

/// The end of the line, before its line break.
fn line_end(text: &str, from: usize) -> usize {
    let rest = &text[from..];
    let length = rest.find('\n').unwrap_or(rest.len());
    from + rest[..length].trim_end_matches('\r').len()
}
