//! Use of operations by consumers, as their pacts say.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Concern, Effect};
use crate::{
    document::{Document, Interaction, Kind, Specification},
    source::FoundPact,
};

/// Effect of a change on one interaction, with the reason; `None` if it has none.
pub(super) type Judged = Option<(Effect, &'static str)>;

/// HTTP interactions of all consumers, of the old pacts and the new ones.
pub(super) struct Users {
    uses: Vec<Use>,
}

/// HTTP interaction of one consumer.
pub(super) struct Use {
    consumer: String,
    description: String,
    /// `true` if it is in the new pacts.
    is_current: bool,
    method: String,
    path: String,
    pub(super) status: u64,
    pub(super) request: Option<Value>,
    pub(super) response: Option<Value>,
    /// Headers and query parameters that are sent, by place and name, the name in lower case.
    parameters: Vec<(&'static str, String, String)>,
    /// Names of the headers that the response has to have, in lower case.
    response_headers: Vec<String>,
}

impl Use {
    /// Effect of a change that refuses what is sent: none on one who expects a refusal.
    pub(super) fn refused(&self, reason: &'static str) -> (Effect, &'static str) {
        match self.status {
            400 | 422 => (Effect::LeavesAlone, "it expects to be refused"),
            _ => (Effect::Breaks, reason),
        }
    }
}

impl Users {
    pub(super) fn of(old: &[FoundPact], new: &[FoundPact]) -> Self {
        let uses = |pacts: &[FoundPact], is_current: bool| -> Vec<Use> {
            let documents = pacts.iter().map(|found| &found.document);
            let all = documents.flat_map(|document| document.interactions().iter().map(move |one| (document, one)));
            all.filter(|(_, interaction)| interaction.kind == Kind::Http)
                .map(|(document, interaction)| Use::of(document, interaction, is_current))
                .collect()
        };
        let mut all = uses(new, true);
        all.extend(uses(old, false));
        Self { uses: all }
    }

    /// Effect of a change on each consumer that uses this operation. `judge` sees one interaction at a time, and
    /// returns `None` if the change does not concern it. If only the old pacts use what is taken away, versions
    /// with those pacts may still be live, so the effect is a warning.
    pub(super) fn concerned(
        &self,
        operation: &Operation<'_>,
        judge: impl Fn(&Use) -> Judged,
    ) -> BTreeMap<String, Concern> {
        let mut all: BTreeMap<String, Concern> = BTreeMap::new();
        for one in self.uses.iter().filter(|one| operation.is_called_by(one)) {
            let Some((mut effect, why)) = judge(one) else { continue };
            let mut why = format!("{why} in '{}'", one.description);
            if !one.is_current {
                effect = effect.max(Effect::Warns);
                why.push_str(", as its pact was before");
            }
            let concern = Concern::new(effect, why);
            let worst = all.entry(one.consumer.clone()).or_insert_with(|| concern.clone());
            if concern.effect < worst.effect {
                *worst = concern;
            }
        }
        all
    }
}

impl Use {
    fn of(document: &Document, interaction: &Interaction, is_current: bool) -> Self {
        let (request, response) = (&interaction.raw["request"], &interaction.raw["response"]);
        let text = |value: &Value, otherwise: &str| value.as_str().unwrap_or(otherwise).to_owned();
        Self {
            consumer: document.consumer().to_owned(),
            description: interaction.description.clone(),
            is_current,
            method: text(&request["method"], "GET").to_uppercase(),
            path: text(&request["path"], "/"),
            status: response["status"].as_u64().unwrap_or(200),
            request: body(document.version(), request),
            response: body(document.version(), response),
            parameters: sent("header", &request["headers"])
                .chain(sent("query", &request["query"]))
                .collect(),
            response_headers: sent("header", &response["headers"]).map(|(_, name, _)| name).collect(),
        }
    }

    /// Values that are sent for a parameter of an operation.
    pub(super) fn values(&self, operation: &Operation<'_>, place: &str, name: &str) -> Vec<&str> {
        if place == "path" {
            let template = operation.path.split('/').zip(self.path.split('/'));
            let hole = format!("{{{name}}}");
            return template
                .filter(|(part, _)| *part == hole)
                .map(|(_, value)| value)
                .collect();
        }
        if place == "cookie" {
            let cookies = self.parameters.iter().filter(|(_, header, _)| header == "cookie");
            let pairs = cookies.flat_map(|(_, _, text)| text.split("; ").filter_map(|pair| pair.split_once('=')));
            return pairs
                .filter(|(cookie, _)| *cookie == name)
                .map(|(_, value)| value)
                .collect();
        }
        let named = |sent: &&(&str, String, String)| sent.0 == place && sent.1 == name.to_lowercase();
        let sent = self.parameters.iter().filter(named);
        sent.map(|(_, _, value)| value.as_str()).collect()
    }

    pub(super) fn expects_header(&self, name: &str) -> bool {
        self.response_headers.contains(&name.to_lowercase())
    }
}

/// Headers or parameters with each value, the names in lower case. Version 2 writes the query as the text of a URL.
fn sent(place: &'static str, fields: &Value) -> impl Iterator<Item = (&'static str, String, String)> {
    let written = form_urlencoded::parse(fields.as_str().unwrap_or_default().as_bytes());
    let written = written.map(|(name, value)| (name.to_lowercase(), value.into_owned()));
    let named = fields.as_object().into_iter().flatten().flat_map(|(name, value)| {
        let one = std::slice::from_ref(value);
        let values = value.as_array().map_or(one, Vec::as_slice).iter();
        values.map(move |value| {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            (name.to_lowercase(), text)
        })
    });
    let all: Vec<(String, String)> = written.chain(named).collect();
    all.into_iter().map(move |(name, value)| (place, name, value))
}

/// Body as JSON, out of the wrapper that version 4 has around it.
fn body(version: Specification, part: &Value) -> Option<Value> {
    let body = part.get("body").filter(|body| !body.is_null())?;
    match version {
        Specification::V4 => body.get("content").cloned(),
        _ => Some(body.clone()),
    }
}

/// Values in a body at a path of a schema, where `*` stands for every element.
pub(super) fn at<'a>(body: &'a Value, path: &str) -> Vec<&'a Value> {
    let mut found = vec![body];
    for name in path.split('/').skip(1) {
        found = found
            .into_iter()
            .flat_map(|value| match (name, value) {
                ("*", Value::Array(items)) => items.iter().collect(),
                (name, Value::Object(fields)) => fields.get(name).into_iter().collect(),
                _ => Vec::new(),
            })
            .collect();
    }
    found
}

/// Operation of an API, with the paths of all others. If several paths fit a request, the one with the fewest
/// placeholders is meant.
pub(super) struct Operation<'a> {
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    pub(super) neighbours: Vec<&'a str>,
}

impl Operation<'_> {
    fn is_called_by(&self, one: &Use) -> bool {
        let better = |other: &&&str| fits(other, &one.path) && holes(other) < holes(self.path);
        self.method.eq_ignore_ascii_case(&one.method)
            && fits(self.path, &one.path)
            && !self.neighbours.iter().any(|other| better(&other))
    }
}

fn fits(template: &str, path: &str) -> bool {
    let path = path.split('?').next().unwrap_or(path);
    let (template, path): (Vec<&str>, Vec<&str>) = (template.split('/').collect(), path.split('/').collect());
    template.len() == path.len()
        && template.iter().zip(&path).all(|(wanted, seen)| {
            if wanted.starts_with('{') {
                !seen.is_empty()
            } else {
                wanted == seen
            }
        })
}

fn holes(template: &str) -> usize {
    template.matches('{').count()
}
