use serde::Serialize;

/// Result of one check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    /// Thing that was looked for, such as `rust`.
    pub(super) what: &'static str,
    pub(super) verdict: FindingVerdict,
    /// Version or amount that was found, or the reason why nothing was.
    pub(super) found: String,
    /// Advice if something is missing, usually a command.
    pub(super) mend: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum FindingVerdict {
    /// Present and sufficient.
    Good,
    /// Missing or insufficient, and needed.
    Lacks,
    /// Missing, and needed for some things only.
    Without,
}

impl FindingVerdict {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Lacks => "LACKS",
            Self::Without => "without",
        }
    }
}

impl Finding {
    pub(super) fn good(what: &'static str, found: impl Into<String>) -> Self {
        Self {
            what,
            verdict: FindingVerdict::Good,
            found: found.into(),
            mend: None,
        }
    }

    pub(super) fn lacks(what: &'static str, found: impl Into<String>, mend: impl Into<String>) -> Self {
        Self {
            what,
            verdict: FindingVerdict::Lacks,
            found: found.into(),
            mend: Some(mend.into()),
        }
    }

    pub(super) fn without(what: &'static str, found: impl Into<String>, mend: impl Into<String>) -> Self {
        Self {
            what,
            verdict: FindingVerdict::Without,
            found: found.into(),
            mend: Some(mend.into()),
        }
    }
}
