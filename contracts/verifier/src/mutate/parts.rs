//! Mutations of a reply outside its body.

use pact_models::matchingrules::{Category, MatchingRules, RuleList};
use serde_json::json;

use super::{
    HttpReply, Mutant, Operator, Reply,
    values::{self, one_of_each},
};
use crate::{Message, Part};

/// Media type that the example does not have.
fn other_type(example: &str) -> String {
    let other = if example.starts_with("text/plain") {
        "application/octet-stream"
    } else {
        "text/plain"
    };
    other.to_owned()
}

/// Statuses that are tried in place of another one of their class. Those that forbid a body are left out.
const STATUSES: [u16; 15] = [
    200, 201, 202, 203, 302, 303, 307, 400, 404, 409, 410, 422, 500, 502, 503,
];

/// Mutates the status: to other statuses of its class, and to one of another class.
pub(super) fn status(example: &HttpReply, rules: &MatchingRules) -> Vec<Mutant> {
    let rules = rules.rules_for_category("status").unwrap_or_default().as_rule_list();
    let mutant = |operator, status| {
        let reply = HttpReply {
            status,
            ..example.clone()
        };
        named(operator, Part::Status, "", Reply::Http(reply))
    };
    let flipped = if example.status < 400 { 500 } else { 200 };
    let mut mutants = vec![mutant(Operator::StatusClass, flipped)];
    let is_near = |status: &u16| status / 100 == example.status / 100 && *status != example.status;
    let near = STATUSES.into_iter().filter(is_near);
    for (operator, status) in one_of_each(near, |status| values::accepts_status(&rules, example.status, *status)) {
        let operator = if operator == Operator::OutOfRange {
            Operator::Status
        } else {
            operator
        };
        mutants.push(mutant(operator, status));
    }
    mutants
}

/// Mutates each header: leaves it out, and gives it another value.
pub(super) fn headers(example: &HttpReply, rules: &MatchingRules) -> Vec<Mutant> {
    let mut mutants = Vec::new();
    for (index, (name, value)) in example.headers.iter().enumerate() {
        let is_type = name.eq_ignore_ascii_case("content-type");
        let part = if is_type { Part::ContentType } else { Part::Header };
        let mut dropped = example.clone();
        dropped.headers.remove(index);
        mutants.push(named(Operator::Dropped, part, name, Reply::Http(dropped)));
        let rules = rules_of(rules, Category::HEADER, name);
        let others = if is_type {
            vec![other_type(value)]
        } else {
            values::texts(&rules, value)
        };
        // An empty value is nearly the same as no header, which is tried already.
        let others = others.into_iter().filter(|other| !other.is_empty());
        for (operator, other) in one_of_each(others, |other| values::accepts_text(&rules, value, other)) {
            let mut reply = example.clone();
            reply.headers[index].1 = other;
            mutants.push(named(operator, part, name, Reply::Http(reply)));
        }
    }
    mutants
}

/// Mutates each piece of metadata: leaves it out, and gives it another value. Mutates the media type too.
///
/// The media type is never left out: a message without one is taken as JSON, by Pact's message endpoints and by
/// `verify`.
pub(super) fn metadata(example: &Message, rules: &MatchingRules) -> Vec<Mutant> {
    let mut other_type = example.clone();
    other_type.content_type = self::other_type(&example.content_type);
    let other_type = Reply::Message(other_type);
    let mut mutants = vec![named(Operator::OutOfRange, Part::ContentType, "", other_type)];
    for (name, value) in &example.metadata {
        let mut dropped = example.clone();
        dropped.metadata.remove(name);
        mutants.push(named(Operator::Dropped, Part::Metadata, name, Reply::Message(dropped)));
        let rules = rules_of(rules, Category::METADATA, name);
        let others = values::others(&rules, value).into_iter();
        let others = one_of_each(others, |other| values::accepts(&rules, value, other));
        let as_object = (!value.is_object()).then(|| (Operator::AsObject, json!({})));
        for (operator, other) in others.into_iter().chain(as_object) {
            let mut message = example.clone();
            message.metadata.insert(name.clone(), other);
            mutants.push(named(operator, Part::Metadata, name, Reply::Message(message)));
        }
    }
    mutants
}

fn named(operator: Operator, part: Part, name: &str, reply: Reply) -> Mutant {
    Mutant {
        operator,
        part,
        path: name.to_owned(),
        field: name.to_owned(),
        is_permitted: operator == Operator::InRange,
        reply,
    }
}

fn rules_of(rules: &MatchingRules, category: Category, name: &str) -> RuleList {
    let mut category = rules.rules_for_category(category).unwrap_or_default();
    // Header names are not case-sensitive.
    category.rules = category
        .rules
        .into_iter()
        .map(|(path, rules)| (path.to_lower_case(), rules))
        .collect();
    category.select_best_matcher(&["$", &name.to_lowercase()])
}
