//! Reference page of the keys of a file, from its schema.

use serde_json::{Map, Value};

/// A section in Markdown for the file itself, and one for each kind of table in it.
pub(crate) fn page(heading: &str, example: &str, schema: &Value) -> String {
    let mut page = format!("## {heading}\n\n{}\n\n{example}\n\n", text(schema, "description"));
    page += &keys(schema);
    let tables = schema["definitions"].as_object().into_iter().flatten();
    for (name, table) in tables {
        page += &format!("\n### {heading}: {name}\n\n{}\n\n", text(table, "description"));
        page += &match table["properties"].is_object() {
            true => keys(table),
            false => choices(table),
        };
    }
    page
}

fn keys(table: &Value) -> String {
    let none = Map::new();
    let properties = table["properties"].as_object().unwrap_or(&none);
    let required: Vec<&str> = names(&table["required"]);
    let mut lines = "| key | type | default | meaning |\n|---|---|---|---|\n".to_owned();
    for (name, key) in properties {
        let default = match key.get("default") {
            Some(default) => format!("`{default}`"),
            None if required.contains(&name.as_str()) => "required".to_owned(),
            None => String::new(),
        };
        let meaning = text(key, "description").replace("\n\n", " ").replace('|', "\\|");
        lines += &format!("| `{name}` | {} | {default} | {meaning} |\n", kind(key));
    }
    lines
}

/// The forms of something that is no table.
fn choices(schema: &Value) -> String {
    let forms = ["oneOf", "anyOf"].iter().find_map(|key| schema[*key].as_array());
    let Some(forms) = forms else {
        return format!("{}\n", kind(schema));
    };
    let mut lines = "| form | meaning |\n|---|---|\n".to_owned();
    for form in forms {
        lines += &format!(
            "| {} | {} |\n",
            kind(form),
            text(form, "description").replace('|', "\\|")
        );
    }
    lines
}

/// The type of a value in words.
fn kind(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str() {
        return format!("table {}", name.rsplit('/').next().unwrap_or(name));
    }
    if let Some(value) = schema.get("const") {
        return format!("`{value}`");
    }
    if let Some(values) = schema["enum"].as_array() {
        let values: Vec<String> = values.iter().map(|value| format!("`{value}`")).collect();
        return values.join(" or ");
    }
    for key in ["anyOf", "oneOf", "allOf"] {
        if let Some(forms) = schema[key].as_array().filter(|_| schema.get("type").is_none()) {
            return forms.iter().map(kind).collect::<Vec<_>>().join(" or ");
        }
    }
    match schema["type"].as_str() {
        Some("string") => "text".to_owned(),
        Some("integer") => limits("whole number", schema),
        Some("number") => limits("number", schema),
        Some("boolean") => "true or false".to_owned(),
        Some("array") => match &schema["items"] {
            Value::Array(each) => format!("[{}]", each.iter().map(kind).collect::<Vec<_>>().join(", ")),
            each => format!("list of {}", kind(each)),
        },
        Some("object") => object(schema),
        _ => "any".to_owned(),
    }
}

fn object(schema: &Value) -> String {
    if let Some(properties) = schema["properties"].as_object() {
        let keys = properties.iter().map(|(name, key)| format!("`{name}`: {}", kind(key)));
        return format!("{{ {} }}", keys.collect::<Vec<_>>().join(", "));
    }
    match &schema["additionalProperties"] {
        each @ Value::Object(_) => format!("names to {}", kind(each)),
        _ => "names to any".to_owned(),
    }
}

fn limits(word: &str, schema: &Value) -> String {
    match (schema["minimum"].as_i64(), schema["maximum"].as_i64()) {
        (Some(low), Some(high)) if high <= 65_535 => format!("{word}, {low} to {high}"),
        (Some(low), _) if low > 0 => format!("{word} from {low}"),
        _ => word.to_owned(),
    }
}

fn names(list: &Value) -> Vec<&str> {
    list.as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

fn text<'s>(schema: &'s Value, key: &str) -> &'s str {
    schema[key].as_str().unwrap_or_default()
}
