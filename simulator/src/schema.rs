//! JSON Schema of the files that people write, and a reference page of their keys, both from the types that read them.

mod reference;

use regex::Regex;
use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::Value;

pub(crate) use reference::page;

/// The schema of a file of this type, in draft 7, which editors know best.
pub(crate) fn of<T: JsonSchema>() -> Value {
    let schema = SchemaSettings::draft07().into_generator().into_root_schema_for::<T>();
    let mut schema = schema.to_value();
    tidy(&mut schema);
    schema
}

/// Takes away what says nothing in TOML: null, the widths of numbers, and line breaks of the source.
fn tidy(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(tidy),
        Value::Object(fields) => {
            // Widths of numbers, which are Rust's.
            if fields.get("format").is_some_and(Value::is_string) {
                fields.remove("format");
            }
            if fields.get("default").is_some_and(Value::is_null) {
                fields.remove("default");
            }
            if let Some(Value::String(text)) = fields.get_mut("description") {
                *text = unwrapped(text);
            }
            without_null(fields);
            fields.values_mut().for_each(tidy);
        }
        _ => {}
    }
}

/// A text whose paragraphs are lines, without the links of rustdoc, which lead nowhere outside of it.
fn unwrapped(text: &str) -> String {
    let paragraphs = text.split("\n\n").map(|paragraph| paragraph.replace('\n', " "));
    let text = paragraphs.collect::<Vec<_>>().join("\n\n");
    let links = Regex::new(r"\[(?:(`[^`\]]+`)\](?:\([^)]*\))?|([^\]`]+)\]\([a-z][^)]*\))");
    match links {
        Ok(links) => links.replace_all(&text, "$1$2").into_owned(),
        Err(_) => text,
    }
}

fn without_null(fields: &mut serde_json::Map<String, Value>) {
    if let Some(Value::Array(types)) = fields.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            fields.insert("type".to_owned(), only);
        }
    }
    let Some(Value::Array(choices)) = fields.get_mut("anyOf") else {
        return;
    };
    let before = choices.len();
    choices.retain(|choice| choice["type"] != "null");
    match choices.as_mut_slice() {
        [only] if before > 1 => {
            let only = only.take();
            fields.remove("anyOf");
            if only.get("$ref").is_some() {
                // Draft 7 reads nothing beside a reference.
                fields.insert("allOf".to_owned(), Value::Array(vec![only]));
            } else if let Value::Object(only) = only {
                only.into_iter().for_each(|(name, value)| {
                    fields.entry(name).or_insert(value);
                });
            }
        }
        _ => {}
    }
}
