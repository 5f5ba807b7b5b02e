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

/// Keys that every scenario has itself.
pub(super) fn required() -> Value {
    json!(["name", "about", "topology", "workload"])
}

/// Adds that a scenario does and proves something: steps and invariants, which it may include, or a command.
pub(super) fn workload_or_command(schema: &mut Schema) {
    let some = json!({ "minItems": 1 });
    let no_command = json!({ "properties": { "command": false } });
    let shapes = json!([
        {
            "required": ["step", "invariant"],
            "properties": { "include": false, "workload": no_command, "step": some, "invariant": some },
        },
        { "required": ["include"], "properties": { "workload": no_command } },
        { "properties": { "workload": { "required": ["command"] }, "step": { "maxItems": 0 } } },
    ]);
    schema.insert("oneOf".to_owned(), shapes);
}

/// Adds that a workload has journeys or a command.
pub(super) fn workload(schema: &mut Schema) {
    let absent = json!({ "count": false, "concurrency": false, "rate": false });
    let shapes = json!([
        { "required": ["count", "concurrency"], "properties": { "command": false } },
        { "required": ["command"], "properties": absent },
    ]);
    schema.insert("oneOf".to_owned(), shapes);
}

/// Adds that a condition to stop is one of the two.
pub(super) fn stop(schema: &mut Schema) {
    let absent = json!({ "errors_above": false, "after_requests": false });
    let shapes = json!([
        { "required": ["failed_journeys"], "properties": absent },
        { "required": ["errors_above"], "properties": { "failed_journeys": false } },
    ]);
    schema.insert("oneOf".to_owned(), shapes);
}

/// Adds that an invariant is checked in one way, and which keys go with it.
pub(super) fn invariant(schema: &mut Schema) {
    let ways = ["probe", "log", "latency", "errors", "command"];
    let looks = ["when", "every", "within"];
    let sql = ["violations", "checked", "figures"];
    let none = |keys: &[&str]| -> Value { keys.iter().map(|key| ((*key).to_owned(), Value::Bool(false))).collect() };
    let mut shapes = vec![json!({
        "required": ["violations", "checked"],
        "properties": none(&[ways.as_slice(), looks.as_slice(), &["during"]].concat()),
    })];
    for way in ways {
        let mut others: Vec<&str> = ways.into_iter().filter(|other| *other != way).chain(sql).collect();
        if !["probe", "command"].contains(&way) {
            others.extend(looks);
        }
        if ["probe", "command"].contains(&way) {
            others.push("during");
        }
        shapes.push(json!({ "required": [way], "properties": none(&others) }));
    }
    schema.insert("oneOf".to_owned(), Value::from(shapes));
}

/// Keys that need another one beside them.
pub(super) fn pairs(pairs: &[(&str, &str)]) -> Value {
    pairs
        .iter()
        .map(|(key, needs)| ((*key).to_owned(), json!([needs])))
        .collect()
}

/// Alternatives of which an entry has exactly one.
pub(super) fn one_of(keys: &[&str]) -> Value {
    keys.iter().map(|key| json!({ "required": [key] })).collect()
}

/// Duration as text with a unit.
#[derive(JsonSchema)]
#[schemars(inline, extend("pattern" = faults::DURATION))]
#[expect(dead_code, reason = "only its schema is used")]
pub(crate) struct TimeText(String);

/// Duration, or two between which one is drawn.
#[derive(JsonSchema)]
#[schemars(inline, untagged)]
#[expect(dead_code, reason = "only its schema is used")]
pub(crate) enum SpanText {
    One(TimeText),
    Two(TimeText, TimeText),
}

/// Whole number, or two between which one is drawn.
#[derive(JsonSchema)]
#[schemars(inline, untagged)]
#[expect(dead_code, reason = "only its schema is used")]
pub(super) enum NumberOrTwo {
    One(u64),
    Two(u64, u64),
}

/// Number of layings, or two between which one is drawn.
#[derive(JsonSchema)]
#[schemars(inline, untagged)]
#[expect(dead_code, reason = "only its schema is used")]
pub(super) enum Times {
    One(Laying),
    Two(Laying, Laying),
}

/// Number of layings.
#[derive(JsonSchema)]
#[schemars(inline)]
#[expect(dead_code, reason = "only its schema is used")]
pub(super) struct Laying(#[schemars(range(min = 1, max = 1000))] u64);

/// A value, or two between which one is drawn.
fn or_two(one: &Value) -> Value {
    let two = json!({ "type": "array", "items": [one, one], "minItems": 2, "maxItems": 2 });
    json!({ "anyOf": [one, two] })
}

/// Schema of the moment of a fault.
pub(super) fn moment(_: &mut SchemaGenerator) -> Schema {
    let time = or_two(&json!({ "type": "string", "pattern": faults::DURATION }));
    let fraction = json!({ "type": "number", "minimum": 0, "maximum": 1 });
    let journey = or_two(&json!({ "type": "integer", "minimum": 1 }));
    let text = json!({ "type": "string" });
    let trigger = |properties: Value, required: &str| {
        json!({
            "type": "object", "properties": properties, "required": [required], "additionalProperties": false,
        })
    };
    json_schema!({ "anyOf": [
        fraction,
        { "type": "array", "items": [fraction, fraction], "minItems": 2, "maxItems": 2 },
        { "const": "random" },
        trigger(json!({ "journey": journey, "after": time }), "journey"),
        trigger(json!({ "after": time }), "after"),
        trigger(json!({ "ready": text, "after": time }), "ready"),
        trigger(json!({ "fault": text, "after": time }), "fault"),
    ] })
}

/// Schema of the part of a run that a claim is about.
pub(super) fn during(_: &mut SchemaGenerator) -> Schema {
    let named = |key: &str, properties: Value| {
        json!({
            "type": "object", "properties": properties, "required": [key], "additionalProperties": false,
        })
    };
    let text = json!({ "type": "string" });
    let time = json!({ "type": "string", "pattern": faults::DURATION });
    json_schema!({ "anyOf": [
        { "enum": ["steady", "faults"] },
        named("fault", json!({ "fault": text })),
        named("healed", json!({ "healed": text, "after": time })),
    ] })
}

/// Adds which keys of a fault go together.
pub(super) fn fault(schema: &mut Schema) {
    let none = |keys: &[&str]| -> Value {
        let absent = keys.iter().map(|key| ((*key).to_owned(), Value::Bool(false)));
        Value::Object(absent.collect())
    };
    let both_ways = json!({ "one_way": { "const": false } });
    let shapes = json!([
        {
            "required": ["kind"],
            "oneOf": one_of(&["node", "any_of"]),
            "allOf": [{ "properties": none(&["link", "does", "on", "partition"]) }, { "properties": both_ways }],
        },
        {
            "required": ["link", "does"],
            "allOf": [
                { "properties": none(&["kind", "node", "any_of", "partition"]) },
                { "properties": both_ways },
                { "properties": { "on": { "properties": none(&["for"]) } } },
            ],
        },
        { "required": ["partition"], "properties": none(&["kind", "node", "any_of", "link", "does", "on"]) },
    ]);
    let crash = json!({ "properties": { "kind": { "const": "crash" } }, "required": ["kind"] });
    let rules = json!([
        { "if": crash, "then": { "required": ["node", "point"] } },
        { "if": { "required": ["point"] }, "then": crash },
        { "if": { "required": ["nth"] }, "then": crash },
        { "if": { "required": ["every"] }, "then": { "required": ["times"] } },
        {
            "if": { "required": ["times"], "properties": { "times": { "minimum": 2 } } },
            "then": { "required": ["every"] },
        },
        {
            "if": { "required": ["kind"], "properties": { "kind": { "const": "restart" } } },
            "then": { "properties": none(&["lasts"]) },
        },
    ]);
    schema.insert("oneOf".to_owned(), shapes);
    schema.insert("allOf".to_owned(), rules);
}
