use std::{path::PathBuf, sync::Arc};

use crate::{
    MethodKind,
    launch::{Dial, Stage},
};

/// The refusal of a launch, of its settings or of a step. Traffic goes on as before it.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// A dial is no share between 0 % and 100 %.
    #[error("dial {seen:?}: wanted 0 % to 100 % with up to three decimals, such as \"2.5 %\"")]
    Dial {
        /// The dial as it was written.
        seen: String,
    },
    /// A stage has an unknown name.
    #[error("stage {seen:?}: wanted off, dualwrite, shadow, live, rampdown or complete")]
    Stage {
        /// The stage as it was written.
        seen: String,
    },
    /// A step leaves a stage out.
    #[error("{} would go from {from} to {to}: no stage may be skipped; go on by one stage, or back to any", of(*.kind))]
    Skipped {
        /// The half of the launch.
        kind: MethodKind,
        /// The stage in force.
        from: Stage,
        /// The stage that was asked for.
        to: Stage,
    },
    /// The candidate and the control are one object.
    #[error("launch of {contract}: the candidate is the control (the same Arc); give it the other implementation")]
    SameSide {
        /// The name of the contract.
        contract: &'static str,
    },
    /// Writes would reach a candidate that was not declared to write into a world of its own.
    #[error(
        "writes: stage {stage}, but the candidate is not isolated, so both sides would act on the same world; \
         make both sides with World::pair and launch them with Launch::isolated, or leave writes off"
    )]
    NotIsolated {
        /// The stage that was asked for.
        stage: Stage,
    },
    /// The candidate would serve keys whose writes it does not get.
    #[error(
        "{} would be served by the candidate for {served} of the keys, but it gets the writes of only {written}; \
         widen writes.shadowed first, or narrow {}.served", of(*.kind), of(*.kind)
    )]
    Unwritten {
        /// The half of the launch.
        kind: MethodKind,
        /// The share that would be served.
        served: Dial,
        /// The share whose writes reach the candidate.
        written: Dial,
    },
    /// The control would answer reads without getting writes any more.
    #[error(
        "writes would be complete, so the control would get none, but the candidate answers only {served} of the \
         reads; take reads to rampdown or complete first"
    )]
    Unread {
        /// The share of reads that the candidate answers.
        served: Dial,
    },
    /// Writes were made that only the candidate has.
    #[error(
        "writes would go from complete back to {to}, but the control lacks every write that was made since complete; \
         copy them to the control and begin a new launch from off"
    )]
    PointOfNoReturn {
        /// The stage that was asked for.
        to: Stage,
    },
    /// A side lacks writes that the journal holds.
    #[error("writes would be {to}, but {pending} writes are on one side only; repair them first (Launch::repair)")]
    Pending {
        /// The stage that was asked for.
        to: Stage,
        /// The number of writes in the journal.
        pending: usize,
    },
    /// A rule is not complete.
    #[error("rule for {field:?}: {problem}; wanted a field, an owner, a reason and a last day (expires)")]
    Rule {
        /// The field of the rule.
        field: String,
        /// The part that is wrong.
        problem: String,
    },
    /// The settings changed since those that a change was made from.
    #[error(
        "the settings are of revision {now}, and the change was made from {from}: somebody else turned the launch; \
         look at it again, and repeat the change if it is still wanted"
    )]
    Stale {
        /// The revision that the change was made from.
        from: String,
        /// The revision in force.
        now: String,
    },
    /// The source has settings that are not in force, which a change would overwrite.
    #[error("the source has settings that are refused, which a change would overwrite: {problem}; mend it first")]
    Unmended {
        /// The refusal of the source's settings.
        problem: String,
    },
    /// The source of the settings is written elsewhere.
    #[error("the source of the settings can't be written from here; change it where it is made")]
    ReadOnly,
    /// A flag has no value, or one that no launch may have.
    #[error("flag {flag:?}: {problem}; the settings stay as they are")]
    Flag {
        /// The flag in question.
        flag: String,
        /// The problem with it.
        problem: String,
    },
    /// A file can't be used.
    #[error("{}: {problem}", file.display())]
    File {
        /// The file in question.
        file: PathBuf,
        /// The problem, and how to solve it.
        problem: String,
    },
    /// A journal or another part of the system failed.
    #[error("{what}: {error}")]
    Io {
        /// The action that failed.
        what: String,
        /// The system's error.
        error: Arc<std::io::Error>,
    },
}

impl Refused {
    pub(crate) fn file(file: impl Into<PathBuf>, problem: impl Into<String>) -> Self {
        Self::File {
            file: file.into(),
            problem: problem.into(),
        }
    }

    #[cfg(feature = "open-feature")]
    pub(crate) fn flag(flag: impl Into<String>, problem: impl ToString) -> Self {
        Self::Flag {
            flag: flag.into(),
            problem: problem.to_string(),
        }
    }

    pub(crate) fn io(what: impl Into<String>, error: std::io::Error) -> Self {
        Self::Io {
            what: what.into(),
            error: Arc::new(error),
        }
    }
}

/// Two refusals are equal if they read the same.
impl PartialEq for Refused {
    fn eq(&self, other: &Self) -> bool {
        self.to_string() == other.to_string()
    }
}

pub(crate) fn of(kind: MethodKind) -> &'static str {
    match kind {
        MethodKind::Read => "reads",
        MethodKind::Write => "writes",
    }
}
