use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Schema;
use crate::{
    draw::{Draws, below},
    json::{items, members, object, replaced},
};

/// Depth of a reply that is looked at.
const DEEPEST: usize = 64;
/// Constraints that are tried at most: some may leave a reply valid, by another alternative of its schema.
const TRIES: usize = 32;

/// Way to break a constraint. The seed draws one of those that a reply offers, then the place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Way {
    /// A required member is dropped.
    Required,
    /// A value has another type.
    Type,
    /// A value is null, which it may not be.
    Null,
    /// A value is none of those that are allowed.
    Value,
}

/// Place in a reply at which one constraint can be broken: its text, and what takes its place.
struct Breach<'a> {
    part: &'a str,
    by: String,
}

type Breaches<'a> = BTreeMap<Way, Vec<Breach<'a>>>;

/// Breaks one constraint that a schema puts on a reply, drawn by the key; all else keeps its bytes.
///
/// # Errors
/// The reason for which none can be broken: the reply is not JSON, breaks the schema already, or offers nothing.
pub(crate) fn violate(content: &str, schema: Schema<'_>, key: u64) -> Result<String, &'static str> {
    let value: Value = serde_json::from_str(content).map_err(|_| "the content of the reply is not JSON")?;
    if schema.is_broken_by(&value) {
        return Err("the reply breaks its schema already");
    }
    let mut breaches = Breaches::new();
    look(schema, content.trim(), &mut breaches, 0);
    let mut draws = Draws::new(key, "violate_schema");
    for _ in 0..TRIES {
        let Some(way) = drawn(&mut draws, breaches.len()).and_then(|way| breaches.keys().nth(way).copied()) else {
            break;
        };
        let Some(places) = breaches.get_mut(&way) else {
            break;
        };
        let Breach { part, by } = places.swap_remove(drawn(&mut draws, places.len()).unwrap_or(0));
        if places.is_empty() {
            breaches.remove(&way);
        }
        let changed = replaced(content, part, &by);
        let after: Option<Value> = serde_json::from_str(&changed).ok();
        if after.is_some_and(|after| schema.is_broken_by(&after)) {
            return Ok(changed);
        }
    }
    Err("the schema has no constraint that the reply can break alone")
}

fn drawn(draws: &mut Draws, length: usize) -> Option<usize> {
    let place = below(draws.bits(), length as u64);
    usize::try_from(place).ok().filter(|place| *place < length)
}

/// Collects the breaches of a value and of all parts of it.
fn look<'a>(schema: Schema<'_>, text: &'a str, found: &mut Breaches<'a>, depth: usize) {
    if depth > DEEPEST {
        return;
    }
    let Ok(value) = serde_json::from_str::<Value>(text) else {
        return;
    };
    let together = schema.together();
    let mut add = |way, part, by| found.entry(way).or_default().push(Breach { part, by });
    let values: Vec<Vec<&Value>> = together.iter().filter_map(|one| one.values()).collect();
    if let [values] = &values[..]
        && let Some(other) = other_than(values)
    {
        add(Way::Value, text, other.to_string());
    }
    // A value outside of those that are listed would break two constraints with a type of its own.
    let typed: Vec<Vec<&str>> = together
        .iter()
        .map(|one| one.types())
        .filter(|types| !types.is_empty())
        .collect();
    if let ([types], []) = (&typed[..], &values[..]) {
        if let Some(other) = of_other_type(types) {
            add(Way::Type, text, other.to_string());
        }
        if !types.contains(&"null") {
            add(Way::Null, text, "null".to_owned());
        }
    }
    let parts = members(text).unwrap_or_default();
    for one in &together {
        let required = one.schema["required"].as_array().into_iter().flatten();
        for name in required.filter_map(Value::as_str) {
            if parts.iter().any(|(other, _)| other == name) {
                let rest: Vec<_> = parts.iter().filter(|(other, _)| other != name).collect();
                add(Way::Required, text, object(&rest));
            }
        }
    }
    for one in &together {
        for (name, part) in &parts {
            if let Some(each) = one.schema["properties"].get(&**name) {
                look(one.at(each), part, found, depth + 1);
            }
        }
        if let Some(each) = one.schema.get("items").filter(|each| each.is_object()) {
            for item in items(text).unwrap_or_default() {
                look(one.at(each), item, found, depth + 1);
            }
        }
        for key in ["anyOf", "oneOf"] {
            let fitting = one.list(key).into_iter().filter(|choice| !choice.is_broken_by(&value));
            if let [only] = fitting.collect::<Vec<_>>()[..] {
                look(only, text, found, depth + 1);
            }
        }
    }
}

/// Returns a value of the type of these that is none of them.
fn other_than(values: &[&Value]) -> Option<Value> {
    let candidates = match values.first()? {
        Value::String(_) => [json!("violated"), json!("violated again")],
        Value::Number(_) => [json!(1_000_003), json!(-1_000_003)],
        Value::Bool(_) => [json!(true), json!(false)],
        _ => return None,
    };
    candidates.into_iter().find(|candidate| !values.contains(&candidate))
}

/// Returns a value that is of none of these types, the most confusing first.
fn of_other_type(types: &[&str]) -> Option<Value> {
    let has = |name: &str| types.contains(&name);
    let candidates = [
        (json!("7"), has("string")),
        (json!(7), has("integer") || has("number")),
        (json!([]), has("array")),
        (json!({}), has("object")),
        (json!(true), has("boolean")),
    ];
    candidates
        .into_iter()
        .find_map(|(candidate, is_allowed)| (!is_allowed).then_some(candidate))
}
