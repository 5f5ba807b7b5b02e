//! Handover of a module's data to another database, while both are in use.
//!
//! [`Handover`] is the contract of a side that has such data: it summarises a range of it, gives rows away, and takes
//! rows in. Rows travel in [`Aggregate`]s, each whole or not at all. [`Copying`] carries them from one side to the
//! other until both hold the same, and proves it by count and by digest, range by range.
//!
//! A side never overwrites what is newer than what it is given: see [`Progress`]. So a copy may be given up, repeated,
//! and run beside writes on both sides. What one side can't take without loss is reported, and left as it is.
//!
//! Which side acts is one at a time: see [`Duty`] and [`switch`].
//!
//! # Limits
//!
//! - Values are texts and 64-bit whole numbers.
//! - Nothing is deleted: an aggregate that only the receiving side has is a difference.
//! - Both sides have the same [`Layout`]: the same versions of the schema.

mod aggregate;
mod copying;
mod duty;
mod error;
mod finding;
mod lag;
mod layout;
#[cfg(feature = "http")]
mod over_http;
mod range;
mod report;
mod switch;

pub use aggregate::{Aggregate, Outline, Progress, Row};
pub use copying::{CopyError, Copying};
pub use duty::{Duty, Release};
pub use error::HandoverError;
pub use finding::{Difference, Taken};
pub use lag::Lag;
pub use layout::{Layout, SetLayout};
#[cfg(feature = "http")]
pub use over_http::{HANDOVER_BODY, HANDOVER_PATH, HandoverClient, answer_handover};
pub use range::{Key, Range, Summary};
pub use report::{CopyReport, SetReport};
pub use switch::{Switched, switch};

/// A side that holds the data of one module.
#[seam::contract(name = "handover")]
pub trait Handover: Send + Sync {
    /// Describes the data: the versions of its schema, and its sets of aggregates.
    #[read]
    async fn layout(&self) -> Result<Layout, HandoverError>;

    /// Summarises the first `limit` aggregates of the range. The range of the answer is the part that was examined.
    #[read(key = range)]
    async fn summarize(&self, range: Range, limit: u32) -> Result<Summary, HandoverError>;

    /// Outlines each aggregate of the range, in the order of their keys.
    #[read(key = range)]
    async fn outline(&self, range: Range) -> Result<Vec<Outline>, HandoverError>;

    /// Reads these aggregates of a set whole. Keys that are not there are left out.
    #[read(key = set)]
    async fn give(&self, set: String, keys: Vec<Key>) -> Result<Vec<Aggregate>, HandoverError>;

    /// Stores these aggregates of a set, each whole or not at all, unless what is there is as new. The answers are in
    /// the order of the aggregates.
    #[write(key = set, idempotent)]
    async fn take(&self, set: String, aggregates: Vec<Aggregate>) -> Result<Vec<Taken>, HandoverError>;

    /// Says whether this side acts.
    #[read]
    async fn duty(&self) -> Result<Duty, HandoverError>;

    /// Ends to act, for good as far as this epoch and those before it are concerned, and waits for what is under way.
    #[write(key = epoch, idempotent)]
    async fn stand_by(&self, epoch: i64) -> Result<Release, HandoverError>;

    /// Begins to act, with the release of the other side.
    #[write(key = release.epoch, idempotent)]
    async fn act(&self, release: Release) -> Result<Duty, HandoverError>;
}
