use std::{collections::VecDeque, sync::Arc};

use commerce::RecordedEvent;
use tokio::task::AbortHandle;
use uuid::Uuid;

use super::{
    dead_letters::{Applied, DeadLetterState, Letter},
    known::{Expected, Known},
};

/// One aggregate's events: those that wait, and those that are dead letters. One thing at a time happens in a lane.
#[derive(Debug, Default)]
pub(super) struct Lane {
    pub(super) queue: VecDeque<Arc<RecordedEvent>>,
    /// In the order of the feed; the first one holds up everything behind it.
    pub(super) letters: VecDeque<Letter>,
    pub(super) busy: bool,
    /// The letters are being tried again.
    pub(super) replaying: bool,
    /// Looks for what a gap misses.
    pub(super) rescan: Option<AbortHandle>,
}

/// What is to happen next in a lane.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Step {
    /// Hand it to the handler.
    Handle { event: Arc<RecordedEvent>, in_gap: bool },
    /// It was applied before; nothing to do.
    Skip(Arc<RecordedEvent>),
    /// Keep it behind the dead letter.
    Park(Arc<RecordedEvent>),
    /// An event before it is missing: keep it until that one appears.
    Hold {
        event: Arc<RecordedEvent>,
        applied: Applied,
    },
    /// Try a letter again.
    Retry(Letter),
}

impl Lane {
    /// What is to happen next; the lane is busy with it from now on.
    pub(super) fn next(&mut self, known: &Known) -> Option<Step> {
        if self.busy {
            return None;
        }
        let step = self.choose(known)?;
        self.busy = true;
        Some(step)
    }

    fn choose(&mut self, known: &Known) -> Option<Step> {
        let Some(first) = self.letters.front() else {
            self.replaying = false;
            let event = self.queue.pop_front()?;
            let expected = known.expects(&event.event.aggregate_id, event.event.version);
            return Some(match expected {
                Expected::Next => Step::Handle { event, in_gap: false },
                Expected::Seen => Step::Skip(event),
                Expected::Later(applied) => Step::Hold { event, applied },
            });
        };
        let missing = first.missing();
        match missing {
            // What was missing has come.
            Some(missing) if missing == first.version => self.replaying = true,
            Some(_) => self.replaying = false,
            None => {}
        }
        if self.replaying {
            return Some(Step::Retry(first.clone()));
        }
        let event = self.queue.pop_front()?;
        if missing == Some(event.event.version) {
            return Some(Step::Handle { event, in_gap: true });
        }
        Some(Step::Park(event))
    }

    /// The event was applied: it is no letter any more, and a gap begins after it.
    pub(super) fn applied(&mut self, recorded: &RecordedEvent) {
        self.letters.retain(|letter| letter.event_id != recorded.event.event_id);
        for letter in &mut self.letters {
            if let Some(gap) = letter.gap.as_mut().filter(|gap| gap.version < recorded.event.version) {
                *gap = Applied {
                    version: recorded.event.version,
                    position: recorded.position,
                };
            }
        }
        if !self.is_held() {
            self.stop_rescan();
        }
    }

    /// A letter is in its place among the others.
    pub(super) fn insert(&mut self, letter: Letter) {
        self.letters.retain(|known| known.event_id != letter.event_id);
        let place = self.letters.partition_point(|known| known.position < letter.position);
        self.letters.insert(place, letter);
    }

    /// The first letter waits for an event that is missing.
    pub(super) fn is_held(&self) -> bool {
        self.letters
            .front()
            .is_some_and(|first| first.missing().is_some_and(|missing| missing != first.version))
    }

    /// Whether the event is a dead letter, or parked behind one.
    pub(super) fn has_letter(&self, event_id: Uuid) -> bool {
        self.letters.iter().any(|letter| letter.event_id == event_id)
    }

    /// Nothing is left in it.
    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty() && self.letters.is_empty() && !self.busy
    }

    pub(super) fn stop_rescan(&mut self) {
        if let Some(rescan) = self.rescan.take() {
            rescan.abort();
        }
    }
}

impl Letter {
    /// The version that has to come before this letter's, where one is missing; its own version once none is.
    fn missing(&self) -> Option<i64> {
        let gap = self.gap.filter(|_| self.state == DeadLetterState::Gap)?;
        Some(gap.version + 1)
    }
}
