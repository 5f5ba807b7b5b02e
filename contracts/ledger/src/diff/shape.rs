//! JSON schemas as lists of fields.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::limits::{Limits, limits};

/// Values that a schema allows at one path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Shape {
    /// Names of allowed JSON types; empty if the schema does not restrict them.
    pub(super) types: BTreeSet<String>,
    /// Allowed values as JSON text, of `enum` and `const`; empty if the schema does not restrict them.
    pub(super) values: BTreeSet<String>,
    /// Other limits of the values.
    pub(super) limits: Limits,
    /// `true` if the field is in requests only.
    pub(super) write_only: bool,
    /// `true` if the field is in responses only.
    pub(super) read_only: bool,
    /// `true` if the field is present whenever its parent is.
    pub(super) required: bool,
}

impl Shape {
    /// Names of the types, as text.
    pub(super) fn type_names(&self) -> String {
        self.types.iter().cloned().collect::<Vec<_>>().join(" or ")
    }

    /// Says whether a value is of an allowed type.
    pub(super) fn takes_type_of(&self, value: &Value) -> bool {
        let seen = match value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(number) if number.is_f64() => "number",
            Value::Number(_) => "integer",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        };
        self.types.is_empty() || is_within(&BTreeSet::from([seen.to_owned()]), &self.types)
    }
}

/// Says whether each of these types is one of the others. Every integer is a number.
pub(super) fn is_within(some: &BTreeSet<String>, all: &BTreeSet<String>) -> bool {
    some.iter()
        .all(|name| all.contains(name) || (name == "integer" && all.contains("number")))
}

/// Fields of a schema by path, such as `/data/items/*/id`. The root is the empty path.
pub(super) type Fields = BTreeMap<String, Shape>;

/// Takes a schema apart. References are followed, except into themselves. The fields of all alternatives are
/// taken, and a field is required only if every alternative requires it.
pub(super) fn fields(document: &Value, schema: &Value) -> Fields {
    let mut all = Fields::new();
    Walk {
        document,
        inside: Vec::new(),
    }
    .add(&mut all, "", schema, true);
    all
}

/// Returns the target of a reference, or the value itself if it is not one.
pub(super) fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let reference = value
        .get("$ref")
        .and_then(Value::as_str)
        .and_then(|name| name.strip_prefix('#'));
    reference.and_then(|path| document.pointer(path)).unwrap_or(value)
}

struct Walk<'a> {
    document: &'a Value,
    /// References that led to the current schema.
    inside: Vec<&'a str>,
}

impl<'a> Walk<'a> {
    fn add(&mut self, all: &mut Fields, path: &str, schema: &'a Value, required: bool) {
        let reference = schema.get("$ref").and_then(Value::as_str);
        if let Some(name) = reference {
            if !self.inside.contains(&name) {
                self.inside.push(name);
                self.add(all, path, resolved(self.document, schema), required);
                self.inside.pop();
            }
            return;
        }
        let shape = all.entry(path.to_owned()).or_default();
        shape.required = required;
        shape.types.extend(texts(schema.get("type")));
        // OpenAPI 3.0 says so beside the type, where 3.1 has a type of its own.
        if schema.get("nullable") == Some(&Value::Bool(true)) && !shape.types.is_empty() {
            shape.types.insert("null".to_owned());
        }
        shape.limits.extend(limits(schema));
        shape.write_only |= schema.get("writeOnly") == Some(&Value::Bool(true));
        shape.read_only |= schema.get("readOnly") == Some(&Value::Bool(true));
        shape.values.extend(schema.get("const").map(Value::to_string));
        shape.values.extend(
            schema
                .get("enum")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .map(Value::to_string),
        );
        let must: BTreeSet<String> = texts(schema.get("required")).collect();
        for (name, field) in schema
            .get("properties")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
        {
            self.add(all, &format!("{path}/{name}"), field, must.contains(name));
        }
        if let Some(items) = schema.get("items") {
            self.add(all, &format!("{path}/*"), items, true);
        }
        for part in schema.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            self.add(all, path, part, required);
        }
        for kind in ["oneOf", "anyOf"] {
            self.add_alternatives(all, path, schema.get(kind), required);
        }
    }

    fn add_alternatives(&mut self, all: &mut Fields, path: &str, alternatives: Option<&'a Value>, required: bool) {
        let alternatives = alternatives.and_then(Value::as_array).into_iter().flatten();
        let each: Vec<Fields> = alternatives
            .map(|schema| {
                let mut fields = Fields::new();
                self.add(&mut fields, path, schema, required);
                fields
            })
            .collect();
        for fields in &each {
            for (path, shape) in fields {
                let everywhere = each
                    .iter()
                    .all(|other| other.get(path).is_some_and(|shape| shape.required));
                let joined = all.entry(path.clone()).or_default();
                joined.types.extend(shape.types.iter().cloned());
                joined.values.extend(shape.values.iter().cloned());
                joined.required = everywhere;
                if each.len() == 1 {
                    joined.limits.extend(shape.limits.clone());
                }
            }
        }
    }
}

/// Texts of a value that is one text or an array of texts.
fn texts(value: Option<&Value>) -> impl Iterator<Item = String> {
    let many = value.and_then(Value::as_array).into_iter().flatten();
    let one = value.filter(|value| value.is_string());
    many.chain(one).filter_map(Value::as_str).map(str::to_owned)
}
