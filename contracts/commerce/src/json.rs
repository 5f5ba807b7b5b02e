//! Reading JSON with errors that name the field and never repeat what may be personal data.

use serde::de::DeserializeOwned;

use crate::Invalid;

/// Fields whose content is never repeated in an error: it could end up in a log.
const PERSONAL: [&str; 2] = ["contact", "payment_method"];

/// Stands in an error where the value seen is personal data.
pub(crate) const HIDDEN: &str = "(not shown)";

/// Reads a value; the error names the field by its path, what stands there, and what would be accepted.
pub(crate) fn parse<T: DeserializeOwned>(text: &str) -> Result<T, Invalid> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| refusal(text, &error))?;
    match reader.end() {
        Ok(()) => Ok(value),
        Err(error) => Err(malformed(&error)),
    }
}

/// What the reader wanted, without what it saw.
pub(crate) fn wanted(message: &str) -> String {
    let message = message.rsplit_once(" at line ").map_or(message, |(head, _)| head);
    for marker in [", expected ", ", wanted "] {
        if let Some((_, wanted)) = message.rsplit_once(marker) {
            return wanted.to_owned();
        }
    }
    if message.starts_with("missing field") || message.starts_with("duplicate field") {
        return message.to_owned();
    }
    "a value of the documented form".to_owned()
}

fn refusal(text: &str, error: &serde_path_to_error::Error<serde_json::Error>) -> Invalid {
    if !error.inner().is_data() {
        return malformed(error.inner());
    }
    let (path, message) = (error.path().to_string(), error.inner().to_string());
    if let Some(name) = quoted(&message, "missing field `") {
        return Invalid::new(join(&path, name), "absent", "a value");
    }
    if let Some(name) = quoted(&message, "duplicate field `") {
        return Invalid::new(join(&path, name), "given twice", "one value");
    }
    let field = if path == "." { "body".to_owned() } else { path };
    let value = if is_personal(&field) {
        HIDDEN.to_owned()
    } else {
        seen(text, &field)
    };
    let wanted = if message.starts_with("unknown field") {
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
    Invalid::new("body", place, "JSON (RFC 8259)")
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

/// The value that stands at `path` (`items[0].sku`), in JSON.
fn seen(text: &str, path: &str) -> String {
    let Ok(root) = serde_json::from_str::<serde_json::Value>(text) else {
        return "not readable".to_owned();
    };
    if path == "body" {
        return kind(&root).to_owned();
    }
    let mut value = &root;
    for part in path.split(['.', '[']) {
        let next = match part.strip_suffix(']') {
            Some(index) => index.parse::<usize>().ok().and_then(|index| value.get(index)),
            None => value.get(part),
        };
        let Some(next) = next else { return "absent".to_owned() };
        value = next;
    }
    match value {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Array(_) | serde_json::Value::Object(_) => kind(value).to_owned(),
        other => other.to_string(),
    }
}

fn kind(value: &serde_json::Value) -> &'static str {
    match value {
        serde_json::Value::Null => "null",
        serde_json::Value::Bool(_) => "a boolean",
        serde_json::Value::Number(_) => "a number",
        serde_json::Value::String(_) => "a string",
        serde_json::Value::Array(_) => "an array",
        serde_json::Value::Object(_) => "an object",
    }
}
