//! Mutations of a JSON body.

use pact_models::{
    matchingrules::{MatchingRule, MatchingRuleCategory, RuleList},
    path_exp::{DocPath, PathToken},
};
use serde_json::{Value, json};

use super::{Operator, values};

/// Body with one change.
pub(super) struct Edit {
    pub(super) operator: Operator,
    pub(super) path: DocPath,
    pub(super) is_permitted: bool,
    /// The whole body after the change; empty if the body is left out.
    pub(super) body: Vec<u8>,
}

impl Edit {
    /// Leaves the whole body out.
    pub(super) fn left_out() -> Self {
        Self {
            operator: Operator::Dropped,
            path: DocPath::root(),
            is_permitted: false,
            body: Vec::new(),
        }
    }
}

/// Builds every change of `example`.
pub(super) fn edits(example: &Value, rules: &MatchingRuleCategory) -> Vec<Edit> {
    let mut edits = Edits {
        root: example,
        rules,
        edits: Vec::new(),
    };
    let root = Place {
        path: DocPath::root(),
        pointer: String::new(),
    };
    edits.edits.push(Edit::left_out());
    edits.visit(&root, example);
    edits.edits
}

/// Replaces the index of each element by `[*]`.
pub(super) fn field(path: &DocPath) -> DocPath {
    let any = |token: &PathToken| match token {
        PathToken::Index(_) => PathToken::StarIndex,
        other => other.clone(),
    };
    DocPath::from_tokens(path.tokens().iter().map(any))
}

struct Edits<'a> {
    root: &'a Value,
    rules: &'a MatchingRuleCategory,
    edits: Vec<Edit>,
}

/// Position of a value, as the path of a rule and as a JSON pointer.
struct Place {
    path: DocPath,
    pointer: String,
}

impl Place {
    fn field(&self, name: &str) -> Self {
        let escaped = name.replace('~', "~0").replace('/', "~1");
        Self {
            path: self.path.join_field(name),
            pointer: format!("{}/{escaped}", self.pointer),
        }
    }

    fn item(&self, index: usize) -> Self {
        Self {
            path: self.path.join_index(index),
            pointer: format!("{}/{index}", self.pointer),
        }
    }
}

impl Edits<'_> {
    fn visit(&mut self, place: &Place, value: &Value) {
        self.retype(place, value);
        match value {
            Value::Object(fields) => {
                for (name, field) in fields {
                    let inner = place.field(name);
                    self.take_away(place, &inner, name, field);
                    self.visit(&inner, field);
                }
            }
            Value::Array(items) => {
                self.resize(place, items);
                for (index, item) in items.iter().enumerate() {
                    self.visit(&place.item(index), item);
                }
            }
            _ => self.revalue(place, value),
        }
    }

    /// Removes the field, or renames it.
    fn take_away(&mut self, object: &Place, field: &Place, name: &str, value: &Value) {
        for operator in [Operator::Dropped, Operator::Renamed] {
            let mut body = self.root.clone();
            let Some(fields) = body.pointer_mut(&object.pointer).and_then(Value::as_object_mut) else {
                continue;
            };
            fields.remove(name);
            if operator == Operator::Renamed {
                fields.insert(format!("{name}_"), value.clone());
            }
            self.push(operator, field, false, body);
        }
    }

    /// Puts values of other types in place of this one. They are never counted as permitted: finding rules that
    /// accept them is the purpose.
    fn retype(&mut self, place: &Place, value: &Value) {
        let rules = self.rules_at(place);
        let types = [
            (Operator::Null, Value::Null, value.is_null()),
            (Operator::AsText, json!("text"), value.is_string()),
            (Operator::AsNumber, json!(7), value.is_number()),
            (Operator::AsObject, json!({}), value.is_object()),
        ];
        for (operator, other, is_same) in types {
            if !is_same {
                self.set(operator, place, false, other);
            }
        }
        if let Some(whole) = value.as_i64() {
            // An i32 and a half fits into a double exactly.
            let other = i32::try_from(whole).map_or(0.5, |small| f64::from(small) + 0.5);
            self.set(Operator::Decimal, place, values::wants_decimals(&rules), json!(other));
        }
    }

    /// Puts in a value that the rule accepts and one that it refuses, if there are such values.
    fn revalue(&mut self, place: &Place, value: &Value) {
        let rules = self.rules_at(place);
        let others = values::others(&rules, value).into_iter();
        for (operator, other) in values::one_of_each(others, |other| values::accepts(&rules, value, other)) {
            self.set(operator, place, operator == Operator::InRange, other);
        }
    }

    fn resize(&mut self, place: &Place, items: &[Value]) {
        let rules = self.rules_at(place);
        if !items.is_empty() {
            self.set(Operator::Emptied, place, false, json!([]));
        }
        let most = rules.rules.iter().find_map(|rule| match rule {
            MatchingRule::MaxType(most) | MatchingRule::MinMaxType(_, most) if !rules.cascaded => Some(*most),
            _ => None,
        });
        let longer = most.map_or(items.len() + 1, |most| most.max(items.len()) + 1);
        let one_more = items.last().cloned().unwrap_or(Value::Null);
        let mut other = items.to_vec();
        other.resize(longer, one_more);
        let is_typed = |rule: &MatchingRule| matches!(rule, MatchingRule::Type | MatchingRule::MinType(_));
        let is_permitted = most.is_none() && rules.rules.iter().any(is_typed);
        self.set(Operator::Longer, place, is_permitted, other.into());
    }

    fn set(&mut self, operator: Operator, place: &Place, is_permitted: bool, other: Value) {
        let mut body = self.root.clone();
        if let Some(value) = body.pointer_mut(&place.pointer) {
            *value = other;
            self.push(operator, place, is_permitted, body);
        }
    }

    fn push(&mut self, operator: Operator, place: &Place, is_permitted: bool, body: Value) {
        self.edits.push(Edit {
            operator,
            path: place.path.clone(),
            is_permitted,
            body: body.to_string().into_bytes(),
        });
    }

    fn rules_at(&self, place: &Place) -> RuleList {
        let path = place.path.to_vec();
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        self.rules.select_best_matcher(&path)
    }
}
