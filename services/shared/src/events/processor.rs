use std::{sync::Arc, time::Duration};

use commerce::RecordedEvent;
use seam::Context;
use tracing::Instrument;
use uuid::Uuid;

use super::{
    Delivery, Handler, HandlerError,
    dead_letters::{self, Applied, DeadLetterState, Letter},
    delivery::Source,
    status::Status,
    watermark::Watermark,
};
use crate::{Backoff, Database, DatabaseError, Tasks, fail_point};

/// Attempts to handle a failing event before it becomes a dead letter.
const TRIES: i64 = 10;

/// Works on single events: hands them to the handler, or keeps them as dead letters.
#[derive(Clone)]
pub(super) struct Processor {
    pub(super) db: Database,
    pub(super) handler: Arc<dyn Handler>,
    pub(super) tasks: Tasks,
    pub(super) watermark: Arc<Watermark>,
    pub(super) status: Arc<Status>,
    /// The log whose events are worked on.
    pub(super) log: Uuid,
}

/// The end of the work on one event.
#[derive(Debug)]
pub(super) enum Finished {
    /// The event is applied: by the handler now, or before.
    Applied(Arc<RecordedEvent>, Source),
    /// An event from the feed is a dead letter now, durably.
    Lettered(Arc<RecordedEvent>, Letter),
    /// A letter that was tried again stays one.
    StillDead(String, Letter),
    /// A letter is gone: another process has applied it.
    Gone(String, Letter),
    /// Missing events were found and are letters now, durably.
    Found(String, Vec<Letter>),
    /// The process is going down; nothing was decided.
    Stopped,
}

/// The end of all attempts to hand one event to the handler.
enum Attempted {
    Applied,
    Behind,
    Dead { reason: String, attempts: i64 },
    Stopped,
}

impl Processor {
    /// Hands an event of the feed to the handler until it is applied or a dead letter.
    pub(super) async fn handle(self, event: Arc<RecordedEvent>, source: Source) -> Finished {
        let delivery = Delivery::new(Arc::clone(&event), self.log, source, Arc::clone(&self.watermark));
        match self.attempt(delivery).await {
            Attempted::Applied => Finished::Applied(event, source),
            Attempted::Behind => self.park(event).await,
            Attempted::Dead { reason, attempts } => {
                self.put(event, DeadLetterState::Dead, None, &reason, attempts).await
            }
            Attempted::Stopped => Finished::Stopped,
        }
    }

    /// Keeps an event of the feed behind a dead letter of its aggregate.
    pub(super) async fn park(self, event: Arc<RecordedEvent>) -> Finished {
        let reason = "waits behind a dead letter of its aggregate";
        self.put(event, DeadLetterState::Parked, None, reason, 0).await
    }

    /// Keeps an event of the feed until those before it appear.
    pub(super) async fn hold(self, event: Arc<RecordedEvent>, applied: Applied) -> Finished {
        let reason = format!("version {} came after version {}", event.event.version, applied.version);
        self.put(event, DeadLetterState::Gap, Some(applied), &reason, 0).await
    }

    /// Tries a letter again.
    pub(super) async fn retry(self, aggregate: String, letter: Letter) -> Finished {
        let find = || dead_letters::find(&self.db, &self.watermark.name, self.log, letter.event_id);
        let event = match self.insist("dead letter", find).await {
            Some(Some(event)) => Arc::new(event),
            Some(None) => return Finished::Gone(aggregate, letter),
            None => return Finished::Stopped,
        };
        let delivery = Delivery::new(
            Arc::clone(&event),
            self.log,
            Source::Letter,
            Arc::clone(&self.watermark),
        );
        match self.attempt(delivery).await {
            // A handler that had nothing to do has not recorded the delivery, so its letter is still there.
            Attempted::Applied => match self.insist("dead letter", || self.remove(Arc::clone(&event))).await {
                Some(()) => Finished::Applied(event, Source::Letter),
                None => Finished::Stopped,
            },
            Attempted::Behind | Attempted::Stopped => Finished::Stopped,
            Attempted::Dead { reason, attempts } => {
                let dead = Letter {
                    state: DeadLetterState::Dead,
                    gap: None,
                    ..letter
                };
                let save = || self.save(&event, &dead, &reason, attempts, false);
                match self.insist("dead letter", save).await {
                    Some(()) => Finished::StillDead(aggregate, dead),
                    None => Finished::Stopped,
                }
            }
        }
    }

    async fn attempt(&self, delivery: Delivery) -> Attempted {
        let mut unavailable = Backoff::default();
        let mut failing = Backoff::new(Duration::from_millis(20), Duration::from_secs(2));
        let mut attempts = 0;
        let label = label(delivery.event().event_id);
        loop {
            attempts += 1;
            let (pause, error, shown) = match self.once(&delivery).await {
                Ok(()) => {
                    self.status.untroubled(&label);
                    return if delivery.is_behind() {
                        Attempted::Behind
                    } else {
                        Attempted::Applied
                    };
                }
                // Not an attempt: the event never had a chance, and is tried for as long as it takes.
                Err(HandlerError::Unavailable(reason)) => {
                    attempts -= 1;
                    let shown = format!("an event waits: {reason}");
                    (unavailable.pause(), reason, shown)
                }
                Err(HandlerError::Failed(reason)) if attempts < TRIES => {
                    (failing.pause(), reason, "an event failed and is tried again".to_owned())
                }
                Err(HandlerError::Failed(reason) | HandlerError::Poison(reason)) => {
                    self.status.untroubled(&label);
                    return Attempted::Dead { reason, attempts };
                }
            };
            tracing::warn!(subscription = %self.watermark.name, %label, attempts, error, "event will be tried again");
            self.status.troubled(&label, error, shown);
            tokio::select! {
                () = self.tasks.stopping() => return Attempted::Stopped,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    async fn once(&self, delivery: &Delivery) -> Result<(), HandlerError> {
        let event = delivery.event();
        let mut context = Context::root(&self.watermark.name);
        context.correlation_id.clone_from(&event.metadata.correlation_id);
        context.causation_id = Some(event.event_id.to_string());
        let span = tracing::info_span!(
            "event",
            subscription = %self.watermark.name,
            event_id = %event.event_id,
            event_type = %event.event_type,
            request_id = %context.request_id,
            correlation_id = %context.correlation_id,
            trace_id = %context.trace.trace_id(),
        );
        fail_point!("{}.before_effect", self.watermark.name);
        let handled = seam::caught(self.handler.handle(delivery.clone()));
        let outcome = context.scope(handled).instrument(span).await;
        fail_point!("{}.before_acknowledge", self.watermark.name);
        match outcome {
            Ok(outcome) => outcome,
            Err(panic) => {
                // The reason of a dead letter is shown over HTTP, and nobody knows what the message of a panic quotes.
                let (subscription, event_id) = (&self.watermark.name, event.event_id);
                tracing::error!(%subscription, %event_id, message = panic.message, "handler panicked");
                Err(HandlerError::Failed("panicked; the log has its message".to_owned()))
            }
        }
    }

    async fn put(
        self,
        event: Arc<RecordedEvent>,
        state: DeadLetterState,
        gap: Option<Applied>,
        reason: &str,
        attempts: i64,
    ) -> Finished {
        let letter = Letter::new(&event, state, gap);
        let save = || self.save(&event, &letter, reason, attempts, true);
        if self.insist("dead letter", save).await.is_none() {
            return Finished::Stopped;
        }
        let (subscription, event_id) = (&self.watermark.name, letter.event_id);
        tracing::warn!(%subscription, %event_id, ?state, reason, "event kept as a dead letter");
        Finished::Lettered(event, letter)
    }

    async fn save(
        &self,
        event: &Arc<RecordedEvent>,
        letter: &Letter,
        reason: &str,
        attempts: i64,
        from_feed: bool,
    ) -> Result<(), DatabaseError> {
        let (event, letter, reason) = (Arc::clone(event), letter.clone(), reason.to_owned());
        let (watermark, log) = (Arc::clone(&self.watermark), self.log);
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    dead_letters::put(tx, &watermark.name, log, &event, &letter, &reason, attempts).await?;
                    if from_feed {
                        watermark.record(tx, log, event.position).await
                    } else {
                        Ok(())
                    }
                })
            })
            .await
    }

    async fn remove(&self, event: Arc<RecordedEvent>) -> Result<(), DatabaseError> {
        // Reading is cheap, and a write costs a commit.
        let letter = dead_letters::find(&self.db, &self.watermark.name, self.log, event.event.event_id);
        if letter.await?.is_none() {
            return Ok(());
        }
        let delivery = Delivery::new(event, self.log, Source::Letter, Arc::clone(&self.watermark));
        self.db
            .write(move |tx| Box::pin(async move { delivery.record(tx).await.map(|_| ()) }))
            .await
    }

    /// Stores the watermark if it is more than `lag` ahead of the stored one; logs `otherwise` if that fails.
    pub(super) async fn store_watermark(&self, lag: i64, otherwise: &str) {
        if let Err(error) = self.watermark.store(&self.db, lag).await {
            tracing::warn!(subscription = %self.watermark.name, %error, "{otherwise}");
        }
    }

    /// Repeats `work` on the database until it succeeds; `None` if the process is to stop first. `what` names it in
    /// logs and in the subscription's trouble.
    pub(super) async fn insist<T, F>(&self, what: &str, work: impl Fn() -> F) -> Option<T>
    where
        F: Future<Output = Result<T, DatabaseError>>,
    {
        let mut backoff = Backoff::default();
        loop {
            match work().await {
                Ok(value) => {
                    self.status.untroubled(what);
                    return Some(value);
                }
                Err(error) => {
                    let subscription = &self.watermark.name;
                    tracing::warn!(%subscription, what, %error, "database work failed, will be tried again");
                    let shown = format!("database: {}", error.for_anybody());
                    self.status.troubled(what, error.to_string(), shown);
                }
            }
            tokio::select! {
                () = self.tasks.stopping() => return None,
                () = tokio::time::sleep(backoff.pause()) => {}
            }
        }
    }
}

fn label(event_id: Uuid) -> String {
    format!("event {event_id}")
}
