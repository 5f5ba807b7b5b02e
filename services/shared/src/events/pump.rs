use std::{collections::BTreeSet, sync::Arc};

use commerce::{EventFeed, FeedError, RecordedEvent};
use tokio::{
    sync::mpsc,
    task::{AbortHandle, JoinError, JoinSet},
};
use uuid::Uuid;

use super::{
    dead_letters,
    delivery::Source,
    lane::Step,
    lanes::Lanes,
    processor::{Finished, Processor},
    reader::{Read, Reader, Unplaced},
    rescan::rescan,
    versions,
    watermark::Followed,
};
use crate::ambient::Ambient;

/// Most steps that run at the same time.
const RUNNING: usize = 64;
/// Positions that a crash may make the subscription walk again where no handler had anything to write.
const LAG: i64 = 1_000;

/// A request to try the letters of this event's aggregate again.
pub(super) type Retry = Uuid;

/// The loop of a subscription: takes events from the [`Reader`], sorts them into [`Lanes`] and runs their steps
/// concurrently, at most one in each lane.
///
/// ```text
/// feed ─▶ Reader ─▶ Lanes ─ next step ─▶ Processor (up to 64 at once) ─ Finished ─▶ Lanes, Reader
/// ```
///
/// Only this loop touches the lanes, so they need no lock; the steps run in tasks of their own and report as
/// [`Finished`].
pub(super) struct Pump {
    processor: Processor,
    reader: Reader,
    lanes: Lanes,
    running: JoinSet<Finished>,
    retries: mpsc::Receiver<Retry>,
    /// True once another log than this one was followed: this one may show events that were applied already.
    moved: bool,
}

impl Pump {
    pub(super) fn new(processor: Processor, feed: Arc<dyn EventFeed>, retries: mpsc::Receiver<Retry>) -> Self {
        let (watermark, status) = (Arc::clone(&processor.watermark), Arc::clone(&processor.status));
        Self {
            processor,
            reader: Reader::new(feed, watermark, status),
            lanes: Lanes::new(0, BTreeSet::new()),
            running: JoinSet::new(),
            retries,
            moved: false,
        }
    }

    /// Runs until the process is told to stop; then waits for the steps that are running.
    pub(super) async fn run(mut self) {
        if self.load().await.is_none() {
            return;
        }
        let tasks = self.processor.tasks.clone();
        while !tasks.is_stopping() {
            self.reader.read();
            tokio::select! {
                () = tasks.stopping() => break,
                Some(finished) = self.running.join_next() => self.joined(finished),
                Some(event_id) = self.retries.recv() => self.retry(event_id),
                read = self.reader.events() => match read {
                    Read::New(events) => self.arrived(events).await,
                    Read::OtherLog(unplaced) => self.changed(unplaced).await,
                },
            }
            self.fill_places();
            self.processor
                .store_watermark(LAG, "watermark not stored, will be tried again")
                .await;
        }
        // Steps that end after this point are not followed by others, but what they have done is counted.
        while let Some(finished) = self.running.join_next().await {
            self.joined(finished);
        }
        self.processor
            .store_watermark(0, "watermark not stored, some events are walked again")
            .await;
    }

    /// Goes on where an earlier run has ended, if there was one. `None`: the process is to stop.
    async fn load(&mut self) -> Option<()> {
        let processor = self.processor.clone();
        let (db, watermark) = (&processor.db, &processor.watermark);
        match processor.insist("log", || watermark.followed(db)).await? {
            Some(log) => self.follow(log).await,
            None => Some(()),
        }
    }

    /// Goes on in this log: where this subscription has left it, or at its first event. `None`: the process is to stop.
    async fn follow(&mut self, log: Uuid) -> Option<()> {
        let left = self.processor.clone();
        let (db, watermark) = (&left.db, &left.watermark);
        let (position, done) = match left.insist("log", || watermark.follow(db, log)).await? {
            Followed::From { position, done, moved } => {
                self.moved = moved;
                (position, done)
            }
            Followed::Refused(reason) => {
                self.reader.read_later(&FeedError::Unreadable(reason));
                return Some(());
            }
        };
        // As the end of the process would: what is cut off here is handled again, if it is not done.
        self.running.shutdown().await;
        self.processor.log = log;
        watermark.enter(log, position, &done);
        if left.log != log && !left.log.is_nil() {
            let (subscription, before) = (&watermark.name, left.log);
            tracing::info!(%subscription, %before, %log, position, "goes on in another log");
        }
        let letters = left
            .insist("dead letters", || dead_letters::load(db, &watermark.name, log))
            .await?;
        self.reader.follow(log, position);
        self.lanes = Lanes::new(position, done);
        for aggregate in self.lanes.load(letters) {
            self.look_for_missing(&aggregate);
            self.step(&aggregate);
        }
        self.count_letters();
        Some(())
    }

    /// Goes on in the log that the feed shows now.
    async fn changed(&mut self, unplaced: Unplaced) {
        if self.follow(unplaced.log()).await.is_some() {
            let events = self.reader.place(unplaced);
            self.arrived(events).await;
        }
    }

    async fn arrived(&mut self, events: Vec<RecordedEvent>) {
        if self.moved && !events.is_empty() && self.learn(&events).await.is_none() {
            return;
        }
        for event in events {
            let aggregate = self.lanes.push(event);
            self.step(&aggregate);
        }
    }

    /// Learns which versions of these events' aggregates were applied as events of another log. `None`: the process is
    /// to stop.
    async fn learn(&mut self, events: &[RecordedEvent]) -> Option<()> {
        let unknown = self.lanes.unknown(events);
        if unknown.is_empty() {
            return Some(());
        }
        let processor = &self.processor;
        let read = || versions::read(&processor.db, &processor.watermark.name, &unknown);
        for (aggregate, version) in processor.insist("applied versions", read).await? {
            self.lanes.learn(&aggregate, version);
        }
        Some(())
    }

    fn retry(&mut self, event_id: Uuid) {
        if let Some(aggregate) = self.lanes.retry(event_id) {
            self.step(&aggregate);
        }
    }

    /// Starts the next step of the aggregate, if a place is free, after the events before it that need none.
    fn step(&mut self, aggregate: &str) {
        if self.processor.tasks.is_stopping() {
            return;
        }
        if self.running.len() >= RUNNING {
            self.lanes.wait(aggregate);
            return;
        }
        // At most one turn starts something: the lane is busy from then on and has no next step.
        while let Some(step) = self.lanes.next(aggregate) {
            let processor = self.processor.clone();
            match step {
                Step::Done(event) => self.reader.done(event.position),
                Step::Skip(event) => {
                    self.reader.done(event.position);
                    let (subscription, event_id) = (&processor.watermark.name, event.event.event_id);
                    if self.moved {
                        tracing::debug!(%subscription, %event_id, "event skipped, it was applied from another log");
                    } else {
                        tracing::warn!(%subscription, %event_id, "event skipped, it was applied before");
                    }
                }
                Step::Handle { event, in_gap } => {
                    let source = if in_gap { Source::FeedInGap } else { Source::Feed };
                    self.start(processor.handle(event, source));
                }
                Step::Park(event) => drop(self.start(processor.park(event))),
                Step::Hold { event, applied } => drop(self.start(processor.hold(event, applied))),
                Step::Retry(letter) => drop(self.start(processor.retry(aggregate.to_owned(), letter))),
            }
        }
    }

    fn start(&mut self, work: impl Future<Output = Finished> + Send + 'static) -> AbortHandle {
        self.running.spawn(Ambient::current().scope(work))
    }

    fn joined(&mut self, finished: Result<Finished, JoinError>) {
        match finished {
            Ok(finished) => self.finished(finished),
            // A search for a missing event that its lane has stopped.
            Err(error) if error.is_cancelled() => {}
            // Panics of handlers are caught where they run, so this one is a defect of this crate. The lane stays
            // busy, for nobody knows what became of its event, and the log says why.
            Err(error) => {
                tracing::error!(subscription = %self.processor.watermark.name, %error, "work on an event panicked");
            }
        }
    }

    /// Notes what became of a step, and starts the next one of its lane.
    fn finished(&mut self, finished: Finished) {
        let aggregate = match finished {
            // The lane stays busy: nothing more begins in it.
            Finished::Stopped => return,
            Finished::Applied(event, source) => {
                // The position of a letter was done when it became one.
                if source != Source::Letter {
                    self.reader.done(event.position);
                }
                self.lanes.applied(&event);
                event.event.aggregate_id.clone()
            }
            Finished::Lettered(event, letter) => {
                self.reader.done(event.position);
                let aggregate = event.event.aggregate_id.clone();
                self.lanes.lane(&aggregate).insert(letter);
                aggregate
            }
            Finished::StillDead(aggregate, letter) => {
                let lane = self.lanes.lane(&aggregate);
                lane.retrying = false;
                lane.insert(letter);
                aggregate
            }
            Finished::Gone(aggregate, letter) => {
                self.lanes.lane(&aggregate).remove(letter.event_id);
                aggregate
            }
            Finished::Found(aggregate, letters) => {
                let lane = self.lanes.lane(&aggregate);
                lane.rescan = None;
                lane.retrying = true;
                letters.into_iter().for_each(|letter| lane.insert(letter));
                // A search runs concurrently with the lane's steps, so its end does not free the lane.
                self.step(&aggregate);
                return self.count_letters();
            }
        };
        self.lanes.lane(&aggregate).busy = false;
        self.look_for_missing(&aggregate);
        self.step(&aggregate);
        self.count_letters();
    }

    /// Searches the feed for the event that the lane's first letter waits for, until it appears.
    fn look_for_missing(&mut self, aggregate: &str) {
        let Some((after, until)) = self.lanes.lane(aggregate).gap_to_search() else {
            return;
        };
        let (processor, feed) = (self.processor.clone(), Arc::clone(&self.reader.feed));
        let search = rescan(processor, feed, aggregate.to_owned(), after, until);
        let search = self.start(search);
        self.lanes.lane(aggregate).rescan = Some(search);
    }

    /// Steps lanes that wait, as long as places are free.
    fn fill_places(&mut self) {
        while self.running.len() < RUNNING {
            let Some(aggregate) = self.lanes.pop_waiting() else {
                break;
            };
            self.step(&aggregate);
        }
    }

    fn count_letters(&self) {
        self.processor.status.set_letters(self.lanes.letters());
    }
}
