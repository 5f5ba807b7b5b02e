//! Rules of a scenario file that its types do not say, as JSON Schema says them.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

/// Pattern of JSON pointers.
pub(super) const POINTER: &str = "^(/.*)?$";

/// Pattern of names that become tables, columns or variables.
const IDENTIFIER: &str = "^[a-z][a-z0-9_]*$";

/// Name of a table, a column or a variable.
#[derive(JsonSchema)]
#[schemars(inline, extend("pattern" = IDENTIFIER))]
#[expect(dead_code, reason = "only its schema is used")]
pub(super) struct Identifier(String);

/// Schema of names of tables, columns or variables.
pub(super) fn identifiers() -> Value {
    json!({ "pattern": IDENTIFIER })
}

/// Keys of a scenario without which it would do or prove nothing.
pub(super) fn required() -> Value {
    json!(["name", "about", "topology", "workload", "step", "invariant"])
}

/// Alternatives of which an entry has exactly one.
pub(super) fn one_of(keys: &[&str]) -> Value {
    keys.iter().map(|key| json!({ "required": [key] })).collect()
}

/// Schema of the moment of a fault.
pub(super) fn moment(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "anyOf": [{ "type": "number", "minimum": 0, "maximum": 1 }, { "const": "random" }] })
}
