use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

use commerce::{EventFeed, FeedError, RecordedEvent};
use futures::future::BoxFuture;
use tokio::{sync::mpsc, task::JoinSet, time::Instant};
use uuid::Uuid;

use super::{
    attempt::{Desk, Finished},
    dead_letters::{self, Applied},
    delivery::Source,
    known::Known,
    lane::{Lane, Step},
    rescan::rescan,
};
use crate::Backoff;

/// Handlers that run at the same time.
const RUNNING: usize = 64;
/// Events that are read ahead, those that run among them.
const OPEN: usize = 256;
/// Reads wait until there is room for so many.
const ROOM: usize = 64;
const WAIT: Duration = Duration::from_secs(20);
/// Positions that may be walked again after a crash because no handler had to write.
const LAG: i64 = 1_000;

type Reading = BoxFuture<'static, Result<Vec<RecordedEvent>, FeedError>>;

/// Try the letters of this event's aggregate again.
pub(super) type Retry = Uuid;

/// Reads the feed, keeps each aggregate in its lane, runs lanes side by side.
pub(super) struct Pump {
    desk: Desk,
    feed: Arc<dyn EventFeed>,
    retries: mpsc::Receiver<Retry>,
    lanes: HashMap<String, Lane>,
    /// Lanes that have something to do but no place to run.
    waiting: BTreeSet<String>,
    known: Known,
    done: BTreeSet<i64>,
    running: JoinSet<Finished>,
    reading: Option<Reading>,
    backoff: Backoff,
    cursor: i64,
    open: usize,
}

impl Pump {
    pub(super) fn new(desk: Desk, feed: Arc<dyn EventFeed>, retries: mpsc::Receiver<Retry>) -> Self {
        Self {
            desk,
            feed,
            retries,
            lanes: HashMap::new(),
            waiting: BTreeSet::new(),
            known: Known::new(0),
            done: BTreeSet::new(),
            running: JoinSet::new(),
            reading: None,
            backoff: Backoff::new(Duration::from_millis(20), Duration::from_secs(1)),
            cursor: 0,
            open: 0,
        }
    }

    /// Runs until the process is told to stop; then waits for the handlers that are at work.
    pub(super) async fn run(mut self) {
        if !self.load().await {
            return;
        }
        let tasks = self.desk.tasks.clone();
        while !tasks.is_stopping() {
            self.read();
            tokio::select! {
                () = tasks.stopping() => break,
                Some(finished) = self.running.join_next() => self.joined(finished),
                Some(event_id) = self.retries.recv() => self.retry(event_id),
                events = read_or_never(&mut self.reading) => self.arrived(events),
            }
            self.settle().await;
        }
        while let Some(finished) = self.running.join_next().await {
            self.joined(finished);
        }
        if let Err(error) = self.desk.window.store(&self.desk.db, 0).await {
            tracing::warn!(subscription = %self.desk.window.name, %error, "position was not stored; some events are walked again");
        }
    }

    async fn load(&mut self) -> bool {
        let desk = self.desk.clone();
        let Some((position, done)) = desk.insist("position", || desk.window.load(&desk.db)).await else {
            return false;
        };
        let letters = desk
            .insist("dead letters", || dead_letters::load(&desk.db, &desk.window.name))
            .await;
        let Some(letters) = letters else { return false };
        self.cursor = position;
        self.known = Known::new(position);
        self.done = done;
        for (aggregate, letters) in letters {
            // What a crash left parked with nothing dead before it goes on by itself.
            let replaying = letters
                .front()
                .is_some_and(|first| first.state == dead_letters::DeadLetterState::Parked);
            self.lanes.insert(
                aggregate.clone(),
                Lane {
                    letters,
                    replaying,
                    ..Lane::default()
                },
            );
            self.look_for_missing(&aggregate);
            self.step(&aggregate);
        }
        self.count_letters();
        true
    }

    /// Begins to read if there is room and no read is under way.
    fn read(&mut self) {
        let room = OPEN.saturating_sub(self.open);
        if self.reading.is_none() && room >= ROOM {
            let feed = Arc::clone(&self.feed);
            let (after, limit) = (self.cursor, u32::try_from(room).unwrap_or(1));
            self.reading = Some(Box::pin(async move { feed.read_events(after, limit, WAIT).await }));
        }
    }

    fn arrived(&mut self, events: Result<Vec<RecordedEvent>, FeedError>) {
        let events = match events {
            Ok(events) => events,
            Err(error) => return self.unreadable(&error),
        };
        self.backoff.reset();
        self.desk.window.untroubled("feed");
        for event in events {
            if event.position <= self.cursor {
                tracing::error!(subscription = %self.desk.window.name, position = event.position, "feed went backwards; event is left out");
                continue;
            }
            self.cursor = event.position;
            self.open += 1;
            self.desk.window.opened(event.position);
            let aggregate = event.event.aggregate_id.clone();
            self.lanes
                .entry(aggregate.clone())
                .or_default()
                .queue
                .push_back(Arc::new(event));
            self.step(&aggregate);
        }
    }

    fn unreadable(&mut self, error: &FeedError) {
        tracing::debug!(subscription = %self.desk.window.name, %error, "feed is not readable");
        self.desk.window.troubled("feed", error.to_string());
        let (feed, after, pause) = (Arc::clone(&self.feed), self.cursor, self.backoff.pause());
        self.reading = Some(Box::pin(async move {
            tokio::time::sleep_until(Instant::now() + pause).await;
            // Without waiting for an event: the answer alone says that the feed is back, and readiness shows it.
            feed.read_events(after, u32::try_from(ROOM).unwrap_or(1), Duration::ZERO)
                .await
        }));
    }

    /// Starts what is next in the lane.
    fn step(&mut self, aggregate: &str) {
        if self.desk.tasks.is_stopping() {
            return;
        }
        if self.running.len() >= RUNNING {
            self.waiting.insert(aggregate.to_owned());
            return;
        }
        let Some(lane) = self.lanes.get_mut(aggregate) else {
            return;
        };
        while let Some(step) = lane.next(&self.known) {
            let desk = self.desk.clone();
            match step {
                // Done before this start, beyond the position: applied, or a letter, and it stays what it is.
                Step::Handle { event, .. } | Step::Skip(event) | Step::Park(event) | Step::Hold { event, .. }
                    if self.done.remove(&event.position) =>
                {
                    lane.busy = false;
                    self.open -= 1;
                    self.desk.window.done(event.position);
                    if !lane.has_letter(event.event.event_id) {
                        let applied = Applied {
                            version: event.event.version,
                            position: event.position,
                        };
                        self.known.applied(aggregate, applied);
                    }
                }
                Step::Skip(event) => {
                    lane.busy = false;
                    self.open -= 1;
                    self.desk.window.done(event.position);
                    tracing::warn!(subscription = %self.desk.window.name, event_id = %event.event.event_id, "event was applied before");
                }
                Step::Handle { event, in_gap } => {
                    let source = if in_gap { Source::FeedInGap } else { Source::Feed };
                    self.running.spawn(desk.handle(event, source));
                }
                Step::Park(event) => drop(self.running.spawn(desk.park(event))),
                Step::Hold { event, applied } => drop(self.running.spawn(desk.hold(event, applied))),
                Step::Retry(letter) => drop(self.running.spawn(desk.retry(aggregate.to_owned(), letter))),
            }
        }
        if lane.is_empty() {
            self.lanes.remove(aggregate);
        }
    }

    fn joined(&mut self, finished: Result<Finished, tokio::task::JoinError>) {
        let finished = match finished {
            Ok(finished) => finished,
            Err(error) if error.is_cancelled() => return,
            // Handlers are caught where they run, so this is a defect of ours; the lane stays busy and the log says why.
            Err(error) => {
                return tracing::error!(subscription = %self.desk.window.name, %error, "work on an event panicked");
            }
        };
        let aggregate = match finished {
            Finished::Stopped => return,
            Finished::Applied(event, source) => {
                let aggregate = event.event.aggregate_id.clone();
                if source != Source::Letter {
                    self.open -= 1;
                    self.desk.window.done(event.position);
                }
                let applied = Applied {
                    version: event.event.version,
                    position: event.position,
                };
                self.known.applied(&aggregate, applied);
                self.lane(&aggregate).applied(&event);
                aggregate
            }
            Finished::Lettered(event, letter) => {
                let aggregate = event.event.aggregate_id.clone();
                self.open -= 1;
                self.desk.window.done(event.position);
                self.lane(&aggregate).insert(letter);
                aggregate
            }
            Finished::StillDead(aggregate, letter) => {
                let lane = self.lane(&aggregate);
                lane.replaying = false;
                lane.insert(letter);
                aggregate
            }
            Finished::Gone(aggregate, letter) => {
                self.lane(&aggregate)
                    .letters
                    .retain(|known| known.event_id != letter.event_id);
                aggregate
            }
            Finished::Found(aggregate, letters) => {
                let lane = self.lane(&aggregate);
                lane.rescan = None;
                lane.replaying = true;
                letters.into_iter().for_each(|letter| lane.insert(letter));
                self.step(&aggregate);
                return self.count_letters();
            }
        };
        self.lane(&aggregate).busy = false;
        self.look_for_missing(&aggregate);
        self.step(&aggregate);
        self.count_letters();
    }

    fn retry(&mut self, event_id: Uuid) {
        let found = self.lanes.iter_mut().find(|(_, lane)| lane.has_letter(event_id));
        let Some((aggregate, lane)) = found else { return };
        lane.replaying = true;
        let aggregate = aggregate.clone();
        self.step(&aggregate);
    }

    /// Looks for the event that the lane's first letter waits for, until it comes.
    fn look_for_missing(&mut self, aggregate: &str) {
        let Some(lane) = self
            .lanes
            .get_mut(aggregate)
            .filter(|lane| lane.is_held() && lane.rescan.is_none())
        else {
            return;
        };
        let Some((after, until)) = lane
            .letters
            .front()
            .and_then(|first| first.gap.map(|gap| (gap, first.position)))
        else {
            return;
        };
        let work = rescan(
            self.desk.clone(),
            Arc::clone(&self.feed),
            aggregate.to_owned(),
            after,
            until,
        );
        lane.rescan = Some(self.running.spawn(work));
    }

    /// Starts lanes that waited for a place, and stores the position if it has run ahead.
    async fn settle(&mut self) {
        while self.running.len() < RUNNING {
            let Some(aggregate) = self.waiting.pop_first() else {
                break;
            };
            self.step(&aggregate);
        }
        if let Err(error) = self.desk.window.store(&self.desk.db, LAG).await {
            tracing::warn!(subscription = %self.desk.window.name, %error, "position was not stored; it is tried again");
        }
    }

    fn lane(&mut self, aggregate: &str) -> &mut Lane {
        self.lanes.entry(aggregate.to_owned()).or_default()
    }

    fn count_letters(&self) {
        let letters = self.lanes.values().map(|lane| lane.letters.len() as u64).sum();
        self.desk.window.set_letters(letters);
    }
}

async fn read_or_never(reading: &mut Option<Reading>) -> Result<Vec<RecordedEvent>, FeedError> {
    let Some(read) = reading else {
        return std::future::pending().await;
    };
    let events = read.await;
    *reading = None;
    events
}
