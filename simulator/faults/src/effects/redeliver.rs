use std::{
    collections::{BTreeMap, VecDeque},
    ops::Range,
    sync::{Mutex, PoisonError},
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    draw::{Draws, below},
    fault::Problem,
};

/// Positions that are remembered of one feed.
const KEPT_POSITIONS: usize = 16;
/// Feeds whose positions are remembered.
const KEPT_FEEDS: usize = 64;

/// Loses the acknowledgement of a reader of a feed: a request that asks from a position, which says that all before
/// it is done, reaches the upstream with an earlier one, so that what was acknowledged comes again.
///
/// The earlier position is one of the last 16 that the link was asked for on the same path since the fault was laid,
/// drawn by the seed. Each position is taken back once: asked for again it passes, so a reader gets ahead even if all
/// its requests are chosen. A request without an earlier position, or without the parameter, is recorded as unfit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Redeliver {
    /// Query parameter with the position, a whole number. By default `after`.
    #[serde(default = "after", skip_serializing_if = "is_after")]
    pub parameter: String,
}

impl Default for Redeliver {
    fn default() -> Self {
        Self { parameter: after() }
    }
}

fn after() -> String {
    "after".to_owned()
}

fn is_after(parameter: &str) -> bool {
    parameter == "after"
}

impl Redeliver {
    pub(super) fn check(&self) -> Result<(), Problem> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        if !self.parameter.is_empty() && self.parameter.bytes().all(is_plain) {
            return Ok(());
        }
        let seen = format!("{:?}", self.parameter);
        Err(Problem::new(
            "does.redeliver.parameter",
            seen,
            "the name of a query parameter such as after",
        ))
    }

    /// Returns the position that a request target asks from, and its place in the target.
    pub(crate) fn asked(&self, target: &str) -> Option<(u64, Range<usize>)> {
        let mut start = target.find('?')? + 1;
        let mut found = None;
        for pair in target[start..].split('&') {
            if let Some((name, value)) = pair.split_once('=')
                && name == self.parameter
            {
                // Two of them contradict each other.
                if found.is_some() || !value.bytes().all(|byte| byte.is_ascii_digit()) {
                    return None;
                }
                let place = start + name.len() + 1;
                found = Some((value.parse().ok()?, place..place + value.len()));
            }
            start += pair.len() + 1;
        }
        found
    }
}

/// Positions that a link was asked for since a fault was laid, by path.
#[derive(Debug, Default)]
pub(crate) struct Asked(Mutex<BTreeMap<String, VecDeque<Position>>>);

#[derive(Debug)]
struct Position {
    number: u64,
    was_taken_back: bool,
}

impl Asked {
    /// Remembers a position. Of too many paths, the later ones are not remembered.
    pub(crate) fn remember(&self, path: &str, number: u64) {
        let mut paths = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if paths.len() == KEPT_FEEDS && !paths.contains_key(path) {
            return;
        }
        let positions = paths.entry(path.to_owned()).or_default();
        if positions.iter().any(|known| known.number == number) {
            return;
        }
        if positions.len() == KEPT_POSITIONS {
            positions.pop_front();
        }
        let was_taken_back = false;
        positions.push_back(Position { number, was_taken_back });
    }

    /// Takes a remembered position back: returns the earlier one that is asked for in its place, or else the reason
    /// for which there is none.
    pub(crate) fn take_back(&self, path: &str, number: u64, key: u64) -> Result<u64, &'static str> {
        let mut paths = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(positions) = paths.get_mut(path) else {
            return Err("there are more than 64 feeds on the link");
        };
        let earlier: Vec<u64> = positions
            .iter()
            .map(|known| known.number)
            .filter(|known| *known < number)
            .collect();
        let drawn = below(Draws::new(key, "redeliver").bits(), earlier.len() as u64);
        let Some(earlier) = usize::try_from(drawn).ok().and_then(|drawn| earlier.get(drawn)) else {
            return Err("no earlier position was asked for since the fault was laid");
        };
        let asked = positions.iter_mut().find(|known| known.number == number);
        if asked.is_some_and(|known| std::mem::replace(&mut known.was_taken_back, true)) {
            return Err("the position has been taken back once");
        }
        Ok(*earlier)
    }
}
