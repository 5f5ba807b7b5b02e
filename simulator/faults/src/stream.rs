//! A stream on its way through the stages of one direction.

use std::fmt::Debug;

use bytes::Bytes;
use tokio::time::Instant;

/// Part of a stream, with the time before which it must not be passed on.
#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) due: Instant,
    pub(crate) what: What,
}

impl Item {
    pub(crate) fn data(due: Instant, bytes: Bytes) -> Self {
        Self {
            due,
            what: What::Data(bytes),
        }
    }

    /// Takes its bytes, with their time. An end has none: it is passed on at its time, but not before `earliest`.
    pub(crate) fn bytes_or_pass(self, earliest: Option<Instant>, out: &mut Vec<Self>) -> Option<(Instant, Bytes)> {
        if let What::Data(bytes) = self.what {
            return Some((self.due, bytes));
        }
        let due = earliest.map_or(self.due, |earliest| earliest.max(self.due));
        out.push(Self { due, ..self });
        None
    }

    /// Number of bytes it holds.
    pub(crate) fn length(&self) -> usize {
        match &self.what {
            What::Data(bytes) => bytes.len(),
            What::End | What::Close => 0,
        }
    }
}

/// Content of an [`Item`].
#[derive(Debug)]
pub(crate) enum What {
    /// Bytes to write at once; never empty.
    Data(Bytes),
    /// The sender's end of this direction.
    End,
    /// An end of the whole connection.
    Close,
}

/// State of one effect on one direction of one connection.
///
/// A stage never waits: it says by `due` when an item may go on, so nothing it does has to be interrupted. It must
/// keep items in order, with times that never go back, and pass on every byte that its fault does not mean to lose.
pub(crate) trait Stage: Debug + Send {
    /// Takes the next item and appends what goes on in its place. Returns true if the effect acted.
    fn pass(&mut self, item: Item, out: &mut Vec<Item>) -> bool;

    /// Returns the time at which the effect resets the connection, which is then what it did.
    fn resets_at(&self) -> Option<Instant> {
        None
    }

    /// Tells if the connection ends in order once the effect is lifted.
    fn ends_connection(&self) -> bool {
        false
    }
}
