use serde::Serialize;

/// Decision of the gate: yes, no or unknown. Ordered from best to worst, so that the worst of several is their
/// maximum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// Everything that is needed was verified.
    Yes,
    /// Something was not verified, or there was nothing to verify.
    Unknown,
    /// Something that is needed fails or is missing.
    No,
}

impl Decision {
    /// Name in texts: `yes`, `unknown` or `no`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::Unknown => "unknown",
            Self::No => "no",
        }
    }
}
