//! Rules about text, `regex` and `include`, on values that are no text.
//!
//! pact_matching applies these rules to the JSON text of a value, so that `\w+` accepts `null`, and `.*` an object. A
//! consumer that asks for text can read neither. Numbers and booleans are accepted, as the specification has it.
//!
//! On the same way through both values, lists are counted whose example is empty: pact_matching passes over the
//! rules of those, also over `min` and `max`.

use pact_matching::{CoreMatchingContext, DiffConfig, json::compare_json};
use pact_models::{
    matchingrules::{Category, MatchingRule, MatchingRuleCategory, RuleList, RuleLogic},
    message::Message as ExpectedMessage,
    path_exp::DocPath,
};
use serde_json::{Map, Value};

use crate::{Difference, Part};

/// Finds the values of a JSON body that a rule about text accepted although they are no text. Empty if either body is
/// not JSON.
pub(crate) fn in_body(expected: &[u8], actual: &[u8], rules: &MatchingRuleCategory) -> Vec<Difference> {
    let read = |text: &[u8]| serde_json::from_slice::<Value>(text);
    let mut found = Vec::new();
    if let (Ok(expected), Ok(actual)) = (read(expected), read(actual)) {
        visit(&DocPath::root(), &expected, &actual, rules, &mut found);
    }
    found
}

/// Finds such values in the metadata of a message.
pub(crate) fn in_metadata(expected: &ExpectedMessage, actual: &Map<String, Value>) -> Vec<Difference> {
    let rules = expected.matching_rules.rules_for_category(Category::METADATA);
    let rules = rules.unwrap_or_default();
    let mut found = Vec::new();
    for (name, example) in &expected.metadata {
        if let Some(value) = actual.get(name) {
            judge(&DocPath::root().join(name), example, value, &rules, &mut found);
        }
    }
    for difference in &mut found {
        difference.part = Part::Metadata;
    }
    found
}

/// Goes through both values the way pact_matching does.
fn visit(path: &DocPath, expected: &Value, actual: &Value, rules: &MatchingRuleCategory, found: &mut Vec<Difference>) {
    match (expected, actual) {
        (Value::Object(examples), Value::Object(fields)) => {
            let own = rules_at(path, rules);
            let any_key = own.rules.iter().find(|rule| !own.cascaded && rule.is_values_matcher());
            let inner = any_key.and_then(|rule| each_value(path, rule));
            for (name, value) in fields {
                let other = any_key.and_then(|_| examples.values().next());
                if let Some(example) = examples.get(name).or(other) {
                    visit(&path.join(name), example, value, inner.as_ref().unwrap_or(rules), found);
                }
            }
        }
        (Value::Array(examples), Value::Array(items)) => {
            let own = rules_at(path, rules);
            if examples.is_empty() {
                found.extend(miscounted(path, items, &own));
            }
            let variants = own.rules.iter().filter_map(|rule| match rule {
                MatchingRule::ArrayContains(variants) => Some(variants),
                _ => None,
            });
            let variants: Vec<_> = variants.flatten().collect();
            if variants.is_empty() {
                let mut each = own.rules.iter().filter(|_| !own.cascaded);
                let inner = each.find_map(|rule| each_value(path, rule));
                for (index, item) in items.iter().enumerate() {
                    if let Some(example) = examples.get(index).or(examples.first()) {
                        let place = path.join(index.to_string());
                        visit(&place, example, item, inner.as_ref().unwrap_or(rules), found);
                    }
                }
            }
            for (index, rules, _) in variants {
                if let Some(example) = examples.get(*index) {
                    contains(path, example, items, rules, found);
                }
            }
        }
        _ => judge(path, expected, actual, rules, found),
    }
}

/// Says whether a list is shorter or longer than a rule of its own allows.
fn miscounted(path: &DocPath, items: &[Value], own: &RuleList) -> Option<Difference> {
    let bounds = own.rules.iter().filter_map(|rule| match rule {
        MatchingRule::MinType(least) => Some((*least, usize::MAX)),
        MatchingRule::MaxType(most) => Some((0, *most)),
        MatchingRule::MinMaxType(least, most) => Some((*least, *most)),
        _ => None,
    });
    let mut bounds = bounds.filter(|_| !own.cascaded && own.rule_logic == RuleLogic::And);
    let (least, most) = bounds.find(|(least, most)| !(*least..=*most).contains(&items.len()))?;
    let wanted = if items.len() < least {
        format!("at least {least}")
    } else {
        format!("at most {most}")
    };
    Some(Difference {
        part: Part::Body,
        path: path.to_string(),
        expected: "[]".to_owned(),
        got: Value::from(items).to_string(),
        why: format!("Expected a list with {wanted} elements, but got {}", items.len()),
    })
}

/// Checks that an item of the list matches the variant of an `arrayContains` rule, with its rules about text too.
fn contains(
    path: &DocPath,
    example: &Value,
    items: &[Value],
    rules: &MatchingRuleCategory,
    found: &mut Vec<Difference>,
) {
    let context = CoreMatchingContext::new(DiffConfig::AllowUnexpectedKeys, rules);
    let root = DocPath::root();
    let mut reasons = Vec::new();
    for item in items {
        if compare_json(&root, example, item, &context).is_ok() {
            let mut inner = Vec::new();
            visit(&root, example, item, rules, &mut inner);
            if inner.is_empty() {
                return;
            }
            reasons.extend(inner);
        }
    }
    // Without a reason no item matched at all, which pact_matching reports.
    if let Some(reason) = reasons.into_iter().next() {
        found.push(Difference {
            path: path.to_string(),
            ..reason
        });
    }
}

/// Rules that an `eachValue` rule gives the elements below `path`.
fn each_value(path: &DocPath, rule: &MatchingRule) -> Option<MatchingRuleCategory> {
    let MatchingRule::EachValue(definition) = rule else {
        return None;
    };
    let rules = definition.rules.iter().filter_map(|rule| rule.clone().left());
    let mut category = MatchingRuleCategory::empty(Category::BODY);
    for rule in rules {
        category.add_rule(path.join("*"), rule, RuleLogic::And);
    }
    Some(category)
}

/// Judges a value that is not compared field by field or element by element.
fn judge(path: &DocPath, expected: &Value, actual: &Value, rules: &MatchingRuleCategory, found: &mut Vec<Difference>) {
    let kind = match actual {
        Value::Null => "null",
        Value::Object(_) => "an object",
        Value::Array(_) => "a list",
        Value::Bool(_) | Value::Number(_) | Value::String(_) => return,
    };
    let rules = rules_at(path, rules);
    let Some(about_text) = rules.rules.iter().find(|rule| is_about_text(rule)) else {
        return;
    };
    let others = rules.rules.iter().filter(|rule| !is_about_text(rule));
    let accepts = |rule: &MatchingRule| {
        let alone = RuleList::new(rule.clone());
        pact_matching::matchingrules::match_values(path, &alone, expected, actual).is_ok()
    };
    // With OR another rule may accept the value; and an example that is null itself asks for it.
    let is_accepted = rules.rule_logic == RuleLogic::Or && others.into_iter().any(accepts);
    if is_accepted || (expected.is_null() && actual.is_null()) {
        return;
    }
    found.push(Difference {
        part: Part::Body,
        path: path.to_string(),
        expected: expected.to_string(),
        got: actual.to_string(),
        why: format!(
            "Expected text, since its rule is '{}', but got {kind}",
            about_text.name()
        ),
    });
}

fn is_about_text(rule: &MatchingRule) -> bool {
    matches!(rule, MatchingRule::Regex(_) | MatchingRule::Include(_))
}

/// Rules that hold for the value at `path`.
pub(crate) fn rules_at(path: &DocPath, rules: &MatchingRuleCategory) -> RuleList {
    let path = path.to_vec();
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    rules.select_best_matcher(&path)
}
