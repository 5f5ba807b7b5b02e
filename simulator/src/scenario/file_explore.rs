use schemars::{JsonSchema, Schema};
use serde::Deserialize;
use serde_json::json;

use super::{file::FaultTable, schema::NumberOrTwo, times::Number};

/// Candidates of faults, of which the seed draws some for each run.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Explore", transform = named)]
pub(super) struct ExploreTable {
    /// Number of candidates that stand in a run, or two between which one is drawn; 1 to all where the key is missing.
    #[schemars(with = "Option<NumberOrTwo>")]
    pub(super) faults: Option<Number>,
    /// Candidates, each with a name, from which its chances derive. At its moment it may wait for no other candidate.
    /// One that is drawn and meets nothing does not fail a run.
    #[schemars(length(min = 1))]
    pub(super) fault: Vec<FaultTable>,
}

/// Adds that each candidate has a name.
fn named(schema: &mut Schema) {
    let names = json!([{ "properties": { "fault": { "items": { "required": ["name"] } } } }]);
    schema.insert("allOf".to_owned(), names);
}
