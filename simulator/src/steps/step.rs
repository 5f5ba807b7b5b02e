use std::{collections::BTreeMap, time::Duration};

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use toml::Spanned;

use super::{
    Variables,
    template::{JsonTemplate, Template},
};

/// Request, and what its answer must be. It is sent until it meets that.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Step")]
pub(crate) struct StepTable {
    /// Name, unique among the steps of a journey.
    #[schemars(with = "String")]
    pub(crate) name: Spanned<String>,
    /// List: in `[[setup]]`, sends the request once for each thing of it, whose fields are `${list.field}`.
    pub(crate) for_each: Option<String>,
    /// Values that variables must have, or the step is left out; not in `[[setup]]`.
    #[serde(default)]
    pub(crate) when: Conditions,
    /// Method of the request.
    #[serde(default)]
    #[schemars(extend("default" = "GET"))]
    pub(crate) method: Method,
    /// Role or node that is asked.
    pub(crate) node: String,
    /// Path and query, from `/`; `${name}` stands for a variable, percent-encoded.
    #[schemars(with = "String", extend("pattern" = "^/"))]
    pub(crate) path: Template,
    /// Headers by name; `${key}` is a key of the journey's own.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, String>")]
    pub(crate) headers: BTreeMap<String, Template>,
    /// JSON body. A text that is one `${name}` becomes the variable's value, with its type.
    #[schemars(with = "Option<Value>")]
    pub(crate) body: Option<JsonTemplate>,
    /// Statuses that are right; at least one.
    #[serde(default = "ok_only")]
    #[schemars(length(min = 1))]
    pub(crate) expect: Vec<u16>,
    /// Variables to keep from the answer, each with the JSON pointer to its value; not in `[[setup]]`.
    #[serde(default)]
    #[schemars(extend("additionalProperties" = pointer()))]
    pub(crate) save: BTreeMap<String, String>,
    /// Value that the answer must have in the end; the request is repeated until then.
    pub(crate) until: Option<Until>,
    /// Milliseconds that this step may take, instead of the workload's `patience_ms`.
    pub(crate) patience_ms: Option<u64>,
}

/// Schema of a JSON pointer.
fn pointer() -> Value {
    serde_json::json!({ "type": "string", "pattern": "^(/.*)?$" })
}

/// The statuses that are right where a file names none.
pub(crate) fn ok_only() -> Vec<u16> {
    vec![200]
}

/// A request from a template, and what its answer must be.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "StepTable")]
pub(crate) struct Step {
    pub(crate) name: String,
    /// Leaves the step out unless these hold.
    pub(crate) when: Conditions,
    pub(crate) method: Method,
    /// The role that is asked.
    pub(crate) role: String,
    /// Path and query.
    pub(crate) path: Template,
    pub(crate) headers: BTreeMap<String, Template>,
    pub(crate) body: Option<JsonTemplate>,
    /// The statuses that are right; at least one.
    pub(crate) expect: Vec<u16>,
    /// Variables to keep from the answer, by JSON pointer.
    pub(crate) save: BTreeMap<String, String>,
    /// Repeats the request until the answer says this.
    pub(crate) until: Option<Until>,
    /// The time that this step may take, instead of the patience of whoever takes it.
    pub(crate) patience: Option<Duration>,
}

impl Step {
    /// Checks a step that a file says; `what` names it in errors. A list to go through is the caller's matter.
    ///
    /// # Errors
    /// When the path does not begin at the root, no status is right, or a pointer is not a JSON pointer.
    pub(crate) fn of(table: StepTable, what: &str) -> Result<Self, String> {
        if !table.path.source().starts_with('/') {
            return Err(format!("{what}: path is {:?}, wanted one from /", table.path.source()));
        }
        if table.expect.is_empty() {
            return Err(format!("{what}: expect is empty, wanted at least one status"));
        }
        let until = table.until.iter().map(|until| &until.pointer);
        table
            .save
            .values()
            .chain(until)
            .try_for_each(|pointer| check_pointer(pointer, what))?;
        Ok(Self {
            name: table.name.into_inner(),
            when: table.when,
            method: table.method,
            role: table.node,
            path: table.path,
            headers: table.headers,
            body: table.body,
            expect: table.expect,
            save: table.save,
            until: table.until,
            patience: table.patience_ms.map(Duration::from_millis),
        })
    }
}

impl TryFrom<StepTable> for Step {
    type Error = String;

    fn try_from(table: StepTable) -> Result<Self, String> {
        let what = format!("step {:?}", table.name.as_ref());
        if table.for_each.is_some() {
            return Err(format!("{what} has for_each; it belongs to a [[setup]] of a scenario"));
        }
        Self::of(table, &what)
    }
}

/// Refuses a text that is not a JSON pointer (RFC 6901); `what` names in errors whose it is.
pub(crate) fn check_pointer(pointer: &str, what: &str) -> Result<(), String> {
    if pointer.is_empty() || pointer.starts_with('/') {
        Ok(())
    } else {
        Err(format!(
            "{what}: {pointer:?} is not a JSON pointer, wanted one such as \"/data/id\""
        ))
    }
}

/// Values that variables must have. A variable without a value meets no condition.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub(crate) struct Conditions(BTreeMap<String, OneOrMany>);

/// A value or a list of them.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(inline)]
#[serde(untagged)]
enum OneOrMany {
    Many(Vec<Value>),
    One(Value),
}

impl Conditions {
    /// Says whether every condition holds.
    pub(crate) fn hold(&self, variables: &Variables) -> bool {
        self.0.iter().all(|(name, wanted)| {
            variables.get(name).is_some_and(|value| match wanted {
                OneOrMany::Many(values) => values.contains(value),
                OneOrMany::One(wanted) => wanted == value,
            })
        })
    }

    /// Says whether there are no conditions, so that they always hold.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The names of the variables that have conditions.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

/// The method of a request; GET where a file names none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
#[schemars(inline)]
pub(crate) enum Method {
    #[default]
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

impl Method {
    /// The method as it stands in a request.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// Value that an answer must have in the end.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Until {
    /// JSON pointer to the value.
    #[schemars(extend("pattern" = "^(/.*)?$"))]
    pub(crate) pointer: String,
    /// Values that end the waiting.
    pub(crate) one_of: Vec<Value>,
}

/// Answers that mean: send the same request again. No answer always means that.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Repeat {
    /// Statuses that mean it, whatever else the answer says.
    #[serde(default)]
    pub(crate) statuses: Vec<u16>,
    /// Answers that mean it.
    #[serde(default)]
    pub(crate) answers: Vec<RepeatedAnswer>,
}

/// Answer, recognised by its status and one value in it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RepeatedAnswer {
    /// Status of the answer.
    pub(crate) status: u16,
    /// JSON pointer to the value.
    #[schemars(extend("pattern" = "^(/.*)?$"))]
    pub(crate) pointer: String,
    /// Values that count.
    pub(crate) one_of: Vec<Value>,
}
