//! JSON as text whose parts stay where they are: what is not changed keeps its bytes.

use std::{borrow::Cow, fmt};

use serde::{
    Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

/// A member of an object: its name, and the text of its value.
pub(crate) type Member<'a> = (Cow<'a, str>, &'a str);

/// Returns the items of a list, in order; `None` if the text is no list.
pub(crate) fn items(text: &str) -> Option<Vec<&str>> {
    let items: Vec<&RawValue> = serde_json::from_str(text).ok()?;
    Some(items.into_iter().map(RawValue::get).collect())
}

/// Returns the members of an object, in order; `None` if the text is no object.
pub(crate) fn members(text: &str) -> Option<Vec<Member<'_>>> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let members = reader.deserialize_map(Members).ok()?;
    reader.end().ok()?;
    Some(members)
}

/// Returns the value that a JSON pointer leads to, as part of the text.
pub(crate) fn find<'a>(text: &'a str, pointer: &str) -> Option<&'a str> {
    let whole: &RawValue = serde_json::from_str(text).ok()?;
    pointer.split('/').skip(1).try_fold(whole.get(), |value, step| {
        let name = step.replace("~1", "/").replace("~0", "~");
        match value.as_bytes().first()? {
            b'{' => {
                let members = members(value)?;
                members
                    .into_iter()
                    .find(|(other, _)| *other == name)
                    .map(|(_, value)| value)
            }
            b'[' => items(value)?.get(name.parse::<usize>().ok()?).copied(),
            _ => None,
        }
    })
}

/// Returns the text with other text in the place of one of its parts, which must be a slice of it.
pub(crate) fn replaced(text: &str, part: &str, by: &str) -> String {
    let start = part.as_ptr().addr() - text.as_ptr().addr();
    [&text[..start], by, &text[start + part.len()..]].concat()
}

/// Returns a list of these items.
pub(crate) fn list(items: &[&str]) -> String {
    format!("[{}]", items.join(","))
}

/// Returns an object of these members.
pub(crate) fn object(members: &[&Member<'_>]) -> String {
    let member = |(name, value): &&Member<'_>| format!("{}:{value}", serde_json::Value::from(name.as_ref()));
    format!("{{{}}}", members.iter().map(member).collect::<Vec<_>>().join(","))
}

/// Tells if a text is a JSON pointer to a part of a document.
pub(crate) fn is_pointer(text: &str) -> bool {
    let is_escaped = |step: &str| step.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
    text.is_empty() || (text.starts_with('/') && is_escaped(text))
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Vec<Member<'de>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(Name(name)) = map.next_key()? {
            let value: &RawValue = map.next_value()?;
            members.push((name, value.get()));
        }
        Ok(members)
    }
}

/// Name of a member, borrowed where it has no escapes.
#[derive(serde::Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

#[cfg(test)]
mod tests {
    use super::{find, is_pointer, items, members, replaced};

    const TEXT: &str = r#" { "a" : [ 1.0 , {"b/c": "x\"y"} ], "é\u0041": null, "a~": 1e400 } "#;

    #[test]
    fn parts_are_found_and_replaced_and_the_rest_keeps_its_bytes() {
        assert_eq!(find(TEXT, "/a/1/b~1c"), Some(r#""x\"y""#));
        assert_eq!(find(TEXT, "/éA"), Some("null"));
        assert_eq!(find(TEXT, "/a~0"), Some("1e400"));
        for missing in ["/b", "/a/2", "/a/x", "/a/0/0"] {
            assert_eq!(find(TEXT, missing), None, "{missing}");
        }
        let changed = replaced(TEXT, find(TEXT, "/a/0").unwrap(), "[2]");
        assert_eq!(changed, TEXT.replace("1.0", "[2]"));
    }

    #[test]
    fn what_is_no_list_or_no_object_is_told() {
        assert_eq!(items("[1, [2], \"3\"]").unwrap(), ["1", "[2]", "\"3\""]);
        for text in ["{}", "[1", "1", "", "[1]x"] {
            assert_eq!(items(text), None, "{text}");
        }
        for text in ["[]", "{\"a\"}", "{\"a\":1}x", ""] {
            assert_eq!(members(text), None, "{text}");
        }
        assert!(is_pointer("") && is_pointer("/a/b~0~1") && !is_pointer("a") && !is_pointer("/a~"));
    }
}
