use std::{collections::BTreeMap, fmt};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::Value;

use crate::template::{self, Unclosed};

/// The values that a template may name.
pub(crate) type Variables = BTreeMap<String, Value>;

/// All but the unreserved characters of RFC 3986: a value stays within its path segment or query parameter.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A name between `${` and `}` that has no value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} has no value: the step that saves it was left out, or its answer lacked it")]
pub(crate) struct Unset(pub(crate) String);

/// A text that names variables, in the grammar of [`crate::template`]. `${a.b}` is field `b` of variable `a`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Template {
    source: String,
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Name(String),
}

impl Template {
    /// The text as it was written.
    pub(crate) fn source(&self) -> &str {
        &self.source
    }

    /// The names that it refers to.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Name(name) => Some(name.as_str()),
            Part::Text(_) => None,
        })
    }

    /// The text with every name filled in.
    pub(crate) fn text(&self, variables: &Variables) -> Result<String, Unset> {
        self.filled(variables, |text| text)
    }

    /// The text with every name filled in and its value percent-encoded, for paths and queries.
    pub(crate) fn path(&self, variables: &Variables) -> Result<String, Unset> {
        self.filled(variables, |text| utf8_percent_encode(&text, RESERVED).to_string())
    }

    /// The value itself, with its type, if the template is nothing but one name; a text otherwise.
    pub(crate) fn value(&self, variables: &Variables) -> Result<Value, Unset> {
        match self.parts.as_slice() {
            [Part::Name(name)] => lookup(variables, name).cloned(),
            _ => self.text(variables).map(Value::String),
        }
    }

    fn filled(&self, variables: &Variables, encode: fn(String) -> String) -> Result<String, Unset> {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Text(literal) => text.push_str(literal),
                Part::Name(name) => text.push_str(&encode(as_text(lookup(variables, name)?))),
            }
        }
        Ok(text)
    }
}

impl TryFrom<String> for Template {
    type Error = Unclosed;

    fn try_from(source: String) -> Result<Self, Unclosed> {
        let owned = |part: &template::Part<'_>| match *part {
            template::Part::Text(text) => Part::Text(text.to_owned()),
            template::Part::Name(name) => Part::Name(name.to_owned()),
        };
        let parts = template::parse(&source)?.iter().map(owned).collect();
        Ok(Self { source, parts })
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)
    }
}

/// A JSON value whose texts are templates. A text that is nothing but one `${name}` becomes the variable's value,
/// with its type.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(try_from = "Value")]
pub(crate) enum JsonTemplate {
    Text(Template),
    Items(Vec<JsonTemplate>),
    Fields(Vec<(String, JsonTemplate)>),
    /// A number, a flag or null.
    Plain(Value),
}

impl JsonTemplate {
    /// The value with every name filled in.
    pub(crate) fn value(&self, variables: &Variables) -> Result<Value, Unset> {
        match self {
            Self::Text(template) => template.value(variables),
            Self::Items(items) => items.iter().map(|item| item.value(variables)).collect(),
            Self::Fields(fields) => fields
                .iter()
                .map(|(name, field)| Ok((name.clone(), field.value(variables)?)))
                .collect(),
            Self::Plain(value) => Ok(value.clone()),
        }
    }

    /// The names that it refers to, anywhere in it.
    pub(crate) fn names(&self) -> Vec<&str> {
        match self {
            Self::Text(template) => template.names().collect(),
            Self::Items(items) => items.iter().flat_map(Self::names).collect(),
            Self::Fields(fields) => fields.iter().flat_map(|(_, field)| field.names()).collect(),
            Self::Plain(_) => Vec::new(),
        }
    }
}

impl TryFrom<Value> for JsonTemplate {
    type Error = Unclosed;

    fn try_from(value: Value) -> Result<Self, Unclosed> {
        Ok(match value {
            Value::String(text) => Self::Text(text.try_into()?),
            Value::Array(items) => Self::Items(items.into_iter().map(Self::try_from).collect::<Result<_, _>>()?),
            Value::Object(fields) => Self::Fields(
                fields
                    .into_iter()
                    .map(|(name, field)| Ok((name, field.try_into()?)))
                    .collect::<Result<_, _>>()?,
            ),
            plain => Self::Plain(plain),
        })
    }
}

fn lookup<'a>(variables: &'a Variables, name: &str) -> Result<&'a Value, Unset> {
    let mut path = name.split('.');
    let first = path.next().and_then(|first| variables.get(first));
    path.fold(first, |value, field| value.and_then(|value| value.get(field)))
        .ok_or_else(|| Unset(name.to_owned()))
}

/// A string as it is, anything else as JSON.
pub(crate) fn as_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn variables() -> Variables {
        Variables::from([
            ("n".to_owned(), json!(3)),
            ("id".to_owned(), json!("a/b ..")),
            ("items".to_owned(), json!([{"sku": "mug"}])),
            ("product".to_owned(), json!({"sku": "mug", "price": {"cents": 5}})),
        ])
    }

    fn rendered(template: Value) -> Result<Value, Unset> {
        JsonTemplate::try_from(template).unwrap().value(&variables())
    }

    fn text(template: &str) -> Template {
        template.to_owned().try_into().unwrap()
    }

    #[test]
    fn a_lone_name_keeps_the_type_of_its_value() {
        assert_eq!(
            rendered(json!({"quantity": "${n}", "items": "${items}", "of": "no ${n}"})),
            Ok(json!({"quantity": 3, "items": [{"sku": "mug"}], "of": "no 3"}))
        );
    }

    #[test]
    fn a_dotted_name_reaches_into_a_value() {
        assert_eq!(rendered(json!("${product.price.cents}")), Ok(json!(5)));
    }

    #[test]
    fn a_value_in_a_path_stays_within_its_segment() {
        assert_eq!(
            text("/orders/${id}?n=${n}").path(&variables()),
            Ok("/orders/a%2Fb%20..?n=3".to_owned())
        );
    }

    #[test]
    fn a_name_without_a_value_is_named() {
        assert_eq!(
            text("x ${product.nothing}").text(&variables()),
            Err(Unset("product.nothing".to_owned()))
        );
    }

    #[test]
    fn every_name_in_a_nested_value_is_found_and_an_escaped_one_is_text() {
        let nested = JsonTemplate::try_from(json!([{"a": "${x}-${y.z}"}, 4, "$${ open"])).unwrap();
        assert_eq!(nested.names(), ["x", "y.z"]);
        assert_eq!(rendered(json!("costs $${n}")), Ok(json!("costs ${n}")));
    }

    #[test]
    fn a_name_without_its_end_is_refused() {
        assert!(JsonTemplate::try_from(json!({"a": ["${x"]})).is_err());
    }
}
