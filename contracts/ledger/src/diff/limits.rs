//! Limits of values in a schema, and what a change of them does.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date};
use serde_json::Value;

/// Keywords that limit values, besides types and enumerations.
const KEYWORDS: [&str; 14] = [
    "additionalProperties",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "format",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "pattern",
];

/// Limits by keyword.
pub(super) type Limits = BTreeMap<&'static str, Value>;

/// Change of one limit.
pub(super) struct LimitChange {
    /// Description, such as `maximum was 5 and is 3`.
    pub(super) what: String,
    /// `true` if a value may be refused that was taken before.
    pub(super) is_tighter: bool,
    /// `true` if a value may come that did not come before.
    pub(super) is_looser: bool,
    keyword: &'static str,
    now: Option<Value>,
}

/// Limits of a schema. Uniqueness counts as a limit if it is asked for, and other properties if they are refused.
pub(super) fn limits(schema: &Value) -> Limits {
    let mut all = Limits::new();
    for keyword in KEYWORDS {
        match schema.get(keyword) {
            Some(value) if keyword != "additionalProperties" || *value == false => {
                all.insert(keyword, value.clone());
            }
            _ => {}
        }
    }
    if schema.get("uniqueItems") == Some(&Value::Bool(true)) {
        all.insert("uniqueItems", Value::Bool(true));
    }
    all
}

pub(super) fn changes(old: &Limits, new: &Limits) -> Vec<LimitChange> {
    let mut keywords: Vec<&'static str> = old.keys().chain(new.keys()).copied().collect();
    keywords.sort_unstable();
    keywords.dedup();
    let changed = keywords
        .into_iter()
        .filter(|keyword| old.get(keyword) != new.get(keyword));
    changed
        .map(|keyword| change(keyword, old.get(keyword), new.get(keyword)))
        .collect()
}

fn change(keyword: &'static str, old: Option<&Value>, new: Option<&Value>) -> LimitChange {
    let what = match (old, new) {
        (Some(old), Some(new)) => format!("{keyword} was {old} and is {new}"),
        (None, Some(new)) => format!("{keyword} is {new} now"),
        (Some(old), None) => format!("{keyword} is no longer {old}"),
        (None, None) => String::new(),
    };
    let (is_tighter, is_looser) = match (old, new) {
        (Some(old), Some(new)) => directions(keyword, old, new),
        (old, new) => (new.is_some(), old.is_some()),
    };
    LimitChange {
        what,
        is_tighter,
        is_looser,
        keyword,
        now: new.cloned(),
    }
}

/// Says whether another value of a limit is tighter, and whether it is looser. A pattern may be both.
fn directions(keyword: &str, old: &Value, new: &Value) -> (bool, bool) {
    let wider = [("int32", "int64"), ("float", "double"), ("date-time", "string")];
    let is_wider = |one: &Value, other: &Value| wider.iter().any(|(small, large)| one == small && other == large);
    match (old.as_f64(), new.as_f64()) {
        (Some(one), Some(other)) if keyword.starts_with("max") || keyword == "exclusiveMaximum" => {
            (other < one, other > one)
        }
        (Some(one), Some(other)) if keyword.starts_with("min") || keyword == "exclusiveMinimum" => {
            (other > one, other < one)
        }
        _ if keyword == "format" && is_wider(old, new) => (false, true),
        _ if keyword == "format" && is_wider(new, old) => (true, false),
        _ => (true, true),
    }
}

impl LimitChange {
    /// Says whether the new limit refuses this value. `None` if that can't be told here.
    pub(super) fn refuses(&self, value: &Value) -> Option<bool> {
        let limit = self.now.as_ref()?;
        let most = limit.as_f64();
        #[expect(clippy::cast_precision_loss, reason = "lengths in pacts are far below 2^52")]
        let size = match (self.keyword, value) {
            ("maxLength" | "minLength", Value::String(text)) => Some(text.chars().count() as f64),
            ("maxItems" | "minItems", Value::Array(items)) => Some(items.len() as f64),
            ("maxProperties" | "minProperties", Value::Object(fields)) => Some(fields.len() as f64),
            ("maximum" | "minimum" | "exclusiveMaximum" | "exclusiveMinimum", _) => value.as_f64(),
            _ => None,
        };
        match self.keyword {
            "maximum" | "maxLength" | "maxItems" | "maxProperties" => Some(size? > most?),
            "minimum" | "minLength" | "minItems" | "minProperties" => Some(size? < most?),
            "exclusiveMaximum" => Some(size? >= most?),
            "exclusiveMinimum" => Some(size? <= most?),
            "format" => is_of_format(limit.as_str()?, value).map(|fits| !fits),
            "uniqueItems" => value.as_array().map(|items| {
                let repeated = |(index, item): (usize, &Value)| items.iter().take(index).any(|other| other == item);
                items.iter().enumerate().any(repeated)
            }),
            _ => None,
        }
    }
}

/// Says whether a value has a format. `None` for formats that are not judged.
fn is_of_format(format: &str, value: &Value) -> Option<bool> {
    match (format, value) {
        ("int32", Value::Number(number)) => Some(number.as_i64().is_some_and(|it| i32::try_from(it).is_ok())),
        ("uuid", Value::String(text)) => Some(is_uuid(text)),
        ("uuid" | "date" | "date-time", Value::Number(_)) => Some(false),
        ("date", Value::String(text)) => Some(text.len() == 10 && text.parse::<Date>().is_ok()),
        ("date-time", Value::String(text)) => Some(text.parse::<Timestamp>().is_ok()),
        _ => None,
    }
}

fn is_uuid(text: &str) -> bool {
    let groups: Vec<usize> = text.split('-').map(str::len).collect();
    groups == [8, 4, 4, 4, 12] && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}
