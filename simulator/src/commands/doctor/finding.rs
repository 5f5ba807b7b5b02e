use serde::Serialize;

/// One thing looked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    /// What was looked for.
    pub(super) what: &'static str,
    pub(super) verdict: Verdict,
    /// What was found.
    pub(super) found: String,
    /// What to do, if it is not as it should be.
    pub(super) mend: Option<String>,
}

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
