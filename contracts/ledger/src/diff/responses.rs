//! Changes of an operation's responses.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    Concern, Effect,
    api::{Findings, Sides, body, gets, has_parent, name, reads},
    limits,
    shape::{Fields, Shape, resolved},
    usage::Use,
};

impl Sides<'_> {
    /// Media types of a body that are no longer there.
    pub(super) fn media_types(&self, side: &str, old: &Value, new: &Value, uses: impl Fn(&Use) -> bool) -> Findings {
        let none = serde_json::Map::new();
        let (before, after) = (
            old["content"].as_object().unwrap_or(&none),
            new["content"].as_object().unwrap_or(&none),
        );
        let gone = before
            .keys()
            .filter(|media| !after.contains_key(*media) && !after.contains_key("*/*"));
        let findings = gone.map(|media| {
            // Bodies of pacts are JSON for the most part, and a pact rarely names another type. A provider that wants
            // no body at all most likely ignores it.
            let effect = if media.contains("json") && !(side == "request" && after.is_empty()) {
                Effect::Breaks
            } else {
                Effect::Warns
            };
            let concerned = self.concerned(|one| uses(one).then_some((effect, "it has a body")));
            (format!("{side}: {media} is gone"), concerned)
        });
        findings.collect()
    }

    /// Headers of a response that are gone, or no longer always there.
    fn headers(&self, status: &str, old: &Value, new: &Value) -> Findings {
        let (none, mut found) = (serde_json::Map::new(), Findings::new());
        let after = new["headers"].as_object().unwrap_or(&none);
        for (name, header) in old["headers"].as_object().unwrap_or(&none) {
            let is_required = |document: &Value, header: &Value| resolved(document, header)["required"] == true;
            let other = after.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
            let (what, effect) = match other {
                None => ("is gone", Effect::Breaks),
                Some((_, other)) if is_required(self.old, header) && !is_required(self.new, other) => {
                    ("is no longer always there", Effect::Warns)
                }
                Some(_) => continue,
            };
            let concerned = self.concerned(|one| {
                let reads = gets(one, status) && one.expects_header(name);
                reads.then_some((effect, "it is expected"))
            });
            found.push((format!("response {status}: header {name} {what}"), concerned));
        }
        found
    }

    pub(super) fn responses(&self, old: &Value, new: &Value) -> Findings {
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
                    let (one, other) = (resolved(self.old, response), resolved(self.new, other));
                    let side = format!("response {status}");
                    let reads_body = |one: &Use| gets(one, status) && one.response.is_some();
                    found.extend(self.headers(status, one, other));
                    found.extend(self.media_types(&side, one, other, reads_body));
                    let (mut before, mut after) = (body(self.old, one), body(self.new, other));
                    before.retain(|_, shape| !shape.write_only);
                    after.retain(|_, shape| !shape.write_only);
                    // A body that is gone as a whole is said by its media type.
                    let has_json = other["content"]
                        .as_object()
                        .is_some_and(|it| it.keys().any(|it| it.contains("json")));
                    if has_json {
                        found.extend(self.response(status, &before, &after));
                    }
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
                    found.push((format!("{side}: {} is gone", name(path)), readers(path, Effect::Breaks)));
                }
                continue;
            };
            found.extend(self.retyped(path, shape, known, &side, &|one, effect| {
                reads(one, status, path).then_some((effect, "it is read"))
            }));
            for change in limits::changes(&known.limits, &shape.limits) {
                let effect = if change.is_looser {
                    Effect::Warns
                } else {
                    Effect::LeavesAlone
                };
                found.push((format!("{side}: {} {}", name(path), change.what), readers(path, effect)));
            }
            if !known.values.is_empty() && shape.values.is_empty() {
                found.push((
                    format!("{side}: {} can be anything", name(path)),
                    readers(path, Effect::Warns),
                ));
            }
            if known.required && !shape.required {
                found.push((
                    format!("{side}: {path} is no longer always there"),
                    readers(path, Effect::Warns),
                ));
            }
            found.extend(Self::other_values(&side, path, known, shape, &readers));
        }
        let added = after
            .keys()
            .filter(|path| !before.contains_key(*path) && has_parent(before, path));
        found.extend(added.map(|path| (format!("{side}: {path} is new"), BTreeMap::new())));
        found
    }

    /// Values that a field may have now, or no longer has.
    fn other_values(
        side: &str,
        path: &str,
        known: &Shape,
        shape: &Shape,
        readers: &dyn Fn(&str, Effect) -> BTreeMap<String, Concern>,
    ) -> Findings {
        let mut found = Findings::new();
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
        found
    }
}
