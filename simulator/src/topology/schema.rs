//! Rules of a topology file that hold between its keys, as JSON Schema says them.

use schemars::{JsonSchema, Schema};
use serde_json::{Value, json};

/// Pattern of the names of topologies, nodes, ports and data: 1 to 63 lower-case letters, digits and dashes, a letter
/// first.
pub(super) const NAME: &str = "^[a-z][a-z0-9-]{0,62}$";

/// Name of a port or of data.
#[derive(JsonSchema)]
#[schemars(inline, extend("pattern" = NAME))]
#[expect(dead_code, reason = "only its schema is used")]
pub(super) struct Name(String);

/// Number of a port.
#[derive(JsonSchema)]
#[schemars(inline, extend("minimum" = 1, "maximum" = 65535))]
#[expect(dead_code, reason = "only its schema is used")]
pub(super) struct PortNumber(u16);

/// Status of HTTP.
#[derive(JsonSchema)]
#[schemars(inline, extend("minimum" = 100, "maximum" = 599))]
#[expect(dead_code, reason = "only its schema is used")]
pub(super) struct Status(u16);

/// Schema of names that nodes have.
pub(super) fn names() -> Value {
    json!({ "pattern": NAME })
}

/// Schema of the names of backends.
pub(super) fn backends() -> Value {
    json!({ "enum": ["local", "containers"] })
}

/// Schema of absolute paths of files.
pub(super) fn absolute_paths() -> Value {
    json!({ "pattern": "^/.*[^/]$", "not": { "pattern": "(^|/)\\.\\.(/|$)" } })
}

/// Schema of names that variables may have.
pub(super) fn variable_names() -> Value {
    json!({ "not": { "enum": super::resolve::BUILT_IN } })
}

/// Adds that there is a name and a node, unless the file includes others or is made to be included.
pub(super) fn topology(schema: &mut Schema) {
    schema.insert(
        "anyOf".to_owned(),
        json!([
            { "required": ["node"], "properties": { "node": { "minProperties": 1 } } },
            { "required": ["include"], "properties": { "include": { "minItems": 1 } } },
            { "not": { "required": ["name"] } },
        ]),
    );
}

/// Adds which keys of a node go together.
pub(super) fn node(schema: &mut Schema) {
    let programs = ["cargo", "command", "address"].map(|key| json!({ "required": [key] }));
    let image_alone = json!({ "required": ["image"], "not": { "anyOf": programs } });
    let mut runs = programs.to_vec();
    runs.push(image_alone);
    schema.insert("oneOf".to_owned(), json!(runs));
    let has_check = json!({ "anyOf": [
        { "required": ["http"] }, { "required": ["log"] }, { "required": ["command"] }, asks_a_port(),
    ] });
    let none = json!({ "maxItems": 0 });
    let empty = json!({ "maxProperties": 0 });
    let elsewhere = json!({
        "image": false, "args": none, "env": empty, "env_files": none, "links": none, "ports": false,
        "fixed_ports": empty,
        "once": { "const": false }, "folder": false, "instances": false, "restart": false, "stop": false,
        "data": false, "ready": { "properties": { "command": false, "log": false } },
    });
    let several = json!({ "required": ["instances"], "properties": { "instances": { "minimum": 2 } } });
    let rules = json!([
        { "if": { "required": ["address"] }, "then": { "properties": elsewhere } },
        {
            "if": { "required": ["once"], "properties": { "once": { "const": true } } },
            "then": { "properties": { "ready": { "not": has_check } } },
        },
        { "if": { "not": { "required": ["image"] } }, "then": { "properties": { "files": empty } } },
        { "if": several, "then": { "properties": { "fixed_ports": empty } } },
    ]);
    schema.insert("allOf".to_owned(), rules);
}

/// Adds that there is one check, and what belongs to it.
pub(super) fn ready(schema: &mut Schema) {
    let no = |key: &str| json!({ "not": { "required": [key] } });
    let tcp = asks_a_port();
    let only_a_limit = json!({
        "required": ["within_ms"],
        "allOf": [no("http"), no("log"), no("command"), no("port"), no("status"), { "not": tcp }],
    });
    let kinds = json!([
        { "required": ["http"] },
        { "allOf": [tcp, no("status")] },
        { "required": ["log"], "allOf": [no("port"), no("status")] },
        { "required": ["command"], "allOf": [no("port"), no("status")] },
        only_a_limit,
    ]);
    schema.insert("oneOf".to_owned(), kinds);
}

/// Schema of a check by connection.
fn asks_a_port() -> Value {
    json!({ "required": ["tcp"], "properties": { "tcp": { "const": true } } })
}
