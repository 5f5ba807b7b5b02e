use serde::Serialize;

/// The finding on one thing that was looked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    /// The thing that was looked for.
    pub(super) what: &'static str,
    pub(super) verdict: Verdict,
    /// The thing that was found, or the reason why none was.
    pub(super) found: String,
    /// The remedy, if it is not as it should be.
    pub(super) mend: Option<String>,
}

/// The verdict on one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Verdict {
    /// As it should be.
    Good,
    /// Not there, and needed.
    Lacks,
    /// Not there, and something can't be done without it.
    Without,
}

impl Verdict {
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
            verdict: Verdict::Good,
            found: found.into(),
            mend: None,
        }
    }

    pub(super) fn lacks(what: &'static str, found: impl Into<String>, mend: impl Into<String>) -> Self {
        Self {
            what,
            verdict: Verdict::Lacks,
            found: found.into(),
            mend: Some(mend.into()),
        }
    }

    pub(super) fn without(what: &'static str, found: impl Into<String>, mend: impl Into<String>) -> Self {
        Self {
            what,
            verdict: Verdict::Without,
            found: found.into(),
            mend: Some(mend.into()),
        }
    }
}
