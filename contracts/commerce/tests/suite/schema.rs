//! Validator for the part of JSON Schema that the document uses.

use std::{
    collections::BTreeMap,
    sync::{LazyLock, Mutex, PoisonError},
};

use regex::Regex;
use serde_json::Value;

/// Checks `value` against `schema`; the error names the place. A keyword that is not checked here is an error too.
pub(crate) fn conforms(document: &Value, schema: &Value, value: &Value, place: &str) -> Result<(), String> {
    for (keyword, wanted) in schema.as_object().ok_or(format!("{place}: a schema is an object"))? {
        let fits = match keyword.as_str() {
            "description" | "format" | "default" => true,
            "pattern" => value.as_str().is_none_or(|text| matches(wanted, text)),
            "$ref" => {
                let pointer = wanted.as_str().unwrap_or_default().trim_start_matches('#');
                let target = document
                    .pointer(pointer)
                    .ok_or(format!("{place}: {wanted} leads nowhere"))?;
                return conforms(document, target, value, place);
            }
            "type" => is_one_of(wanted, value),
            "enum" => wanted.as_array().is_some_and(|known| known.contains(value)),
            "properties" => return object(document, schema, value, place),
            "required" | "additionalProperties" => true,
            "items" => {
                for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                    conforms(document, wanted, item, &format!("{place}[{index}]"))?;
                }
                true
            }
            "allOf" => {
                for part in wanted.as_array().into_iter().flatten() {
                    conforms(document, part, value, place)?;
                }
                true
            }
            "uniqueItems" => value.as_array().is_none_or(|items| are_unique(items)),
            "oneOf" => {
                let variants = wanted.as_array().into_iter().flatten();
                variants
                    .filter(|variant| conforms(document, variant, value, place).is_ok())
                    .count()
                    == 1
            }
            "minLength" => length(value).is_none_or(|length| Some(length) >= wanted.as_u64()),
            "maxLength" => length(value).is_none_or(|length| Some(length) <= wanted.as_u64()),
            "minItems" => value.as_array().map(|items| items.len() as u64) >= wanted.as_u64(),
            "maxItems" => value.as_array().map(|items| items.len() as u64) <= wanted.as_u64(),
            "minimum" => value.as_i64() >= wanted.as_i64(),
            "maximum" => value.as_i64() <= wanted.as_i64(),
            other => return Err(format!("{place}: {other} is not checked")),
        };
        if !fits {
            return Err(format!("{place} is {value}, documented: {keyword} {wanted}"));
        }
    }
    Ok(())
}

/// Checks that every required field is there, every other one is known, and each conforms to its schema.
fn object(document: &Value, schema: &Value, value: &Value, place: &str) -> Result<(), String> {
    let Some(fields) = value.as_object() else {
        return Err(format!("{place} is {value}, documented: an object"));
    };
    for name in schema["required"].as_array().into_iter().flatten() {
        if !fields.contains_key(name.as_str().unwrap_or_default()) {
            return Err(format!("{place} lacks {name}"));
        }
    }
    for (name, field) in fields {
        let place = format!("{place}.{name}");
        let known = schema["properties"]
            .get(name)
            .ok_or(format!("{place} is not documented"))?;
        conforms(document, known, field, &place)?;
    }
    Ok(())
}

fn is_one_of(types: &Value, value: &Value) -> bool {
    let is = |name: &Value| match name.as_str().unwrap_or_default() {
        "null" => value.is_null(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => false,
    };
    types.as_array().map_or_else(|| is(types), |types| types.iter().any(is))
}

/// Tells if a regular expression of the document finds something in a text. Each is compiled once.
fn matches(pattern: &Value, text: &str) -> bool {
    static COMPILED: LazyLock<Mutex<BTreeMap<String, Regex>>> = LazyLock::new(Mutex::default);
    let pattern = pattern.as_str().expect("a pattern is text");
    let mut compiled = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    let regex = compiled
        .entry(pattern.to_owned())
        .or_insert_with(|| Regex::new(pattern).expect("patterns are regular expressions"));
    regex.is_match(text)
}

fn are_unique(items: &[Value]) -> bool {
    items
        .iter()
        .enumerate()
        .all(|(index, item)| !items[..index].contains(item))
}

fn length(value: &Value) -> Option<u64> {
    value.as_str().map(|text| text.chars().count() as u64)
}
