use std::collections::HashMap;

use super::dead_letters::Applied;

/// Most aggregates that are remembered. Beyond it all are forgotten, and each is learned again from its next event.
const MOST: usize = 50_000;

/// The last applied version of each aggregate, by which a gap in the feed is noticed.
///
/// A restart forgets the versions of events before the watermark, so the first event of an aggregate after it is
/// taken as it comes. The exception is a log that is read from its beginning, where every aggregate begins with
/// version 1.
#[derive(Debug)]
pub(super) struct AppliedVersions {
    last: HashMap<String, Applied>,
    from_beginning: bool,
}

/// An event's place among those of its aggregate that were applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    /// The version that follows the last one.
    Next,
    /// A version that was applied before.
    Seen,
    /// A later version: at least one between `Applied` and it is missing.
    Later(Applied),
}

impl AppliedVersions {
    /// Starts to learn at the watermark `position`.
    pub(super) fn new(position: i64) -> Self {
        Self {
            last: HashMap::new(),
            from_beginning: position == 0,
        }
    }

    pub(super) fn expects(&self, aggregate: &str, version: i64) -> Expected {
        let last = match self.last.get(aggregate) {
            Some(last) => *last,
            None if self.from_beginning => Applied {
                version: 0,
                position: 0,
            },
            None => return Expected::Next,
        };
        match version - last.version {
            ..=0 => Expected::Seen,
            1 => Expected::Next,
            _ => Expected::Later(last),
        }
    }

    pub(super) fn applied(&mut self, aggregate: &str, applied: Applied) {
        if self.last.len() >= MOST && !self.last.contains_key(aggregate) {
            self.last.clear();
            self.from_beginning = false;
        }
        self.last.insert(aggregate.to_owned(), applied);
    }
}
