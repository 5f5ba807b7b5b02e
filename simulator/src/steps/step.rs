use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use toml::Spanned;

/// A value or a list of them.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum OneOrMany {
    /// Any of these.
    Many(Vec<Value>),
    /// This one.
    One(Value),
}

impl OneOrMany {
    /// Whether a value is one of these.
    pub fn accepts(&self, value: &Value) -> bool {
        match self {
            Self::Many(values) => values.contains(value),
            Self::One(wanted) => wanted == value,
        }
    }
}

/// One request, and what its answer must be.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// What it does; unique among the steps.
    pub name: Spanned<String>,
    /// In `[[setup]]`: once for each thing of this list, whose fields are `${list.field}`.
    pub for_each: Option<String>,
    /// In `[[step]]`: only for journeys whose variables have these values.
    #[serde(default)]
    pub when: BTreeMap<String, OneOrMany>,
    /// The HTTP method.
    #[serde(default)]
    pub method: Method,
    /// The role that is asked.
    pub node: String,
    /// Path and query.
    pub path: String,
    /// Headers.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// JSON body.
    pub body: Option<Value>,
    /// The statuses that are right.
    #[serde(default = "Step::default_expect")]
    pub expect: Vec<u16>,
    /// Variables to keep from the answer, by JSON pointer.
    #[serde(default)]
    pub save: BTreeMap<String, String>,
    /// Ask again until the answer says this.
    pub until: Option<Until>,
    /// How long this step may take, instead of the workload's `patience_ms`.
    pub patience_ms: Option<u64>,
}

impl Step {
    pub(crate) fn default_expect() -> Vec<u16> {
        vec![200]
    }
}

/// An HTTP method.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// Reads.
    #[default]
    Get,
    /// Creates or does.
    Post,
    /// Replaces.
    Put,
    /// Changes.
    Patch,
    /// Removes.
    Delete,
}

impl Method {
    /// As it stands in a request.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// What an answer must say in the end.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Until {
    /// JSON pointer to the value.
    pub pointer: String,
    /// The values that end the waiting.
    pub one_of: Vec<Value>,
}

/// Which answers mean: send the same request again. No answer always does.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Repeat {
    /// Statuses that do, whatever else the answer says.
    #[serde(default)]
    pub statuses: Vec<u16>,
    /// Answers that do.
    #[serde(default)]
    pub answers: Vec<RepeatedAnswer>,
}

/// An answer recognised by its status and one value in it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RepeatedAnswer {
    /// The status.
    pub status: u16,
    /// JSON pointer to the value.
    pub pointer: String,
    /// The values that count.
    pub one_of: Vec<Value>,
}
