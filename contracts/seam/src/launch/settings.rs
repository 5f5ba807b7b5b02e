use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use serde::{Deserialize, Serialize};

use crate::{
    MethodKind,
    compare::Rule,
    launch::{Dial, Refused, Side, Stage, dial::Bucket},
};

/// The position of a launch, and the rules of its comparison: all that may change while it runs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    /// The stage and the dials of methods that are `#[read]`.
    pub reads: Lane,
    /// The stage and the dials of methods that are `#[write]`.
    pub writes: Lane,
    /// `true` stops every call that only compares or only keeps the other side current, also those that are queued.
    /// Who answers stays as it is.
    pub killed: bool,
    /// The share of shadowed reads for which the side that answered is asked once more: its difference from itself is
    /// noise.
    pub noise: Dial,
    /// The permitted differences, each with an owner, a reason and a last day.
    pub rules: Vec<Rule>,
    /// Ends of paths, as in [`Rule::field`], whose values samples may show. All others are redacted.
    pub shown: Vec<String>,
}

/// The stage and the dials of reads or of writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lane {
    /// The stage, which decides what the dials may do.
    pub stage: Stage,
    /// The share of the keys whose calls go to both sides, from `dualwrite` to `rampdown`.
    #[serde(default)]
    pub shadowed: Dial,
    /// The share of the keys that the candidate answers in stage `live`.
    #[serde(default)]
    pub served: Dial,
}

/// The sides that a call goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Route {
    /// The side whose answer the caller gets.
    pub(crate) first: Side,
    /// `true` if the other side gets the call too.
    pub(crate) both: bool,
}

impl Lane {
    /// A lane in `stage` with these dials.
    pub fn new(stage: Stage, shadowed: Dial, served: Dial) -> Self {
        Self {
            stage,
            shadowed,
            served,
        }
    }

    /// The share of the keys that the candidate answers in this stage.
    pub fn share_served(&self) -> Dial {
        match self.stage {
            Stage::Off | Stage::DualWrite | Stage::Shadow => Dial::NONE,
            Stage::Live => self.served,
            Stage::RampDown | Stage::Complete => Dial::ALL,
        }
    }

    /// The share of the keys whose writes reach the candidate in this stage.
    fn share_written(&self) -> Dial {
        match self.stage {
            Stage::Off => Dial::NONE,
            Stage::DualWrite | Stage::Shadow | Stage::Live | Stage::RampDown => self.shadowed,
            Stage::Complete => Dial::ALL,
        }
    }

    /// Returns `true` if every call goes to the control alone.
    pub(crate) fn is_control_alone(&self, kind: MethodKind) -> bool {
        self.share_served() == Dial::NONE && self.share_of_both(kind) == Dial::NONE
    }

    fn share_of_both(&self, kind: MethodKind) -> Dial {
        let both = match kind {
            MethodKind::Read => matches!(self.stage, Stage::Shadow | Stage::Live),
            MethodKind::Write => !matches!(self.stage, Stage::Off | Stage::Complete),
        };
        if both { self.shadowed } else { Dial::NONE }
    }

    /// The route of a call. `served` and `shadowed` are the bucket for each dial: they differ for reads without a key,
    /// whose shadowing is drawn.
    pub(crate) fn route(&self, kind: MethodKind, served: Bucket, shadowed: Bucket) -> Route {
        let first = if self.share_served().includes(served) {
            Side::Candidate
        } else {
            Side::Control
        };
        Route {
            first,
            both: self.share_of_both(kind).includes(shadowed),
        }
    }

    fn packed(&self) -> u64 {
        let dials = u64::from(self.shadowed.hundred_thousandths()) | u64::from(self.served.hundred_thousandths()) << 20;
        dials | self.stage.number() << 40
    }

    fn unpacked(packed: u64) -> Self {
        let dial = |bits: u64| Dial::new(u32::try_from(bits & 0xf_ffff).unwrap_or(0)).unwrap_or_default();
        Self::new(Stage::from_number(packed >> 40), dial(packed), dial(packed >> 20))
    }
}

impl Settings {
    /// Refuses settings that no launch may have, isolated or not.
    pub(crate) fn check(&self, isolated: bool) -> Result<(), Refused> {
        for rule in &self.rules {
            checked(rule)?;
        }
        if !isolated && self.writes.stage != Stage::Off {
            return Err(Refused::NotIsolated {
                stage: self.writes.stage,
            });
        }
        if !isolated {
            return Ok(());
        }
        let served = self.reads.share_served();
        if self.writes.stage == Stage::Complete && served < Dial::ALL {
            return Err(Refused::Unread { served });
        }
        let written = self.writes.share_written();
        for (kind, lane) in [(MethodKind::Write, self.writes), (MethodKind::Read, self.reads)] {
            let served = lane.share_served();
            if served > written {
                return Err(Refused::Unwritten { kind, served, written });
            }
        }
        Ok(())
    }

    /// Refuses a step that leaves a stage out.
    pub(crate) fn follows(&self, reads: Stage, writes: Stage) -> Result<(), Refused> {
        for (kind, from, to) in [
            (MethodKind::Read, reads, self.reads.stage),
            (MethodKind::Write, writes, self.writes.stage),
        ] {
            if !to.may_follow(from, kind) {
                return Err(Refused::Skipped { kind, from, to });
            }
        }
        Ok(())
    }
}

fn checked(rule: &Rule) -> Result<(), Refused> {
    let refuse = |problem: &str| {
        Err(Refused::Rule {
            field: rule.field.clone(),
            problem: problem.to_owned(),
        })
    };
    match rule {
        _ if rule.field.trim().is_empty() => refuse("it names no field"),
        _ if rule.owner.trim().is_empty() => refuse("it has no owner"),
        _ if rule.reason.trim().is_empty() => refuse("it has no reason"),
        _ if rule.expires.is_none() => refuse("it never expires"),
        _ => Ok(()),
    }
}

/// The lanes in force, read by every call without a lock.
#[derive(Debug, Default)]
pub(crate) struct Lanes {
    reads: AtomicU64,
    writes: AtomicU64,
}

impl Lanes {
    pub(crate) fn of(&self, kind: MethodKind) -> Lane {
        let lane = match kind {
            MethodKind::Read => &self.reads,
            MethodKind::Write => &self.writes,
        };
        Lane::unpacked(lane.load(Relaxed))
    }

    pub(crate) fn set(&self, settings: &Settings) {
        self.reads.store(settings.reads.packed(), Relaxed);
        self.writes.store(settings.writes.packed(), Relaxed);
    }
}
