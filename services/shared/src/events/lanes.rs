use std::{
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    sync::Arc,
};

use commerce::RecordedEvent;
use uuid::Uuid;

use super::{
    dead_letters::{Applied, Letter},
    lane::{Lane, Step},
    versions::AppliedVersions,
};

/// All lanes of a subscription, one for each aggregate that has something to do or a dead letter.
pub(super) struct Lanes {
    by_aggregate: HashMap<String, Lane>,
    /// Aggregates that have a step to run, but found too many others running.
    waiting: BTreeSet<String>,
    versions: AppliedVersions,
    /// Positions beyond the watermark that were done before this start: applied, or made a dead letter.
    done_before: BTreeSet<i64>,
}

impl Lanes {
    /// No lanes yet, for a subscription whose watermark is `position` and that has done `done` beyond it.
    pub(super) fn new(position: i64, done: BTreeSet<i64>) -> Self {
        Self {
            by_aggregate: HashMap::new(),
            waiting: BTreeSet::new(),
            versions: AppliedVersions::new(position),
            done_before: done,
        }
    }

    /// Makes a lane of the letters of each aggregate; returns the aggregates.
    pub(super) fn load(&mut self, letters: BTreeMap<String, VecDeque<Letter>>) -> Vec<String> {
        let aggregates = letters.keys().cloned().collect();
        let lanes = letters
            .into_iter()
            .map(|(name, letters)| (name, Lane::of_letters(letters)));
        self.by_aggregate.extend(lanes);
        aggregates
    }

    /// Puts an event of the feed at the end of its lane; returns the aggregate.
    pub(super) fn push(&mut self, event: RecordedEvent) -> String {
        let aggregate = event.event.aggregate_id.clone();
        self.lane(&aggregate).queue.push_back(Arc::new(event));
        aggregate
    }

    /// The lane of the aggregate; a new one if it has none.
    pub(super) fn lane(&mut self, aggregate: &str) -> &mut Lane {
        self.by_aggregate.entry(aggregate.to_owned()).or_default()
    }

    /// Chooses the next step of the aggregate. The lane is busy with it, unless the step is [`Step::Done`] or
    /// [`Step::Skip`]. A lane with nothing left to do is forgotten.
    pub(super) fn next(&mut self, aggregate: &str) -> Option<Step> {
        let lane = self.by_aggregate.get_mut(aggregate)?;
        let Some(step) = lane.next(&self.versions) else {
            if lane.is_empty() {
                self.by_aggregate.remove(aggregate);
            }
            return None;
        };
        let step = match step.event() {
            Some(event) if self.done_before.remove(&event.position) || lane.has_letter(event.event.event_id) => {
                Step::Done(Arc::clone(event))
            }
            _ => step,
        };
        if let Step::Done(event) | Step::Skip(event) = &step {
            lane.busy = false;
            // The position of a letter is done too, but the event was not applied and must not count as a version.
            if matches!(step, Step::Done(_)) && !lane.has_letter(event.event.event_id) {
                self.versions.applied(aggregate, Applied::of(event));
            }
        }
        Some(step)
    }

    /// Names the aggregates of these events of which no version is known.
    pub(super) fn unknown(&self, events: &[RecordedEvent]) -> Vec<String> {
        let aggregates: BTreeSet<&String> = events.iter().map(|one| &one.event.aggregate_id).collect();
        let unknown = aggregates.into_iter().filter(|name| !self.versions.knows(name));
        unknown.cloned().collect()
    }

    /// Learns that this version of the aggregate was applied, as an event of another log.
    pub(super) fn learn(&mut self, aggregate: &str, version: i64) {
        self.versions.applied(aggregate, Applied { version, position: 0 });
    }

    /// Notes that the event was applied.
    pub(super) fn applied(&mut self, event: &RecordedEvent) {
        let aggregate = &event.event.aggregate_id;
        self.versions.applied(aggregate, Applied::of(event));
        self.lane(aggregate).applied(event);
    }

    /// Lets the aggregate wait until fewer others are running.
    pub(super) fn wait(&mut self, aggregate: &str) {
        self.waiting.insert(aggregate.to_owned());
    }

    /// Takes an aggregate that waits.
    pub(super) fn pop_waiting(&mut self) -> Option<String> {
        self.waiting.pop_first()
    }

    /// Asks for the letters of the event's aggregate to be tried again; returns the aggregate, if the event is a
    /// letter.
    pub(super) fn retry(&mut self, event_id: Uuid) -> Option<String> {
        let mut lanes = self.by_aggregate.iter_mut();
        let (aggregate, lane) = lanes.find(|(_, lane)| lane.has_letter(event_id))?;
        lane.retrying = true;
        Some(aggregate.clone())
    }

    /// Counts the letters of all lanes.
    pub(super) fn letters(&self) -> u64 {
        self.by_aggregate.values().map(|lane| lane.letters.len() as u64).sum()
    }
}
