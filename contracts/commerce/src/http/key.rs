use axum::http::{HeaderMap, HeaderName};

use super::failure::Failure;
use crate::{Error, IdempotencyKey, Invalid, error::NoConflict};

/// Header that names the intent of a command (draft-ietf-httpapi-idempotency-key-header).
pub(crate) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

const NAME: &str = "Idempotency-Key";
const WANTED: &str = "1 to 255 visible ASCII characters without quote and backslash, bare or in double quotes";

/// Reads the key of a command. A structured-field string (`"k"`) and a bare `k` mean the same.
pub(crate) fn read(headers: &HeaderMap) -> Result<IdempotencyKey, Failure> {
    let mut values = headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(value) = values.next() else {
        return Err(Error::<NoConflict>::KeyMissing.into());
    };
    if values.next().is_some() {
        return Err(Invalid::new(NAME, "given more than once", WANTED).into());
    }
    let text = String::from_utf8_lossy(value.as_bytes());
    let text = text.trim_matches([' ', '\t']);
    let bare = text
        .strip_prefix('"')
        .map_or(Some(text), |rest| rest.strip_suffix('"'))
        .unwrap_or(text);
    bare.parse()
        .map_err(|_: Invalid| Invalid::new(NAME, text, WANTED).into())
}

/// Formats the key as a structured-field string.
pub(crate) fn write(key: &IdempotencyKey) -> String {
    format!("\"{key}\"")
}
