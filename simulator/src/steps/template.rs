use std::collections::BTreeMap;

use serde_json::Value;

/// The values a template may name.
pub(crate) type Variables = BTreeMap<String, Value>;

/// A name between `${` and `}` that has no value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} has no value: nothing gave or saved one")]
pub(crate) struct Unset(pub(crate) String);

/// The value with every `${name}` in its strings filled in.
///
/// A string that is nothing but one `${name}` becomes the value itself, with its type; elsewhere a value is put in as text.
pub(crate) fn render(template: &Value, variables: &Variables) -> Result<Value, Unset> {
    Ok(match template {
        Value::String(text) => match parts(text).as_slice() {
            [Part::Name(name)] => lookup(variables, name)?.clone(),
            parts => Value::String(join(parts, variables, |text| text)?),
        },
        Value::Array(items) => Value::Array(
            items
                .iter()
                .map(|item| render(item, variables))
                .collect::<Result<_, _>>()?,
        ),
        Value::Object(fields) => Value::Object(
            fields
                .iter()
                .map(|(name, field)| Ok((name.clone(), render(field, variables)?)))
                .collect::<Result<_, _>>()?,
        ),
        other => other.clone(),
    })
}

/// The text with every `${name}` filled in.
pub(crate) fn render_text(template: &str, variables: &Variables) -> Result<String, Unset> {
    join(&parts(template), variables, |text| text)
}

/// The path with every `${name}` filled in, percent-encoded so that a value stays within its segment or parameter.
pub(crate) fn render_path(template: &str, variables: &Variables) -> Result<String, Unset> {
    join(&parts(template), variables, |text| percent_encode(&text))
}

/// The names a value refers to, anywhere in it.
pub(crate) fn names(template: &Value) -> Vec<String> {
    match template {
        Value::String(text) => names_in(text),
        Value::Array(items) => items.iter().flat_map(names).collect(),
        Value::Object(fields) => fields.values().flat_map(names).collect(),
        _ => Vec::new(),
    }
}

/// The names a text refers to.
pub(crate) fn names_in(template: &str) -> Vec<String> {
    let name = |part| match part {
        Part::Name(name) => Some(name.to_owned()),
        Part::Text(_) => None,
    };
    parts(template).into_iter().filter_map(name).collect()
}

enum Part<'a> {
    Text(&'a str),
    Name(&'a str),
}

/// An opening without its closing brace is text.
fn parts(template: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((name, tail)) = after.split_once('}') else {
            break;
        };
        if !before.is_empty() {
            parts.push(Part::Text(before));
        }
        parts.push(Part::Name(name));
        rest = tail;
    }
    if !rest.is_empty() {
        parts.push(Part::Text(rest));
    }
    parts
}

fn join(parts: &[Part<'_>], variables: &Variables, encode: fn(String) -> String) -> Result<String, Unset> {
    let mut text = String::new();
    for part in parts {
        match part {
            Part::Text(literal) => text.push_str(literal),
            Part::Name(name) => text.push_str(&encode(as_text(lookup(variables, name)?))),
        }
    }
    Ok(text)
}

/// `a.b` is field `b` of variable `a`.
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

fn percent_encode(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
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

    #[test]
    fn a_lone_name_keeps_the_type_of_its_value() {
        let rendered = render(
            &json!({"quantity": "${n}", "items": "${items}", "of": "no ${n}"}),
            &variables(),
        );

        assert_eq!(
            rendered,
            Ok(json!({"quantity": 3, "items": [{"sku": "mug"}], "of": "no 3"}))
        );
    }

    #[test]
    fn a_dotted_name_reaches_into_a_value() {
        assert_eq!(render(&json!("${product.price.cents}"), &variables()), Ok(json!(5)));
    }

    #[test]
    fn a_value_in_a_path_stays_within_its_segment() {
        assert_eq!(
            render_path("/orders/${id}?n=${n}", &variables()),
            Ok("/orders/a%2Fb%20..?n=3".to_owned())
        );
    }

    #[test]
    fn a_name_without_a_value_is_named() {
        assert_eq!(
            render_text("x ${product.nothing}", &variables()),
            Err(Unset("product.nothing".to_owned()))
        );
    }

    #[test]
    fn every_name_in_a_nested_value_is_found() {
        assert_eq!(names(&json!([{"a": "${x}-${y.z}"}, 4, "$${ open"])), ["x", "y.z"]);
    }
}
