//! Values other than the example, and whether its rule accepts them.

use pact_matching::matchingrules::match_values;
use pact_models::{
    matchingrules::{MatchingRule, RuleList},
    path_exp::DocPath,
};
use serde_json::{Value, json};

use super::Operator;

/// Takes the first value that is accepted as the one in range, and the first that is not as the one out of range,
/// if there are such.
pub(super) fn one_of_each<T>(others: impl Iterator<Item = T>, is_accepted: impl Fn(&T) -> bool) -> Vec<(Operator, T)> {
    let (inside, outside): (Vec<T>, Vec<T>) = others.partition(is_accepted);
    let inside = inside.into_iter().next().map(|other| (Operator::InRange, other));
    let outside = outside.into_iter().next().map(|other| (Operator::OutOfRange, other));
    inside.into_iter().chain(outside).collect()
}

/// Says whether the rule of a value accepts another one. Without a rule only the example is accepted.
pub(super) fn accepts(rules: &RuleList, example: &Value, other: &Value) -> bool {
    if rules.is_empty() {
        return example == other;
    }
    match_values(&DocPath::root(), rules, example, other).is_ok()
}

/// Decides like [`accepts`], for text outside JSON: a header or metadata.
pub(super) fn accepts_text(rules: &RuleList, example: &str, other: &str) -> bool {
    if rules.is_empty() {
        return example == other;
    }
    match_values(&DocPath::root(), rules, example, other).is_ok()
}

/// Decides like [`accepts`], for a status.
pub(super) fn accepts_status(rules: &RuleList, example: u16, other: u16) -> bool {
    if rules.is_empty() {
        return example == other;
    }
    match_values(&DocPath::empty(), rules, example, other).is_ok()
}

/// Says whether the rule names decimals explicitly.
pub(super) fn wants_decimals(rules: &RuleList) -> bool {
    let says_so = |rule: &MatchingRule| matches!(rule, MatchingRule::Number | MatchingRule::Decimal);
    rules.rules.iter().any(says_so)
}

/// Other values of the same type, those that a rule probably accepts first.
pub(super) fn others(rules: &RuleList, example: &Value) -> Vec<Value> {
    match example {
        Value::Bool(flag) => vec![json!(!flag)],
        Value::String(text) => texts(rules, text).into_iter().map(Value::from).collect(),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => [whole.saturating_add(1), whole.saturating_sub(1)]
                .map(Value::from)
                .to_vec(),
            (None, Some(decimal)) => vec![json!(decimal + 1.5), json!(decimal - 1.5)],
            (None, None) => Vec::new(),
        },
        Value::Null | Value::Array(_) | Value::Object(_) => Vec::new(),
    }
}

/// Texts to try: the other words of an enumeration; the text with another digit or letter; the text with one more
/// letter; a text that hardly any pattern accepts; the empty text.
pub(super) fn texts(rules: &RuleList, example: &str) -> Vec<String> {
    let mut texts: Vec<String> = rules.rules.iter().flat_map(words).collect();
    texts.extend(varied(example, char::is_ascii_digit, ['1', '2']));
    texts.extend(varied(example, char::is_ascii_lowercase, ['a', 'b']));
    texts.extend(varied(example, char::is_ascii_uppercase, ['A', 'B']));
    texts.extend([format!("{example}x"), "?".to_owned(), String::new()]);
    texts.retain(|text| text != example);
    texts
}

/// Words of a pattern such as `^(a|b|c)$`; empty for any other rule.
fn words(rule: &MatchingRule) -> Vec<String> {
    let MatchingRule::Regex(regex) = rule else {
        return Vec::new();
    };
    let inner = regex.strip_prefix('^').and_then(|rest| rest.strip_suffix('$'));
    let inner = inner.and_then(|rest| rest.strip_prefix('(')?.strip_suffix(')'));
    let is_word = |word: &str| {
        word.chars()
            .all(|letter| letter.is_ascii_alphanumeric() || "_- ".contains(letter))
    };
    match inner {
        Some(inner) if inner.split('|').all(is_word) => inner.split('|').map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

/// Replaces the last character of a kind by the first of two that differs from it.
fn varied(text: &str, is_one: fn(&char) -> bool, by: [char; 2]) -> Option<String> {
    let (at, old) = text.char_indices().rfind(|(_, letter)| is_one(letter))?;
    let new = by.into_iter().find(|new| *new != old)?;
    let mut varied = text.to_owned();
    varied.replace_range(at..at + old.len_utf8(), new.encode_utf8(&mut [0; 4]));
    Some(varied)
}
