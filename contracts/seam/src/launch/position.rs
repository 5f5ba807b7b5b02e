//! The part of the settings that an operator turns while a launch runs.

use serde::{Deserialize, Serialize};

use crate::launch::{Dial, Lane, Settings, dial::hash};

/// Stages, dials and the kill switch: what an operator turns. The rules of comparison stay in the source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Position {
    /// The stage and the dials of reads.
    pub reads: Lane,
    /// The stage and the dials of writes.
    pub writes: Lane,
    /// `true` stops every call that only compares or only keeps the other side current.
    pub killed: bool,
    /// The share of shadowed reads for which the side that answered is asked once more.
    pub noise: Dial,
}

impl Settings {
    /// The stages, the dials and the kill switch of these settings.
    pub fn position(&self) -> Position {
        Position {
            reads: self.reads,
            writes: self.writes,
            killed: self.killed,
            noise: self.noise,
        }
    }

    /// These settings, turned to a position.
    #[must_use]
    pub fn turned(self, position: Position) -> Self {
        let Position {
            reads,
            writes,
            killed,
            noise,
        } = position;
        Self {
            reads,
            writes,
            killed,
            noise,
            ..self
        }
    }

    /// A text that differs where any of the settings does, by which a change names those that it was made from.
    pub fn revision(&self) -> String {
        format!("{:016x}", hash(0, format!("{self:?}").as_bytes()))
    }
}
