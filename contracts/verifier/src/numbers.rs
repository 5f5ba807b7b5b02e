//! Numbers that are one in JSON, however they are written: `10`, `10.0` and `1e1`.

use pact_models::{
    matchingrules::{MatchingRule, MatchingRuleCategory},
    path_exp::DocPath,
};
use serde_json::{Number, Value};

use crate::{Difference, Part, text_rules::rules_at};

/// Whole numbers below this one are the same as integers and as doubles.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Says whether the difference is only in how a number is written, where nothing but the value is asked for.
/// pact_matching calls an integer and a decimal different; most writers of JSON drop the `.0`, and most readers see
/// none. A rule about the kind of number, such as `integer`, asks for more.
pub(crate) fn are_equal(difference: &Difference, rules: &MatchingRuleCategory) -> bool {
    if difference.part != Part::Body {
        return false;
    }
    let (Some(wanted), Some(got)) = (number(&difference.expected), number(&difference.got)) else {
        return false;
    };
    let by_value = |rule: &MatchingRule| matches!(rule, MatchingRule::Equality);
    let of_one_kind = wanted.is_f64() == got.is_f64();
    let (Some(wanted), Some(got)) = (wanted.as_f64(), got.as_f64()) else {
        return false;
    };
    // Doubles and integers that are compared within their own kind were compared rightly.
    let is_one = !of_one_kind && wanted.abs() < EXACT && wanted.to_bits() == got.to_bits();
    is_one && DocPath::new(&difference.path).is_ok_and(|path| rules_at(&path, rules).rules.iter().all(by_value))
}

fn number(text: &str) -> Option<Number> {
    match serde_json::from_str(text) {
        Ok(Value::Number(number)) => Some(number),
        _ => None,
    }
}
