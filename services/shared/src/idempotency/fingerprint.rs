use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::DatabaseError;

/// Hash of a request, which tells a repetition from another request with the same key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Fingerprint(pub(super) String);

/// Computes SHA-256 over the request's JSON with the keys of every object sorted: the same values have the same
/// fingerprint, in whatever order they were written.
///
/// Include the parameters of the route, not only the body. Fails on values that JSON can't hold.
pub fn fingerprint(request: &impl Serialize) -> Result<Fingerprint, DatabaseError> {
    let value = serde_json::to_value(request).map_err(|error| DatabaseError::unencodable("request", error))?;
    let mut text = String::new();
    canonical(&value, &mut text);
    Ok(Fingerprint(crate::hex(&Sha256::digest(text))))
}

fn canonical(value: &Value, text: &mut String) {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(name, _)| *name);
            text.push('{');
            for (index, (name, member)) in members.into_iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                text.push_str(&Value::from(name.as_str()).to_string());
                text.push(':');
                canonical(member, text);
            }
            text.push('}');
        }
        Value::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                canonical(item, text);
            }
            text.push(']');
        }
        scalar => text.push_str(&scalar.to_string()),
    }
}
