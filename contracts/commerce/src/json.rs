//! JSON parsing with errors that name the field and never repeat personal data.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::Invalid;

/// Fields whose content no error repeats, because it could end up in a log.
const PERSONAL: [&str; 2] = ["contact", "payment_method"];

/// Text that replaces personal data in an error.
pub(crate) const HIDDEN: &str = "(not shown)";

/// Field name in errors about the whole body.
const BODY: &str = "body";

/// Parses an object as [`parse`] does, and refuses the array of field values that serde would accept for a struct.
pub(crate) fn parse_object<T: DeserializeOwned>(text: &str) -> Result<T, Invalid> {
    let is_other = |first: char| matches!(first, '[' | '"' | 't' | 'f' | 'n' | '-' | '0'..='9');
    match text.trim_start().chars().next() {
        Some(first) if is_other(first) => Err(Invalid::new(BODY, seen(text, BODY), "an object")),
        _ => parse(text),
    }
}

/// Parses a value. The error has the path of the field, the value seen there, and the values that would be accepted.
pub(crate) fn parse<T: DeserializeOwned>(text: &str) -> Result<T, Invalid> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| refusal(text, &error))?;
    match reader.end() {
        Ok(()) => Ok(value),
        Err(error) => Err(malformed(&error)),
    }
}

/// Extracts the wanted values from a parser's message, without the value seen.
pub(crate) fn wanted(message: &str) -> String {
    let message = message.rsplit_once(" at line ").map_or(message, |(head, _)| head);
    for marker in [", expected ", ", wanted "] {
        if let Some((_, wanted)) = message.rsplit_once(marker) {
            return plain(wanted);
        }
    }
    if message.starts_with("missing field") || message.starts_with("duplicate field") {
        return message.to_owned();
    }
    "a value of the documented form".to_owned()
}

/// Translates serde's names of types for readers who do not know Rust.
fn plain(wanted: &str) -> String {
    match wanted {
        "i64" => "a whole number of 64 bits".to_owned(),
        "a sequence" => "an array".to_owned(),
        wanted if wanted.starts_with("struct ") => "an object".to_owned(),
        wanted => wanted.to_owned(),
    }
}

fn refusal(text: &str, error: &serde_path_to_error::Error<serde_json::Error>) -> Invalid {
    let (path, message) = (error.path().to_string(), error.inner().to_string());
    let is_out_of_range = message.starts_with("number out of range");
    if !error.inner().is_data() && !is_out_of_range {
        return malformed(error.inner());
    }
    if let Some(name) = quoted(&message, "missing field `") {
        return Invalid::new(join(&path, name), "absent", "a value");
    }
    if let Some(name) = quoted(&message, "duplicate field `") {
        return Invalid::new(join(&path, name), "given twice", "one value");
    }
    let field = if path == "." { BODY.to_owned() } else { path };
    let value = if is_personal(&field) {
        HIDDEN.to_owned()
    } else {
        seen(text, &field)
    };
    let wanted = if is_out_of_range {
        // The parser calls it a mistake of syntax, which it is not: RFC 8259 sets no limits.
        "a number in range".to_owned()
    } else if message.starts_with("unknown field") {
        format!(
            "no such field; known: {}",
            wanted(&message).trim_start_matches("one of ")
        )
    } else {
        wanted(&message)
    };
    Invalid::new(field, value, wanted)
}

fn malformed(error: &serde_json::Error) -> Invalid {
    let place = format!("malformed at line {} column {}", error.line(), error.column());
    Invalid::new(BODY, place, "JSON (RFC 8259)")
}

fn quoted<'m>(message: &'m str, opening: &str) -> Option<&'m str> {
    message.strip_prefix(opening)?.split('`').next()
}

fn join(path: &str, name: &str) -> String {
    if path == "." {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

fn is_personal(field: &str) -> bool {
    PERSONAL
        .iter()
        .any(|personal| field.split(['.', '[']).any(|part| part == *personal))
}

/// Returns the value at `path` (`items[0].sku`) as it was written.
fn seen(text: &str, path: &str) -> String {
    let mut value: &RawValue = match serde_json::from_str(text) {
        Ok(root) => root,
        Err(_) => return "not readable".to_owned(),
    };
    let parts = path.split(['.', '[']).filter(|_| path != BODY);
    for part in parts {
        let inner = match part.strip_suffix(']') {
            Some(index) => index.parse().ok().and_then(|index| element(value, index)),
            None => member(value, part),
        };
        let Some(inner) = inner else {
            return "absent".to_owned();
        };
        value = inner;
    }
    match value.get().as_bytes().first() {
        Some(b'{') => "an object".to_owned(),
        Some(b'[') => "an array".to_owned(),
        Some(b'"') => serde_json::from_str(value.get()).unwrap_or_default(),
        _ => value.get().to_owned(),
    }
}

fn element(array: &RawValue, index: usize) -> Option<&RawValue> {
    let elements: Vec<&RawValue> = serde_json::from_str(array.get()).ok()?;
    elements.get(index).copied()
}

fn member<'v>(object: &'v RawValue, name: &str) -> Option<&'v RawValue> {
    let members: BTreeMap<String, &RawValue> = serde_json::from_str(object.get()).ok()?;
    members.get(name).copied()
}
