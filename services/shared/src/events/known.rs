use std::collections::HashMap;

use super::dead_letters::Applied;

/// Aggregates that are remembered; beyond that all are forgotten and learnt anew.
const MOST: usize = 50_000;

/// The last version of each aggregate that was seen applied, by which a gap is noticed.
///
/// What was applied before the subscription's position is not remembered across a restart, so the first event of an aggregate that is
/// seen after one is taken as it comes; unless the log is read from its beginning, where an aggregate begins with version 1.
#[derive(Debug)]
pub(super) struct Known {
    applied: HashMap<String, Applied>,
    from_beginning: bool,
}

/// What the next event of an aggregate is, against what was applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    /// The next one.
    Next,
    /// One that was applied before.
    Seen,
    /// A later one: at least one between `Applied` and it is missing.
    Later(Applied),
}

impl Known {
    pub(super) fn new(position: i64) -> Self {
        Self {
            applied: HashMap::new(),
            from_beginning: position == 0,
        }
    }

    pub(super) fn expects(&self, aggregate: &str, version: i64) -> Expected {
        let last = match self.applied.get(aggregate) {
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
        if self.applied.len() >= MOST && !self.applied.contains_key(aggregate) {
            self.applied.clear();
            self.from_beginning = false;
        }
        self.applied.insert(aggregate.to_owned(), applied);
    }
}
