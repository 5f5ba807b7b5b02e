//! Changes of an operation's parameters.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    Effect,
    api::{Findings, Sides},
    limits,
    shape::{Shape, fields, is_within, resolved},
    usage::{Judged, Use},
};

/// Parameter of an operation.
pub(super) struct Parameter<'a> {
    is_required: bool,
    shape: Shape,
    json: &'a Value,
}

/// Parameters by place (`path`, `query`, `header` or `cookie`) and name; names of headers are in lower case.
type Parameters<'a> = BTreeMap<(String, String), Parameter<'a>>;

/// Parameters of the path item and of the operation, whose own hide those of the item.
fn parameters<'a>(document: &'a Value, item: &'a Value, operation: &'a Value) -> Parameters<'a> {
    let mut all = Parameters::new();
    let listed = [item, operation]
        .into_iter()
        .filter_map(|list| list["parameters"].as_array());
    for parameter in listed.flatten() {
        let json = resolved(document, parameter);
        let (Some(place), Some(name)) = (json["in"].as_str(), json["name"].as_str()) else {
            continue;
        };
        let name = if place == "header" {
            name.to_lowercase()
        } else {
            name.to_owned()
        };
        // Swagger 2 writes the schema into the parameter itself.
        let schema = json.get("schema").unwrap_or(json);
        let parameter = Parameter {
            is_required: json["required"] == true,
            shape: fields(document, schema).remove("").unwrap_or_default(),
            json,
        };
        all.insert((place.to_owned(), name), parameter);
    }
    all
}

impl Sides<'_> {
    pub(super) fn parameters(&self, old: (&Value, &Value), new: (&Value, &Value)) -> Findings {
        let (before, after) = (parameters(self.old, old.0, old.1), parameters(self.new, new.0, new.1));
        let mut found = Findings::new();
        for (key, parameter) in &after {
            let known = before.get(key);
            let (place, name) = (key.0.as_str(), parameter.json["name"].as_str().unwrap_or(&key.1));
            if parameter.is_required && place != "path" && known.is_none_or(|known| !known.is_required) {
                let concerned = self.concerned(|one| {
                    let lacks = one.values(self.operation, place, name).is_empty();
                    lacks.then_some((Effect::Breaks, "it is not sent"))
                });
                found.push((format!("parameter {name} is now required"), concerned));
            }
            if let Some(known) = known {
                self.changed((place, name), known, parameter, &mut found);
            }
        }
        for ((place, key), known) in before.iter().filter(|(key, _)| !after.contains_key(*key)) {
            let name = known.json["name"].as_str().unwrap_or(key);
            let concerned = self.sent(place, name, |_, _| Some((Effect::Warns, "it is sent")));
            found.push((format!("parameter {name} is gone"), concerned));
        }
        found
    }

    fn changed(&self, (place, name): (&str, &str), old: &Parameter<'_>, new: &Parameter<'_>, found: &mut Findings) {
        let (known, shape) = (&old.shape, &new.shape);
        if known.types != shape.types && !known.types.is_empty() && !shape.types.is_empty() {
            // Parameters are text, so that a parameter of type string takes what any other type looks like.
            let is_wider = shape.types.contains("string") || is_within(&known.types, &shape.types);
            let apart = known.types.is_disjoint(&shape.types);
            let concerned = self.sent(place, name, |one, value| {
                let fits = shape.takes_type_of(&read(value, shape));
                Some(match (is_wider, apart || !fits) {
                    (true, _) => (Effect::LeavesAlone, "it is sent"),
                    (false, true) => one.refused("it is sent"),
                    (false, false) => (Effect::Warns, "it is sent"),
                })
            });
            let (was, is) = (known.type_names(), shape.type_names());
            found.push((format!("parameter {name} was {was} and is {is}"), concerned));
        }
        if !shape.values.is_empty() && !known.values.is_subset(&shape.values)
            || known.values.is_empty() != shape.values.is_empty()
        {
            let concerned = self.sent(place, name, |one, value| {
                let is_listed = shape.values.is_empty() || shape.values.iter().any(|listed| is_text_of(value, listed));
                (!is_listed).then(|| one.refused("another value is sent"))
            });
            let listed: Vec<&str> = shape.values.iter().map(String::as_str).collect();
            let listed = if listed.is_empty() {
                "anything".to_owned()
            } else {
                listed.join(" or ")
            };
            found.push((format!("parameter {name} can be {listed}"), concerned));
        }
        for change in limits::changes(&known.limits, &shape.limits) {
            let concerned = self.sent(place, name, |one, value| {
                judged(one, change.is_tighter, change.refuses(&read(value, shape)))
            });
            found.push((format!("parameter {name}: {}", change.what), concerned));
        }
        if ["style", "explode", "collectionFormat"]
            .iter()
            .any(|part| old.json.get(part) != new.json.get(part))
        {
            let concerned = self.sent(place, name, |_, _| Some((Effect::Warns, "it is sent")));
            found.push((format!("parameter {name} is written in another way"), concerned));
        }
    }

    /// Effect on those who send the parameter, by the worst of the values that they send.
    fn sent(&self, place: &str, name: &str, judge: impl Fn(&Use, &str) -> Judged) -> BTreeMap<String, super::Concern> {
        self.concerned(|one| {
            let values = one.values(self.operation, place, name);
            values.iter().filter_map(|value| judge(one, value)).min()
        })
    }
}

/// Effect of a limit on one who sends a value: a break if it is refused, a warning if other values might be.
pub(super) fn judged(one: &Use, is_tighter: bool, refused: Option<bool>) -> Judged {
    match (is_tighter, refused) {
        (false, _) => None,
        (true, Some(true)) => Some(one.refused("a value is sent that it refuses")),
        (true, _) => Some((Effect::Warns, "it is sent")),
    }
}

/// Value of a parameter as its type reads the text.
fn read(text: &str, shape: &Shape) -> Value {
    let is_text = shape.types.is_empty() || shape.types.contains("string");
    let parsed = if is_text { None } else { serde_json::from_str(text).ok() };
    parsed.unwrap_or_else(|| text.into())
}

/// Says whether a listed value, which is JSON text, looks like this in a URL or a header.
fn is_text_of(text: &str, listed: &str) -> bool {
    let listed: Option<Value> = serde_json::from_str(listed).ok();
    listed.is_some_and(|listed| listed.as_str().map_or_else(|| listed.to_string(), str::to_owned) == text)
}
