//! Effects of faults, one file for each.
//!
//! An effect that changes the stream of one direction is a [`Stage`](crate::stream::Stage). The others act on whole
//! connections or on the listening address, and their files hold what can be set; `forward` and `door` carry them out.

mod accept_then_close;
mod bandwidth;
mod corrupt;
mod cut;
mod latency;
mod refuse;
mod reset;
mod slice;
mod slow_close;
mod timeout;

use serde::{Deserialize, Serialize};

pub use self::{
    accept_then_close::AcceptThenClose,
    bandwidth::Bandwidth,
    corrupt::Corrupt,
    cut::Cut,
    latency::{Distribution, Latency},
    refuse::Refuse,
    reset::Reset,
    slice::Slice,
    slow_close::SlowClose,
    timeout::Timeout,
};
use crate::{Direction, Selector, Which, fault::Problem, stream::Stage};

/// Effect of a fault on the traffic that it was laid on. The table in the [crate's documentation](crate) compares
/// them all.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Refuses connections by closing the listening address.
    Refuse(Refuse),
    /// Accepts new connections and ends them at once.
    AcceptThenClose(AcceptThenClose),
    /// Resets connections on both sides.
    Reset(Reset),
    /// Holds everything back.
    Timeout(Timeout),
    /// Ends connections after a number of bytes.
    Cut(Cut),
    /// Changes bytes here and there.
    Corrupt(Corrupt),
    /// Passes bytes on in small pieces.
    Slice(Slice),
    /// Limits the rate.
    Bandwidth(Bandwidth),
    /// Delays bytes and keeps their order.
    Latency(Latency),
    /// Delays the end of a stream.
    SlowClose(SlowClose),
}

impl Effect {
    /// Returns the name of its kind, as files have it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Refuse(_) => "refuse",
            Self::AcceptThenClose(_) => "accept_then_close",
            Self::Reset(_) => "reset",
            Self::Timeout(_) => "timeout",
            Self::Cut(_) => "cut",
            Self::Corrupt(_) => "corrupt",
            Self::Slice(_) => "slice",
            Self::Bandwidth(_) => "bandwidth",
            Self::Latency(_) => "latency",
            Self::SlowClose(_) => "slow_close",
        }
    }

    /// Returns the place of its kind in the order of evaluation.
    pub(crate) fn place(&self) -> usize {
        match self {
            Self::Refuse(_) => 0,
            Self::AcceptThenClose(_) => 1,
            Self::Reset(_) => 2,
            Self::Timeout(_) => 3,
            Self::Cut(_) => 4,
            Self::Corrupt(_) => 5,
            Self::Slice(_) => 6,
            Self::Bandwidth(_) => 7,
            Self::Latency(_) => 8,
            Self::SlowClose(_) => 9,
        }
    }

    /// Makes the stage that carries it out on one direction of one connection; `None` if it acts on the whole
    /// connection. The key is what [`draw`](crate::draw) decides by.
    pub(crate) fn stage(&self, key: u64) -> Option<Box<dyn Stage>> {
        match self {
            Self::Refuse(_) | Self::AcceptThenClose(_) | Self::Reset(_) | Self::Timeout(_) => None,
            Self::Cut(cut) => Some(cut.stage()),
            Self::Corrupt(corrupt) => Some(corrupt.stage(key)),
            Self::Slice(slice) => Some(slice.stage(key)),
            Self::Bandwidth(bandwidth) => Some(bandwidth.stage()),
            Self::Latency(latency) => Some(latency.stage(key)),
            Self::SlowClose(slow_close) => Some(slow_close.stage()),
        }
    }

    pub(crate) fn check(&self, on: &Selector) -> Result<(), Problem> {
        match self {
            Self::Refuse(_) => check_whole_address(on),
            Self::AcceptThenClose(_) => check_whole_connection(on),
            Self::Reset(reset) => check_whole_connection(on).and_then(|()| reset.check()),
            Self::Timeout(timeout) => timeout.check(),
            Self::Cut(_) => Ok(()),
            Self::Corrupt(corrupt) => corrupt.check(),
            Self::Slice(slice) => slice.check(),
            Self::Bandwidth(bandwidth) => bandwidth.check(),
            Self::Latency(latency) => latency.check(),
            Self::SlowClose(slow_close) => slow_close.check(),
        }
    }
}

fn check_whole_connection(on: &Selector) -> Result<(), Problem> {
    match on.direction {
        Direction::Both => Ok(()),
        Direction::ToUpstream => Err(Problem::new(
            "on.direction",
            "to_upstream",
            "both: it ends the whole connection",
        )),
        Direction::ToClient => Err(Problem::new(
            "on.direction",
            "to_client",
            "both: it ends the whole connection",
        )),
    }
}

fn check_whole_address(on: &Selector) -> Result<(), Problem> {
    check_whole_connection(on)?;
    let wanted = "all: a closed address refuses everybody; `reset` and `accept_then_close` choose connections";
    match on.connections {
        Which::All => Ok(()),
        Which::Probability(_) => Err(Problem::new("on.connections", "probability", wanted)),
        Which::Nth(_) => Err(Problem::new("on.connections", "nth", wanted)),
        Which::First(_) => Err(Problem::new("on.connections", "first", wanted)),
    }
}
