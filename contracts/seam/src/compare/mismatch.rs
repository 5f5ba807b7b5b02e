use std::fmt;

use serde_json::Value;

/// The first place where a subject differs from the reference, in a way that no rule allows.
#[derive(Clone, Debug, PartialEq)]
pub struct Mismatch {
    /// The place, as a JSON pointer (RFC 6901).
    pub at: String,
    /// The reference's value there; `None` if it has none.
    pub expected: Option<Value>,
    /// The subject's value there; `None` if it has none.
    pub seen: Option<Value>,
    /// The reason why a rule about this field does not allow the difference, if there is more to say than the
    /// two values.
    pub reason: Option<String>,
}

impl Mismatch {
    pub(crate) fn new(path: &[String], expected: Option<&Value>, seen: Option<&Value>) -> Self {
        Self {
            at: pointer(path),
            expected: expected.cloned(),
            seen: seen.cloned(),
            reason: None,
        }
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |value: &Option<Value>| value.as_ref().map_or_else(|| "nothing".to_owned(), Value::to_string);
        let at = if self.at.is_empty() { "/" } else { &self.at };
        write!(
            f,
            "at {at}: wanted {}, got {}",
            shown(&self.expected),
            shown(&self.seen)
        )?;
        match &self.reason {
            Some(reason) => write!(f, "; wanted {reason}"),
            None => Ok(()),
        }
    }
}

/// Writes a path as a JSON pointer (RFC 6901).
pub(crate) fn pointer(path: &[String]) -> String {
    path.iter()
        .map(|segment| format!("/{}", segment.replace('~', "~0").replace('/', "~1")))
        .collect()
}
