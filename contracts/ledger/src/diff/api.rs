//! Changes of OpenAPI documents.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{
    Change, Concern, Effect, limits,
    parameters::judged,
    shape::{Fields, Shape, fields, is_within, resolved},
    usage::{Judged, Operation, Use, Users, at},
};

/// Operations of a document, by path and method, each with the path item that it is in.
type Operations<'a> = BTreeMap<(&'a str, &'a str), (&'a Value, &'a Value)>;

const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

pub(super) fn changes(old: &BTreeMap<String, Value>, new: &BTreeMap<String, Value>, users: &Users) -> Vec<Change> {
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let in_document = |name: &String| {
        let (before, after) = (
            old.get(name).unwrap_or(&Value::Null),
            new.get(name).unwrap_or(&Value::Null),
        );
        in_document(before, after, users)
    };
    names.into_iter().flat_map(in_document).collect()
}

fn in_document(old: &Value, new: &Value, users: &Users) -> Vec<Change> {
    let (before, after) = (operations(old), operations(new));
    let keys: BTreeSet<_> = before.keys().chain(after.keys()).copied().collect();
    let neighbours: Vec<&str> = keys.iter().map(|(path, _)| *path).collect();
    let mut changes = Vec::new();
    for (path, method) in keys {
        let operation = Operation {
            method,
            path,
            neighbours: neighbours.clone(),
        };
        let place = format!("{} {path}", method.to_uppercase());
        let at = |what: String, concerned: BTreeMap<String, Concern>| Change::new(&place, what, Vec::new(), concerned);
        match (before.get(&(path, method)), after.get(&(path, method))) {
            (Some(_), None) => {
                let concerned = users.concerned(&operation, |_| Some((Effect::Breaks, "it is called")));
                changes.push(at("the operation is gone".to_owned(), concerned));
            }
            (None, Some(_)) => changes.push(at("the operation is new".to_owned(), BTreeMap::new())),
            (Some(one), Some(other)) => {
                let sides = Sides {
                    old,
                    new,
                    users,
                    operation: &operation,
                };
                let found = [
                    sides.parameters(*one, *other),
                    sides.security(one.1, other.1),
                    sides.request(one.1, other.1),
                    sides.responses(one.1, other.1),
                ];
                changes.extend(found.into_iter().flatten().map(|(what, concerned)| at(what, concerned)));
            }
            (None, None) => {}
        }
    }
    changes
}

fn operations(document: &Value) -> Operations<'_> {
    let paths = document.get("paths").and_then(Value::as_object).into_iter().flatten();
    paths
        .flat_map(|(path, item)| {
            let item = resolved(document, item);
            let methods = METHODS
                .iter()
                .filter_map(move |method| Some((*method, (item, item.get(method)?))));
            methods.map(move |(method, operation)| ((path.as_str(), method), operation))
        })
        .collect()
}

/// Changes, each as text and with its effect on consumers.
pub(super) type Findings = Vec<(String, BTreeMap<String, Concern>)>;

/// Operation that both documents have.
pub(super) struct Sides<'a> {
    pub(super) old: &'a Value,
    pub(super) new: &'a Value,
    users: &'a Users,
    pub(super) operation: &'a Operation<'a>,
}

impl Sides<'_> {
    pub(super) fn concerned(&self, judge: impl Fn(&Use) -> Judged) -> BTreeMap<String, Concern> {
        self.users.concerned(self.operation, judge)
    }

    /// Says that callers may have to identify themselves in another way.
    fn security(&self, old: &Value, new: &Value) -> Findings {
        let of = |document: &Value, operation: &Value| {
            let own = operation.get("security").or_else(|| document.get("security")).cloned();
            own.unwrap_or_else(|| Value::Array(Vec::new()))
        };
        let mut found = Findings::new();
        if of(self.old, old) != of(self.new, new) {
            let concerned = self.concerned(|_| Some((Effect::Warns, "it is called")));
            found.push(("the security requirements changed".to_owned(), concerned));
        }
        found
    }

    fn request(&self, old: &Value, new: &Value) -> Findings {
        let (old, new) = (
            resolved(self.old, &old["requestBody"]),
            resolved(self.new, &new["requestBody"]),
        );
        let (mut before, mut after) = (body(self.old, old), body(self.new, new));
        before.retain(|_, shape| !shape.read_only);
        after.retain(|_, shape| !shape.read_only);
        let mut found = Findings::new();
        if new["required"] == true && old["required"] != true {
            let concerned = self.concerned(|one| one.request.is_none().then_some((Effect::Breaks, "none is sent")));
            found.push(("request: a body is now required".to_owned(), concerned));
        }
        found.extend(self.media_types("request", old, new, |one| one.request.is_some()));
        for (path, shape) in &after {
            let known = before.get(path);
            if shape.required && !path.is_empty() && known.is_none_or(|known| !known.required) {
                let concerned = self.concerned(|one| lacks(one, path).then_some((Effect::Breaks, "it is not sent")));
                found.push((format!("request: {path} is now required"), concerned));
            }
            if let Some(known) = known {
                found.extend(self.retyped(path, known, shape, "request", &|one, effect| {
                    let is_refused = sent(one, path).iter().any(|value| !shape.takes_type_of(value));
                    let is_wider = effect == Effect::LeavesAlone;
                    let judged = match effect {
                        Effect::Breaks => one.refused("it is sent"),
                        _ if is_refused && !is_wider => one.refused("it is sent"),
                        effect => (effect, "it is sent"),
                    };
                    sends(one, path).then_some(judged)
                }));
                found.extend(self.request_limits(path, known, shape, &after));
                for value in known
                    .values
                    .difference(&shape.values)
                    .filter(|_| !shape.values.is_empty())
                {
                    let concerned =
                        self.concerned(|one| sends_value(one, path, value).then(|| one.refused("it is sent")));
                    found.push((format!("request: {path} can no longer be {value}"), concerned));
                }
            }
        }
        found.extend(self.gone_from_request(&before, &after));
        found
    }

    /// Fields that a request no longer has. Where the schema takes no others, sending one is a break.
    fn gone_from_request(&self, before: &Fields, after: &Fields) -> Findings {
        let mut found = Findings::new();
        for path in before
            .keys()
            .filter(|path| !path.is_empty() && !after.contains_key(*path) && has_parent(after, path))
        {
            let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
            let is_closed = after
                .get(parent)
                .is_some_and(|it| it.limits.contains_key("additionalProperties"));
            let effect = if is_closed { Effect::Breaks } else { Effect::Warns };
            let concerned = self.concerned(|one| sends(one, path).then_some((effect, "it is sent")));
            found.push((format!("request: {path} is gone"), concerned));
        }
        found
    }

    /// Limits of a field of the request, and a list of values where there was none.
    fn request_limits(&self, path: &str, known: &Shape, shape: &Shape, after: &Fields) -> Findings {
        let mut found = Findings::new();
        for change in limits::changes(&known.limits, &shape.limits) {
            let concerned = self.concerned(|one| {
                let each = sent(one, path).into_iter().filter_map(|value| {
                    let refused = change.refuses(value).or_else(|| has_unknown(value, path, shape, after));
                    judged(one, change.is_tighter, refused)
                });
                each.min()
            });
            found.push((format!("request: {} {}", name(path), change.what), concerned));
        }
        if known.values.is_empty() && !shape.values.is_empty() {
            let is_listed = |value: &&Value| shape.values.iter().any(|listed| is_written(value, listed));
            let concerned = self.concerned(|one| {
                let values = sent(one, path);
                let all_listed = values.iter().all(is_listed);
                let judged = if all_listed {
                    (Effect::Warns, "it is sent")
                } else {
                    one.refused("it is sent")
                };
                (!values.is_empty()).then_some(judged)
            });
            let listed: Vec<&str> = shape.values.iter().map(String::as_str).collect();
            found.push((
                format!("request: {} can only be {}", name(path), listed.join(" or ")),
                concerned,
            ));
        }
        found
    }

    /// Change of a field's types. A type that the sender may produce (`given`) and the reader does not accept
    /// (`taken`) is a break. In requests the consumer sends, in responses the provider.
    pub(super) fn retyped(
        &self,
        path: &str,
        given: &Shape,
        taken: &Shape,
        side: &str,
        judge: &dyn Fn(&Use, Effect) -> Judged,
    ) -> Option<(String, BTreeMap<String, Concern>)> {
        if given.types == taken.types || given.types.is_empty() || taken.types.is_empty() {
            return None;
        }
        let verdict = if is_within(&given.types, &taken.types) {
            Effect::LeavesAlone
        } else if given.types.is_disjoint(&taken.types) {
            Effect::Breaks
        } else {
            Effect::Warns
        };
        let (old, new) = if side == "request" {
            (given, taken)
        } else {
            (taken, given)
        };
        let what = format!(
            "{side}: {} was {} and is {}",
            name(path),
            old.type_names(),
            new.type_names()
        );
        Some((what, self.concerned(|one| judge(one, verdict))))
    }
}

/// Fields of a JSON body.
pub(super) fn body(document: &Value, part: &Value) -> Fields {
    let contents = part["content"].as_object().into_iter().flatten();
    let schema = contents
        .into_iter()
        .find(|(name, _)| name.contains("json"))
        .and_then(|(_, content)| content.get("schema"));
    schema.map(|schema| fields(document, schema)).unwrap_or_default()
}

/// Says whether an interaction expects this status. Documents also write `2XX` and `default`.
pub(super) fn gets(one: &Use, status: &str) -> bool {
    let seen = one.status.to_string();
    let is_class = status.ends_with("XX") && status.get(..1) == seen.get(..1);
    status == "default" || status == seen || is_class
}

pub(super) fn reads(one: &Use, status: &str, path: &str) -> bool {
    gets(one, status) && one.response.as_ref().is_some_and(|body| !at(body, path).is_empty())
}

fn sends(one: &Use, path: &str) -> bool {
    !sent(one, path).is_empty()
}

/// Values that a request has at this path.
fn sent<'a>(one: &'a Use, path: &str) -> Vec<&'a Value> {
    one.request.as_ref().map_or_else(Vec::new, |body| at(body, path))
}

/// Says whether an object has a field that a schema without others does not list; `None` if others are allowed.
fn has_unknown(value: &Value, path: &str, shape: &Shape, fields: &Fields) -> Option<bool> {
    let closed = shape.limits.contains_key("additionalProperties");
    let names = value.as_object().filter(|_| closed)?;
    Some(names.keys().any(|name| !fields.contains_key(&format!("{path}/{name}"))))
}

/// Path for people: the root has no name of its own.
pub(super) fn name(path: &str) -> &str {
    if path.is_empty() { "the body" } else { path }
}

fn sends_value(one: &Use, path: &str, value: &str) -> bool {
    one.request
        .as_ref()
        .is_some_and(|body| at(body, path).iter().any(|sent| is_written(sent, value)))
}

/// Says whether `json` is the text of the value.
fn is_written(value: &Value, json: &str) -> bool {
    serde_json::to_string(value).is_ok_and(|text| text == json)
}

/// Says whether these fields contain the parent of the field.
pub(super) fn has_parent(fields: &Fields, path: &str) -> bool {
    path.rsplit_once('/')
        .is_none_or(|(parent, _)| fields.contains_key(parent))
}

/// Says whether a request has the parent of the field somewhere without the field.
fn lacks(one: &Use, path: &str) -> bool {
    let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
    let (body, nothing) = (one.request.as_ref(), Value::Null);
    let body = body.unwrap_or(&nothing);
    at(body, parent).len() > at(body, path).len() && !path.ends_with("/*")
}
