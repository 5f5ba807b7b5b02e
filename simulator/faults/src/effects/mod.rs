//! Effects of faults, one file for each.
//!
//! An effect that changes the stream of one direction is a [`Stage`](crate::stream::Stage). The others act on whole
//! connections, on the listening address or on HTTP/1 requests, and their files hold what can be set; `forward`, `door`
//! and `http` carry them out.

mod accept_then_close;
mod alter_json;
mod answer;
mod bandwidth;
mod corrupt;
mod corrupt_body;
mod cut;
mod delay;
mod drop_reply;
mod duplicate;
mod duplicate_items;
mod latency;
mod redeliver;
mod refuse;
mod reorder;
mod reorder_items;
mod reset;
mod rewritten;
mod slice;
mod slow_close;
mod timeout;
mod truncate_body;
mod violate_schema;
mod withhold_items;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::{
    accept_then_close::AcceptThenClose,
    alter_json::AlterJson,
    answer::Answer,
    bandwidth::Bandwidth,
    corrupt::Corrupt,
    corrupt_body::CorruptBody,
    cut::Cut,
    delay::Delay,
    drop_reply::DropReply,
    duplicate::Duplicate,
    duplicate_items::DuplicateItems,
    latency::{Distribution, Latency},
    redeliver::Redeliver,
    refuse::Refuse,
    reorder::Reorder,
    reorder_items::ReorderItems,
    reset::Reset,
    slice::Slice,
    slow_close::SlowClose,
    timeout::Timeout,
    truncate_body::TruncateBody,
    violate_schema::ViolateSchema,
    withhold_items::WithholdItems,
};
pub(crate) use self::{
    corrupt::Corrupting,
    redeliver::Asked,
    reorder::{Crossing, Overtaking, Turn},
    rewritten::Rewritten,
};
use crate::{Direction, Selector, Which, fault::Problem, stream::Stage};

/// Effect of a fault on the traffic that it was laid on. The table in the [crate's documentation](crate) compares
/// them all.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
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
    /// Has HTTP/1 requests of different connections arrive in the other order.
    Reorder(Reorder),
    /// Delays HTTP/1 requests.
    DelayRequest(Delay),
    /// Has HTTP/1 requests ask again for what was acknowledged.
    Redeliver(Redeliver),
    /// Answers HTTP/1 requests in place of the upstream.
    Answer(Answer),
    /// Sends HTTP/1 requests twice.
    Duplicate(Duplicate),
    /// Drops HTTP/1 replies after the upstream acted.
    DropReply(DropReply),
    /// Delays HTTP/1 replies.
    DelayReply(Delay),
    /// Withholds the last items of the pages in HTTP/1 replies.
    WithholdItems(WithholdItems),
    /// Swaps items of the pages in HTTP/1 replies.
    ReorderItems(ReorderItems),
    /// Repeats items of the pages in HTTP/1 replies.
    DuplicateItems(DuplicateItems),
    /// Changes a field in the JSON of HTTP/1 replies.
    AlterJson(AlterJson),
    /// Breaks the schema of HTTP/1 replies.
    ViolateSchema(ViolateSchema),
    /// Changes bytes in the bodies of HTTP/1 replies.
    CorruptBody(CorruptBody),
    /// Cuts the bodies of HTTP/1 replies off.
    TruncateBody(TruncateBody),
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
            Self::Reorder(_) => "reorder",
            Self::DelayRequest(_) => "delay_request",
            Self::Redeliver(_) => "redeliver",
            Self::Answer(_) => "answer",
            Self::Duplicate(_) => "duplicate",
            Self::DropReply(_) => "drop_reply",
            Self::DelayReply(_) => "delay_reply",
            Self::WithholdItems(_) => "withhold_items",
            Self::ReorderItems(_) => "reorder_items",
            Self::DuplicateItems(_) => "duplicate_items",
            Self::AlterJson(_) => "alter_json",
            Self::ViolateSchema(_) => "violate_schema",
            Self::CorruptBody(_) => "corrupt_body",
            Self::TruncateBody(_) => "truncate_body",
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
            Self::Reorder(_) => 10,
            Self::DelayRequest(_) => 11,
            Self::Redeliver(_) => 12,
            Self::Answer(_) => 13,
            Self::Duplicate(_) => 14,
            Self::DropReply(_) => 15,
            Self::DelayReply(_) => 16,
            Self::WithholdItems(_) => 17,
            Self::ReorderItems(_) => 18,
            Self::DuplicateItems(_) => 19,
            Self::AlterJson(_) => 20,
            Self::ViolateSchema(_) => 21,
            Self::CorruptBody(_) => 22,
            Self::TruncateBody(_) => 23,
        }
    }

    /// Tells if it acts on a connection itself, though no byte passes there.
    pub(crate) fn acts_on_connections(&self) -> bool {
        match self {
            Self::AcceptThenClose(_) => true,
            Self::Reset(reset) => !reset.on_bytes,
            Self::Timeout(timeout) => timeout.after.is_some(),
            _ => false,
        }
    }

    /// Tells if it acts on HTTP/1 requests or their replies.
    pub(crate) fn is_of_http(&self) -> bool {
        match self {
            Self::Refuse(_)
            | Self::AcceptThenClose(_)
            | Self::Reset(_)
            | Self::Timeout(_)
            | Self::Cut(_)
            | Self::Corrupt(_)
            | Self::Slice(_)
            | Self::Bandwidth(_)
            | Self::Latency(_)
            | Self::SlowClose(_) => false,
            Self::Reorder(_)
            | Self::DelayRequest(_)
            | Self::Redeliver(_)
            | Self::Answer(_)
            | Self::Duplicate(_)
            | Self::DropReply(_)
            | Self::DelayReply(_)
            | Self::WithholdItems(_)
            | Self::ReorderItems(_)
            | Self::DuplicateItems(_)
            | Self::AlterJson(_)
            | Self::ViolateSchema(_)
            | Self::CorruptBody(_)
            | Self::TruncateBody(_) => true,
        }
    }

    /// Makes the stage that carries it out on one direction of one connection; `None` if it acts on the whole
    /// connection, or on its requests. The key is what [`draw`](crate::draw) decides by.
    pub(crate) fn stage(&self, key: u64) -> Option<Box<dyn Stage>> {
        match self {
            Self::Reset(reset) => reset.stage(),
            Self::Timeout(timeout) => timeout.stage(),
            Self::Cut(cut) => Some(cut.stage()),
            Self::Corrupt(corrupt) => Some(corrupt.stage(key)),
            Self::Slice(slice) => Some(slice.stage(key)),
            Self::Bandwidth(bandwidth) => Some(bandwidth.stage()),
            Self::Latency(latency) => Some(latency.stage(key)),
            Self::SlowClose(slow_close) => Some(slow_close.stage()),
            _ => None,
        }
    }

    pub(crate) fn check(&self, on: &Selector) -> Result<(), Problem> {
        if self.is_of_http() {
            check_requests(on)?;
        } else if on.http.is_some() {
            let wanted = format!("none: {} acts on bytes", self.kind());
            return Err(Problem::new("on.http", "set", &wanted));
        }
        match self {
            Self::Refuse(_) => check_whole_address(on),
            Self::AcceptThenClose(_) => check_whole_connection(on),
            Self::Reset(reset) if reset.on_bytes => reset.check(),
            Self::Reset(reset) => check_whole_connection(on).and_then(|()| reset.check()),
            Self::Timeout(timeout) => timeout.check(),
            Self::Cut(_) => Ok(()),
            Self::Corrupt(corrupt) => corrupt.check(),
            Self::Slice(slice) => slice.check(),
            Self::Bandwidth(bandwidth) => bandwidth.check(),
            Self::Latency(latency) => latency.check(),
            Self::SlowClose(slow_close) => slow_close.check(),
            Self::Answer(answer) => answer.check(),
            Self::DelayRequest(delay) | Self::DelayReply(delay) => delay.check(self.kind()),
            Self::Reorder(reorder) => reorder.check(),
            Self::Redeliver(redeliver) => redeliver.check(),
            Self::WithholdItems(withhold) => withhold.check(),
            Self::ReorderItems(reorder) => reorder.check(),
            Self::DuplicateItems(duplicate) => duplicate.check(),
            Self::AlterJson(alter) => alter.check(),
            Self::CorruptBody(corrupt_body) => corrupt_body.check(),
            Self::Duplicate(_) | Self::DropReply(_) | Self::ViolateSchema(_) | Self::TruncateBody(_) => Ok(()),
        }
    }
}

fn check_whole_connection(on: &Selector) -> Result<(), Problem> {
    check_both(on.direction, "both: it ends the whole connection")
}

fn check_both(direction: Direction, wanted: &str) -> Result<(), Problem> {
    let seen = match direction {
        Direction::Both => return Ok(()),
        Direction::ToUpstream => "to_upstream",
        Direction::ToClient => "to_client",
    };
    Err(Problem::new("on.direction", seen, wanted))
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

fn check_requests(on: &Selector) -> Result<(), Problem> {
    check_both(on.direction, "both: requests and replies belong together")?;
    match on.connections {
        Which::Probability(_) => {
            let wanted = "all, nth or first; `on.http.requests` takes a probability";
            Err(Problem::new("on.connections", "probability", wanted))
        }
        _ => Ok(()),
    }
}
