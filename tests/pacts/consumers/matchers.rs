//! Matchers that demand of a value what the consumer needs, and no more.

use std::fmt::Display;

use commerce::Money;
use pact_consumer::patterns::{EachLike, JsonPattern, Pattern};
use pact_models::{
    matchingrules::{MatchingRule, MatchingRuleCategory, RuleLogic},
    path_exp::DocPath,
};
use serde::Serialize;
use serde_json::{Value, json};

const UUID: &str = "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$";
const TIMESTAMP: &str = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$";
const CURRENCY: &str = "^[A-Z]{3}$";

/// An example, and the rule for other acceptable values.
#[derive(Debug)]
struct Ruled {
    example: Value,
    rule: MatchingRule,
}

impl Pattern for Ruled {
    type Matches = Value;

    fn to_example(&self) -> Value {
        self.example.clone()
    }

    fn to_example_bytes(&self) -> Vec<u8> {
        self.example.to_string().into_bytes()
    }

    fn extract_matching_rules(&self, path: DocPath, rules: &mut MatchingRuleCategory) {
        rules.add_rule(path, self.rule.clone(), RuleLogic::And);
    }
}

fn ruled(example: impl Into<Value>, rule: MatchingRule) -> JsonPattern {
    let example = example.into();
    JsonPattern::pattern(Ruled { example, rule })
}

fn matching(regex: &str, example: impl Display) -> JsonPattern {
    ruled(example.to_string(), MatchingRule::Regex(regex.to_owned()))
}

/// This value only. Needed inside a rule, since rules apply down to the next rule.
pub(crate) fn exactly(value: impl Into<Value>) -> JsonPattern {
    ruled(value, MatchingRule::Equality)
}

/// Any text is accepted.
pub(crate) fn text(example: &str) -> JsonPattern {
    ruled(example, MatchingRule::Type)
}

/// Any integer. A rule for the type alone would accept 1.5.
pub(crate) fn whole(example: i64) -> JsonPattern {
    ruled(example, MatchingRule::Integer)
}

/// Any number, with or without decimals.
pub(crate) fn number(example: f64) -> JsonPattern {
    ruled(example, MatchingRule::Number)
}

/// Any UUID is accepted.
pub(crate) fn uuid(example: impl Display) -> JsonPattern {
    matching(UUID, example)
}

/// Any timestamp in RFC 3339.
pub(crate) fn timestamp() -> JsonPattern {
    matching(TIMESTAMP, "2026-01-31T12:00:00.000000Z")
}

/// Three capital letters, as in ISO 4217.
pub(crate) fn currency() -> JsonPattern {
    matching(CURRENCY, "EUR")
}

/// Any amount of money.
pub(crate) fn money(example: Money) -> JsonPattern {
    json_pattern!({ "cents": whole(example.cents), "currency": currency() })
}

/// Any of these words of an enum, for a consumer that treats them alike.
pub(crate) fn one_of<T: Serialize>(all: &[T], example: T) -> JsonPattern {
    let word = |value: &T| json!(value).as_str().unwrap().to_owned();
    let words: Vec<_> = all.iter().map(word).collect();
    matching(&format!("^({})$", words.join("|")), word(&example))
}

/// This word of an enum only, for a consumer that treats the others differently.
pub(crate) fn only(value: impl Serialize) -> JsonPattern {
    exactly(json!(value))
}

/// An object with any content.
pub(crate) fn any_object() -> JsonPattern {
    ruled(json!({}), MatchingRule::Type)
}

/// A list of at least one element, each like this.
pub(crate) fn each(element: JsonPattern) -> JsonPattern {
    EachLike::new(element).into()
}
