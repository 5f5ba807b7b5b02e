use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{MethodKind, launch::Refused};

/// One of the two implementations of a launch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The implementation in use before the launch.
    Control,
    /// The implementation that is to take over.
    Candidate,
}

impl Side {
    /// The opposite side.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Control => Self::Candidate,
            Self::Candidate => Self::Control,
        }
    }

    /// The name in metrics, files and messages: `control` or `candidate`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Control => "control",
            Self::Candidate => "candidate",
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The position of a launch on its way. Reads and writes have one each.
///
/// | stage | reads | writes |
/// |---|---|---|
/// | off | control | control |
/// | dualwrite | control | control, then the candidate |
/// | shadow | control; compared with the candidate | control, then the candidate; compared |
/// | live | the candidate for the served keys, else control; compared | likewise, the other side second |
/// | rampdown | candidate | candidate, then control |
/// | complete | candidate | candidate |
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// The candidate is left alone.
    #[default]
    Off,
    /// Writes of the shadowed keys go to both sides; the answers are not compared.
    DualWrite,
    /// The candidate gets the calls of the shadowed keys too, and its answers are compared.
    Shadow,
    /// The candidate answers the calls of the served keys; the other side is the shadow.
    Live,
    /// The candidate answers every call; the control still gets every write, so that going back loses nothing.
    RampDown,
    /// The candidate is alone. Writes of this stage never reach the control.
    Complete,
}

impl Stage {
    /// All stages, in order.
    pub const ALL: [Self; 6] = [
        Self::Off,
        Self::DualWrite,
        Self::Shadow,
        Self::Live,
        Self::RampDown,
        Self::Complete,
    ];

    /// The name in files, metrics and messages, such as `dualwrite`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::DualWrite => "dualwrite",
            Self::Shadow => "shadow",
            Self::Live => "live",
            Self::RampDown => "rampdown",
            Self::Complete => "complete",
        }
    }

    /// Returns `true` if a launch may go from `before` to this stage: back to any stage, or one stage on. For
    /// reads, `dualwrite` and `rampdown` change nothing, so they may be left out.
    pub fn may_follow(self, before: Self, kind: MethodKind) -> bool {
        let is_between = |stage: &&Self| **stage > before && **stage < self;
        let counts = |stage: &&Self| kind == MethodKind::Write || !matches!(stage, Self::DualWrite | Self::RampDown);
        !Self::ALL.iter().filter(is_between).any(|stage| counts(&stage))
    }

    pub(crate) fn number(self) -> u64 {
        self as u64
    }

    pub(crate) fn from_number(number: u64) -> Self {
        let found = Self::ALL.into_iter().find(|stage| stage.number() == number);
        found.unwrap_or_default()
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Stage {
    type Err = Refused;

    fn from_str(text: &str) -> Result<Self, Refused> {
        let found = Self::ALL.into_iter().find(|stage| stage.name() == text);
        found.ok_or_else(|| Refused::Stage { seen: text.to_owned() })
    }
}
