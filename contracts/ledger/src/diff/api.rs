//! Changes of OpenAPI documents.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{
    Change, Concern, Effect,
    shape::{Fields, Shape, fields, resolved},
    usage::{Judged, Operation, Use, Users, at},
};

/// Operations of a document, by path and method.
type Operations<'a> = BTreeMap<(&'a str, &'a str), &'a Value>;

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
                    sides.parameters(one, other),
                    sides.request(one, other),
                    sides.responses(one, other),
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
            let methods = METHODS
                .iter()
                .filter_map(move |method| Some((*method, item.get(method)?)));
            methods.map(move |(method, operation)| ((path.as_str(), method), operation))
        })
        .collect()
}

/// Changes, each as text and with its effect on consumers.
type Findings = Vec<(String, BTreeMap<String, Concern>)>;

/// Operation that both documents have.
struct Sides<'a> {
    old: &'a Value,
    new: &'a Value,
    users: &'a Users,
    operation: &'a Operation<'a>,
}

impl Sides<'_> {
    fn concerned(&self, judge: impl Fn(&Use) -> Judged) -> BTreeMap<String, Concern> {
        self.users.concerned(self.operation, judge)
    }

    fn parameters(&self, old: &Value, new: &Value) -> Findings {
        let (before, after) = (required_parameters(self.old, old), required_parameters(self.new, new));
        let added = after.difference(&before).map(|name| {
            let concerned =
                self.concerned(|one| (!one.sends_parameter(name)).then_some((Effect::Breaks, "it is not sent")));
            (format!("parameter {name} is now required"), concerned)
        });
        added.collect()
    }

    fn request(&self, old: &Value, new: &Value) -> Findings {
        let (old, new) = (
            resolved(self.old, &old["requestBody"]),
            resolved(self.new, &new["requestBody"]),
        );
        let (before, after) = (body(self.old, old), body(self.new, new));
        let mut found = Findings::new();
        for (path, shape) in &after {
            let known = before.get(path);
            if shape.required && !path.is_empty() && known.is_none_or(|known| !known.required) {
                let concerned = self.concerned(|one| lacks(one, path).then_some((Effect::Breaks, "it is not sent")));
                found.push((format!("request: {path} is now required"), concerned));
            }
            if let Some(known) = known {
                found.extend(self.retyped(path, known, shape, "request", &|one, effect| {
                    sends(one, path).then_some((effect, "it is sent"))
                }));
                for value in known
                    .values
                    .difference(&shape.values)
                    .filter(|_| !shape.values.is_empty())
                {
                    let concerned =
                        self.concerned(|one| sends_value(one, path, value).then_some((Effect::Breaks, "it is sent")));
                    found.push((format!("request: {path} can no longer be {value}"), concerned));
                }
            }
        }
        for path in before
            .keys()
            .filter(|path| !after.contains_key(*path) && has_parent(&after, path))
        {
            let concerned = self.concerned(|one| sends(one, path).then_some((Effect::Warns, "it is sent")));
            found.push((format!("request: {path} is gone"), concerned));
        }
        found
    }

    fn responses(&self, old: &Value, new: &Value) -> Findings {
        let none = serde_json::Map::new();
        let (before, after) = (
            old["responses"].as_object().unwrap_or(&none),
            new["responses"].as_object().unwrap_or(&none),
        );
        let mut found = Findings::new();
        for (status, response) in before {
            match after.get(status) {
                None => {
                    let concerned =
                        self.concerned(|one| gets(one, status).then_some((Effect::Breaks, "it is expected")));
                    found.push((format!("response {status} is gone"), concerned));
                }
                Some(other) => {
                    let one = body(self.old, resolved(self.old, response));
                    found.extend(self.response(status, &one, &body(self.new, resolved(self.new, other))));
                }
            }
        }
        let added = after.keys().filter(|status| !before.contains_key(*status));
        found.extend(added.map(|status| (format!("response {status} is new"), BTreeMap::new())));
        found
    }

    fn response(&self, status: &str, before: &Fields, after: &Fields) -> Findings {
        let side = format!("response {status}");
        let readers = |path: &str, effect: Effect| {
            self.concerned(|one| reads(one, status, path).then_some((effect, "it is read")))
        };
        let mut found = Findings::new();
        for (path, known) in before {
            let Some(shape) = after.get(path) else {
                // If the parent is gone too, its own line says so.
                if has_parent(after, path) {
                    found.push((format!("{side}: {path} is gone"), readers(path, Effect::Breaks)));
                }
                continue;
            };
            found.extend(self.retyped(path, shape, known, &side, &|one, effect| {
                reads(one, status, path).then_some((effect, "it is read"))
            }));
            if known.required && !shape.required {
                found.push((
                    format!("{side}: {path} is no longer always there"),
                    readers(path, Effect::Warns),
                ));
            }
            for value in shape
                .values
                .difference(&known.values)
                .filter(|_| !known.values.is_empty())
            {
                found.push((
                    format!("{side}: {path} can be {value} too"),
                    readers(path, Effect::Warns),
                ));
            }
            for value in known
                .values
                .difference(&shape.values)
                .filter(|_| !shape.values.is_empty())
            {
                found.push((
                    format!("{side}: {path} is never {value} any more"),
                    readers(path, Effect::Warns),
                ));
            }
        }
        let added = after
            .keys()
            .filter(|path| !before.contains_key(*path) && has_parent(before, path));
        found.extend(added.map(|path| (format!("{side}: {path} is new"), BTreeMap::new())));
        found
    }

    /// Change of a field's types. A type that the sender may produce (`given`) and the reader does not accept
    /// (`taken`) is a break. In requests the consumer sends, in responses the provider.
    fn retyped(
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
        let verdict = if given.types.is_subset(&taken.types) {
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
        let list = |shape: &Shape| shape.types.iter().cloned().collect::<Vec<_>>().join(" or ");
        let what = format!("{side}: {path} was {} and is {}", list(old), list(new));
        Some((what, self.concerned(|one| judge(one, verdict))))
    }
}

fn required_parameters(document: &Value, operation: &Value) -> BTreeSet<String> {
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    parameters
        .map(|parameter| resolved(document, parameter))
        .filter(|parameter| parameter["required"] == true && parameter["in"] != "path")
        .filter_map(|parameter| parameter["name"].as_str().map(str::to_owned))
        .collect()
}

/// Fields of a JSON body.
fn body(document: &Value, part: &Value) -> Fields {
    let contents = part["content"].as_object().into_iter().flatten();
    let schema = contents
        .into_iter()
        .find(|(name, _)| name.contains("json"))
        .and_then(|(_, content)| content.get("schema"));
    schema.map(|schema| fields(document, schema)).unwrap_or_default()
}

/// Says whether an interaction expects this status. Documents also write `2XX` and `default`.
fn gets(one: &Use, status: &str) -> bool {
    let seen = one.status.to_string();
    let is_class = status.ends_with("XX") && status.get(..1) == seen.get(..1);
    status == "default" || status == seen || is_class
}

fn reads(one: &Use, status: &str, path: &str) -> bool {
    gets(one, status) && one.response.as_ref().is_some_and(|body| !at(body, path).is_empty())
}

fn sends(one: &Use, path: &str) -> bool {
    one.request.as_ref().is_some_and(|body| !at(body, path).is_empty())
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
fn has_parent(fields: &Fields, path: &str) -> bool {
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
