use std::{collections::VecDeque, sync::Arc};

use commerce::RecordedEvent;
use tokio::task::AbortHandle;
use uuid::Uuid;

use super::{
    dead_letters::{Applied, DeadLetterState, Letter},
    versions::{AppliedVersions, Expected},
};

/// The events of one aggregate: those that wait, and those that are dead letters. A lane does one step at a time.
#[derive(Debug, Default)]
pub(super) struct Lane {
    pub(super) queue: VecDeque<Arc<RecordedEvent>>,
    /// Dead letters in the order of their versions. The first one holds up everything behind it.
    pub(super) letters: VecDeque<Letter>,
    /// A step of this lane is running.
    pub(super) busy: bool,
    /// The letters are being tried again.
    pub(super) retrying: bool,
    /// The search for the event that a gap misses.
    pub(super) rescan: Option<AbortHandle>,
}

/// The next thing to do in a lane.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Step {
    /// Hand the event to the handler.
    Handle { event: Arc<RecordedEvent>, in_gap: bool },
    /// Nothing: the event was done before this start, beyond the watermark or from another log.
    Done(Arc<RecordedEvent>),
    /// Nothing: a later version of its aggregate was applied before.
    Skip(Arc<RecordedEvent>),
    /// Keep the event behind the dead letter.
    Park(Arc<RecordedEvent>),
    /// Keep the event until the missing one before it appears.
    Hold {
        event: Arc<RecordedEvent>,
        applied: Applied,
    },
    /// Try a letter again.
    Retry(Letter),
}

impl Lane {
    /// A lane that begins with dead letters, as a restart finds them.
    pub(super) fn of_letters(letters: VecDeque<Letter>) -> Self {
        // Letters that a crash left parked with no dead one before them are tried again without being asked.
        let retrying = letters
            .front()
            .is_some_and(|first| first.state == DeadLetterState::Parked);
        Self {
            letters,
            retrying,
            ..Self::default()
        }
    }

    /// Chooses the next step and marks the lane as busy with it. `None`: the lane is busy, or has nothing to do.
    pub(super) fn next(&mut self, versions: &AppliedVersions) -> Option<Step> {
        if self.busy {
            return None;
        }
        let step = self.choose(versions)?;
        self.busy = true;
        Some(step)
    }

    fn choose(&mut self, versions: &AppliedVersions) -> Option<Step> {
        let Some(first) = self.letters.front() else {
            self.retrying = false;
            let event = self.queue.pop_front()?;
            return Some(match expected(versions, &event) {
                Expected::Next => Step::Handle { event, in_gap: false },
                Expected::Seen => Step::Skip(event),
                Expected::Later(applied) => Step::Hold { event, applied },
            });
        };
        let missing = first.missing();
        match missing {
            // The missing events have been applied, so the letter itself is next.
            Some(missing) if missing == first.version => self.retrying = true,
            // A retry that was asked for can't help while an event before the letter is missing.
            Some(_) => self.retrying = false,
            None => {}
        }
        if self.retrying {
            return Some(Step::Retry(first.clone()));
        }
        let event = self.queue.pop_front()?;
        // Another log shows again what was applied before the letters.
        if expected(versions, &event) == Expected::Seen {
            return Some(Step::Skip(event));
        }
        // The feed may show the missing event late; it then overtakes the letters that wait for it.
        if missing == Some(event.event.version) {
            return Some(Step::Handle { event, in_gap: true });
        }
        Some(Step::Park(event))
    }

    /// Notes that the event was applied: removes its letter, and moves the gaps that began before it.
    pub(super) fn applied(&mut self, recorded: &RecordedEvent) {
        self.letters.retain(|letter| letter.event_id != recorded.event.event_id);
        for letter in &mut self.letters {
            if let Some(gap) = letter.gap.as_mut().filter(|gap| gap.version < recorded.event.version) {
                *gap = Applied::of(recorded);
            }
        }
        if !self.is_held() {
            self.stop_rescan();
        }
    }

    /// Puts the letter in its place among the others, in the order of their versions.
    pub(super) fn insert(&mut self, letter: Letter) {
        self.remove(letter.event_id);
        let place = self.letters.partition_point(|known| known.version < letter.version);
        self.letters.insert(place, letter);
    }

    /// Takes the letter of the event away.
    pub(super) fn remove(&mut self, event_id: Uuid) {
        self.letters.retain(|known| known.event_id != event_id);
    }

    /// True while the first letter waits for an event that is missing.
    pub(super) fn is_held(&self) -> bool {
        self.letters
            .front()
            .is_some_and(|first| first.missing().is_some_and(|missing| missing != first.version))
    }

    /// The gap to search for missing events, from the last applied event to the first letter. `None`: there is no
    /// gap, or the search is under way.
    pub(super) fn gap_to_search(&self) -> Option<(Applied, i64)> {
        if !self.is_held() || self.rescan.is_some() {
            return None;
        }
        let first = self.letters.front()?;
        first.gap.map(|gap| (gap, first.position))
    }

    /// True if the event is a dead letter, or parked behind one.
    pub(super) fn has_letter(&self, event_id: Uuid) -> bool {
        self.letters.iter().any(|letter| letter.event_id == event_id)
    }

    /// True if nothing is left to do in the lane, and nothing is running.
    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty() && self.letters.is_empty() && !self.busy
    }

    fn stop_rescan(&mut self) {
        if let Some(rescan) = self.rescan.take() {
            rescan.abort();
        }
    }
}

fn expected(versions: &AppliedVersions, event: &RecordedEvent) -> Expected {
    versions.expects(&event.event.aggregate_id, event.event.version)
}

impl Step {
    /// The event of the feed that the step is about; a retry is about a letter instead.
    pub(super) fn event(&self) -> Option<&Arc<RecordedEvent>> {
        match self {
            Self::Handle { event, .. } | Self::Hold { event, .. } => Some(event),
            Self::Done(event) | Self::Skip(event) | Self::Park(event) => Some(event),
            Self::Retry(_) => None,
        }
    }
}

impl Letter {
    /// The version that has to be applied before this letter, where one is missing; the letter's own once none is.
    fn missing(&self) -> Option<i64> {
        let gap = self.gap.filter(|_| self.state == DeadLetterState::Gap)?;
        Some(gap.version + 1)
    }
}
