//! What can be done to a reply besides its body.

use pact_models::matchingrules::{Category, MatchingRules, RuleList};
use serde_json::{Value, json};

use super::{HttpReply, Mutant, Operator, Reply, values};
use crate::{Message, Part};

/// Another status of the class, and one of another.
pub(super) fn status(example: &HttpReply, rules: &MatchingRules) -> Vec<Mutant> {
    let rules = rules.rules_for_category("status").unwrap_or_default().as_rule_list();
    let mutant = |operator, status, is_permitted| {
        let reply = HttpReply {
            status,
            ..example.clone()
        };
        Mutant {
            operator,
            part: Part::Status,
            path: String::new(),
            field: String::new(),
            is_permitted,
            reply: Reply::Http(reply),
        }
    };
    let flipped = if example.status < 400 { 500 } else { 200 };
    let mut mutants = vec![mutant(Operator::StatusClass, flipped, false)];
    // None that stands for an answer without a body.
    let class = [
        200, 201, 202, 203, 302, 303, 307, 400, 404, 409, 410, 422, 500, 502, 503,
    ];
    let (inside, outside): (Vec<u16>, Vec<u16>) = class
        .into_iter()
        .filter(|status| status / 100 == example.status / 100 && *status != example.status)
        .partition(|status| values::accepts_status(&rules, example.status, *status));
    let inside = inside.first().map(|status| mutant(Operator::InRange, *status, true));
    let outside = outside.first().map(|status| mutant(Operator::Status, *status, false));
    mutants.extend(inside.into_iter().chain(outside));
    mutants
}

/// Every header left out, and with another value.
pub(super) fn headers(example: &HttpReply, rules: &MatchingRules) -> Vec<Mutant> {
    let mut mutants = Vec::new();
    for (index, (name, value)) in example.headers.iter().enumerate() {
        let is_type = name.eq_ignore_ascii_case("content-type");
        let part = if is_type { Part::ContentType } else { Part::Header };
        let mut mutant = |operator, is_permitted, value: Option<String>| {
            let mut reply = example.clone();
            match value {
                Some(value) => reply.headers[index].1 = value,
                None => drop(reply.headers.remove(index)),
            }
            mutants.push(named(operator, part, name, is_permitted, Reply::Http(reply)));
        };
        mutant(Operator::Dropped, false, None);
        let rules = rules_of(rules, Category::HEADER, &name.to_lowercase());
        let others = if is_type {
            vec!["text/plain".to_owned()]
        } else {
            values::texts(&rules, value)
        };
        let others = others.into_iter().filter(|other| !other.is_empty());
        let (inside, outside): (Vec<_>, Vec<_>) = others.partition(|other| values::accepts_text(&rules, value, other));
        if let Some(other) = inside.into_iter().next() {
            mutant(Operator::InRange, true, Some(other));
        }
        if let Some(other) = outside.into_iter().next() {
            mutant(Operator::OutOfRange, false, Some(other));
        }
    }
    mutants
}

/// All metadata left out and with another value, and another media type.
///
/// The media type itself is never left out: a message without one is taken as JSON, by Pact's message endpoints and by `verify`.
pub(super) fn metadata(example: &Message, rules: &MatchingRules) -> Vec<Mutant> {
    let other_type = Message {
        content_type: "text/plain".to_owned(),
        ..example.clone()
    };
    let other_type = Reply::Message(other_type);
    let mut mutants = vec![named(Operator::OutOfRange, Part::ContentType, "", false, other_type)];
    for (name, value) in &example.metadata {
        let mut mutant = |operator, is_permitted, value: Option<Value>| {
            let mut message = example.clone();
            match value {
                Some(value) => drop(message.metadata.insert(name.clone(), value)),
                None => drop(message.metadata.remove(name)),
            }
            mutants.push(named(
                operator,
                Part::Metadata,
                name,
                is_permitted,
                Reply::Message(message),
            ));
        };
        mutant(Operator::Dropped, false, None);
        let rules = rules_of(rules, Category::METADATA, name);
        let (inside, outside): (Vec<_>, Vec<_>) = values::others(&rules, value)
            .into_iter()
            .partition(|other| values::accepts(&rules, value, other));
        if let Some(other) = inside.into_iter().next() {
            mutant(Operator::InRange, true, Some(other));
        }
        if let Some(other) = outside.into_iter().next() {
            mutant(Operator::OutOfRange, false, Some(other));
        }
        if !value.is_object() {
            mutant(Operator::AsObject, false, Some(json!({})));
        }
    }
    mutants
}

fn named(operator: Operator, part: Part, name: &str, is_permitted: bool, reply: Reply) -> Mutant {
    Mutant {
        operator,
        part,
        path: name.to_owned(),
        field: name.to_owned(),
        is_permitted,
        reply,
    }
}

fn rules_of(rules: &MatchingRules, category: Category, name: &str) -> RuleList {
    let mut category = rules.rules_for_category(category).unwrap_or_default();
    // The names of headers are the same in every case.
    category.rules = category
        .rules
        .into_iter()
        .map(|(path, rules)| (path.to_lower_case(), rules))
        .collect();
    category.select_best_matcher(&["$", &name.to_lowercase()])
}
