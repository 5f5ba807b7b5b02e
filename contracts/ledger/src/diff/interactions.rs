//! Changes of the pacts themselves.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Change, Concern, Effect};
use crate::{document::Document, source::FoundPact};

/// Interactions of a pact by name.
type Named = BTreeMap<String, Value>;

pub(super) fn changes(old: &[FoundPact], new: &[FoundPact]) -> Vec<Change> {
    let (old, new) = (by_pair(old), by_pair(new));
    let mut changes = Vec::new();
    let nothing = Named::new();
    let pairs: std::collections::BTreeSet<_> = old.keys().chain(new.keys()).collect();
    for pair in pairs {
        let (before, after) = (old.get(pair).unwrap_or(&nothing), new.get(pair).unwrap_or(&nothing));
        changes.extend(in_pair(pair, before, after));
    }
    changes
}

fn in_pair((consumer, provider): &(String, String), old: &Named, new: &Named) -> Vec<Change> {
    let place = format!("pact of {consumer} with {provider}");
    let asks = Concern::new(
        Effect::Warns,
        format!("{provider} has to pass it before this version of {consumer} can go anywhere: seam verify {provider}"),
    );
    let change = |what: String, details: Vec<String>, concern: Concern| {
        Change::new(&place, what, details, BTreeMap::from([(consumer.clone(), concern)]))
    };
    let mut changes = Vec::new();
    for (name, interaction) in new {
        match old.get(name) {
            None => changes.push(change(format!("new: {name}"), Vec::new(), asks.clone())),
            Some(before) if before != interaction => {
                changes.push(change(
                    format!("changed: {name}"),
                    differences(before, interaction),
                    asks.clone(),
                ));
            }
            Some(_) => {}
        }
    }
    for name in old.keys().filter(|name| !new.contains_key(*name)) {
        let free = Concern::new(Effect::LeavesAlone, format!("{consumer} no longer needs it"));
        changes.push(change(format!("gone: {name}"), Vec::new(), free));
    }
    changes
}

fn by_pair(pacts: &[FoundPact]) -> BTreeMap<(String, String), Named> {
    let mut pairs: BTreeMap<_, Named> = BTreeMap::new();
    for FoundPact { document, .. } in pacts {
        let pair = (document.consumer().to_owned(), document.provider().to_owned());
        pairs.entry(pair).or_default().extend(named(document));
    }
    pairs
}

/// Names the interactions by description and states. Those that share both are told apart by a number.
fn named(document: &Document) -> Named {
    let mut all = Named::new();
    let canonical = document.canonical();
    for interaction in canonical["interactions"].as_array().into_iter().flatten() {
        let description = interaction["description"].as_str().unwrap_or_default();
        let mut name = format!("'{description}'");
        let states: Vec<String> = ["providerStates", "providerState"]
            .iter()
            .filter_map(|field| interaction.get(field))
            .flat_map(|states| states.as_array().cloned().unwrap_or_else(|| vec![states.clone()]))
            .map(|state| {
                state
                    .get("name")
                    .unwrap_or(&state)
                    .as_str()
                    .unwrap_or_default()
                    .to_owned()
            })
            .collect();
        if !states.is_empty() {
            name.push_str(&format!(" where {}", states.join(" and ")));
        }
        let same = all
            .keys()
            .filter(|other: &&String| **other == name || other.starts_with(&format!("{name} #")))
            .count();
        if same > 0 {
            name.push_str(&format!(" #{}", same + 1));
        }
        all.insert(name, interaction.clone());
    }
    all
}

/// Values that differ, each as text with its path.
fn differences(old: &Value, new: &Value) -> Vec<String> {
    let mut all = Vec::new();
    walk(&mut all, "", Some(old), Some(new));
    all
}

fn walk(all: &mut Vec<String>, path: &str, old: Option<&Value>, new: Option<&Value>) {
    match (old, new) {
        (Some(Value::Object(before)), Some(Value::Object(after))) => {
            let names: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
            for name in names {
                walk(all, &format!("{path}/{name}"), before.get(name), after.get(name));
            }
        }
        (Some(Value::Array(before)), Some(Value::Array(after))) => {
            for index in 0..before.len().max(after.len()) {
                walk(all, &format!("{path}/{index}"), before.get(index), after.get(index));
            }
        }
        (Some(before), Some(after)) if before != after => {
            all.push(format!("{path}: {} is now {}", short(before), short(after)))
        }
        (Some(before), None) => all.push(format!("{path}: {} is gone", short(before))),
        (None, Some(after)) => all.push(format!("{path}: {} is new", short(after))),
        _ => {}
    }
}

/// Beginning of a value, long enough to recognise it.
fn short(value: &Value) -> String {
    const MOST: usize = 80;
    let text = value.to_string();
    if text.chars().count() <= MOST {
        return text;
    }
    text.chars().take(MOST).collect::<String>() + "..."
}
