//! Mutations of a body by its format.

use pact_models::{content_types::ContentType, matchingrules::MatchingRuleCategory, path_exp::DocPath};
use serde_json::Value;

use super::{
    Operator,
    body::{self, Edit},
    values::{self, one_of_each},
    xml::Xml,
};
use crate::text_rules::rules_at;

/// Body, read in a format whose parts can be changed one by one.
pub(super) enum Format {
    Json(Value),
    Text(String),
    Form(Vec<(String, String)>),
    Xml(Xml),
    /// Multipart, octets, XML with namespaces, and whatever is not what its media type says.
    Other,
}

impl Format {
    /// Reads a body. One without a media type is JSON or nothing that is known.
    pub(super) fn of(body: &[u8], content_type: Option<&ContentType>) -> Self {
        let text = || String::from_utf8(body.to_vec()).ok();
        let read = match content_type {
            Some(named) if named.is_xml() => text().and_then(Xml::read).map(Self::Xml),
            Some(named) if named.is_form_urlencoded() => {
                Some(Self::Form(form_urlencoded::parse(body).into_owned().collect()))
            }
            Some(named) if named.main_type == "text" && !named.is_json() => text().map(Self::Text),
            _ => serde_json::from_slice(body).ok().map(Self::Json),
        };
        read.unwrap_or(Self::Other)
    }

    /// Builds every change of the body. Nothing but the whole is changed where the format is not known.
    pub(super) fn edits(&self, rules: &MatchingRuleCategory) -> Vec<Edit> {
        match self {
            Self::Json(example) => body::edits(example, rules),
            Self::Text(example) => {
                let path = DocPath::root();
                let others = others(&path, example, rules).into_iter();
                let edits = others.map(|(operator, other)| edit(operator, &path, other));
                std::iter::once(Edit::left_out()).chain(edits).collect()
            }
            Self::Xml(document) => document.edits(rules),
            Self::Form(fields) => of_form(fields, rules),
            Self::Other => vec![Edit::left_out()],
        }
    }
}

fn of_form(fields: &[(String, String)], rules: &MatchingRuleCategory) -> Vec<Edit> {
    let mut edits = vec![Edit::left_out()];
    for (index, (name, value)) in fields.iter().enumerate() {
        let path = DocPath::root().join(name.as_str());
        let mut with = |operator, field: Option<(String, String)>| {
            let mut changed = fields.to_vec();
            changed.splice(index..=index, field);
            let mut text = form_urlencoded::Serializer::new(String::new());
            edits.push(edit(operator, &path, text.extend_pairs(changed).finish()));
        };
        if fields.len() > 1 {
            with(Operator::Dropped, None);
        }
        with(Operator::Renamed, Some((format!("{name}_"), value.clone())));
        for (operator, other) in others(&path, value, rules) {
            with(operator, Some((name.clone(), other)));
        }
    }
    edits
}

/// A text that the rules at `path` accept, and one that they refuse, if there are such.
pub(super) fn others(path: &DocPath, example: &str, rules: &MatchingRuleCategory) -> Vec<(Operator, String)> {
    let rules = rules_at(path, rules);
    // An empty body is one that is left out, which is tried already.
    let others = values::texts(&rules, example).into_iter();
    let others = others.filter(|other| !other.is_empty());
    one_of_each(others, |other| values::accepts_text(&rules, example, other))
}

/// Builds a change whose operator says whether the pact permits it.
pub(super) fn edit(operator: Operator, path: &DocPath, text: String) -> Edit {
    Edit {
        operator,
        path: path.clone(),
        is_permitted: operator == Operator::InRange,
        body: text.into_bytes(),
    }
}
