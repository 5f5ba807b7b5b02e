use std::fmt;

use serde::Serialize;

/// Digits of a git revision that tables show.
const SHORT: usize = 12;

/// Service and version.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct ServiceVersion {
    /// Name of the service, as pacts spell it.
    pub service: String,
    /// Version of the service: any text on one line.
    pub version: String,
}

impl ServiceVersion {
    /// Builds the version of a service.
    pub fn new(service: impl Into<String>, version: impl Into<String>) -> Self {
        Self {
            service: service.into(),
            version: version.into(),
        }
    }

    /// Says whether the version is the full name of a git revision.
    pub(super) fn is_revision(&self) -> bool {
        self.version.len() == 40 && self.version.bytes().all(|byte| byte.is_ascii_hexdigit())
    }

    /// Text for a table: a git revision is cut to its first [`SHORT`] digits.
    pub(super) fn short(&self) -> String {
        let version = if self.is_revision() {
            &self.version[..SHORT]
        } else {
            &self.version
        };
        format!("{} {version}", self.service)
    }
}

impl fmt::Display for ServiceVersion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.service, self.version)
    }
}

/// Joins versions to one text, such as `orders 1, orders 2 and payments 7`.
pub(super) fn list(versions: &[ServiceVersion]) -> String {
    let mut names: Vec<String> = versions.iter().map(ToString::to_string).collect();
    match names.pop() {
        Some(last) if !names.is_empty() => format!("{} and {last}", names.join(", ")),
        last => last.unwrap_or_default(),
    }
}
