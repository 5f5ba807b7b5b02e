use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use commerce::RecordedEvent;
use futures::FutureExt;
use seam::Context;
use tracing::Instrument;
use uuid::Uuid;

use super::{
    Delivery, Handler, HandlerError,
    dead_letters::{self, Applied, DeadLetterState, Letter},
    delivery::Source,
    window::Window,
};
use crate::{Backoff, Database, DatabaseError, Tasks};

/// How often a failing event is tried before it is a dead letter.
const TRIES: i64 = 10;

/// What all work on single events needs.
#[derive(Clone)]
pub(super) struct Desk {
    pub(super) db: Database,
    pub(super) handler: Arc<dyn Handler>,
    pub(super) tasks: Tasks,
    pub(super) window: Arc<Window>,
}

/// How work on one event ended.
#[derive(Debug)]
pub(super) enum Finished {
    /// The handler applied it, or it was applied before.
    Applied(Arc<RecordedEvent>, Source),
    /// An event from the feed is a dead letter now, durably.
    Lettered(Arc<RecordedEvent>, Letter),
    /// A letter that was tried again stays one.
    StillDead(String, Letter),
    /// A letter is gone: another process has applied it.
    Gone(String, Letter),
    /// Missing events were found: they are letters now, durably.
    Found(String, Vec<Letter>),
    /// The process is going down; nothing was decided.
    Stopped,
}

enum Verdict {
    Applied,
    Behind,
    Dead { reason: String, attempts: i64 },
    Stopped,
}

impl Desk {
    /// Hands an event of the feed to the handler until it is applied or a dead letter.
    pub(super) async fn handle(self, event: Arc<RecordedEvent>, source: Source) -> Finished {
        let delivery = Delivery::new(Arc::clone(&event), source, Arc::clone(&self.window));
        match self.attempt(delivery).await {
            Verdict::Applied => Finished::Applied(event, source),
            Verdict::Behind => self.park(event).await,
            Verdict::Dead { reason, attempts } => self.put(event, DeadLetterState::Dead, None, &reason, attempts).await,
            Verdict::Stopped => Finished::Stopped,
        }
    }

    /// Keeps an event of the feed behind a dead letter of its aggregate.
    pub(super) async fn park(self, event: Arc<RecordedEvent>) -> Finished {
        self.put(
            event,
            DeadLetterState::Parked,
            None,
            "waits behind a dead letter of its aggregate",
            0,
        )
        .await
    }

    /// Keeps an event of the feed until those before it appear.
    pub(super) async fn hold(self, event: Arc<RecordedEvent>, applied: Applied) -> Finished {
        let reason = format!("version {} came after version {}", event.event.version, applied.version);
        self.put(event, DeadLetterState::Gap, Some(applied), &reason, 0).await
    }

    /// Tries a letter again.
    pub(super) async fn retry(self, aggregate: String, letter: Letter) -> Finished {
        let found = self
            .insist("dead letter", || {
                dead_letters::find(&self.db, &self.window.name, letter.event_id)
            })
            .await;
        let event = match found {
            Some(Some(event)) => Arc::new(event),
            Some(None) => return Finished::Gone(aggregate, letter),
            None => return Finished::Stopped,
        };
        let delivery = Delivery::new(Arc::clone(&event), Source::Letter, Arc::clone(&self.window));
        match self.attempt(delivery).await {
            // A handler that had nothing to do has not recorded it.
            Verdict::Applied => match self.insist("dead letter", || self.remove(Arc::clone(&event))).await {
                Some(()) => Finished::Applied(event, Source::Letter),
                None => Finished::Stopped,
            },
            Verdict::Behind | Verdict::Stopped => Finished::Stopped,
            Verdict::Dead { reason, attempts } => {
                let dead = Letter {
                    state: DeadLetterState::Dead,
                    gap: None,
                    ..letter
                };
                match self
                    .insist("dead letter", || self.save(&event, &dead, &reason, attempts, false))
                    .await
                {
                    Some(()) => Finished::StillDead(aggregate, dead),
                    None => Finished::Stopped,
                }
            }
        }
    }

    async fn attempt(&self, delivery: Delivery) -> Verdict {
        let mut unavailable = Backoff::default();
        let mut failing = Backoff::new(Duration::from_millis(20), Duration::from_secs(2));
        let mut attempts = 0;
        let label = label(delivery.event().event_id);
        loop {
            attempts += 1;
            let (pause, error) = match self.once(&delivery).await {
                Ok(()) => {
                    self.window.untroubled(&label);
                    return if delivery.is_behind() {
                        Verdict::Behind
                    } else {
                        Verdict::Applied
                    };
                }
                Err(HandlerError::Unavailable(reason)) => {
                    attempts -= 1;
                    (unavailable.pause(), reason)
                }
                Err(HandlerError::Failed(reason)) if attempts < TRIES => (failing.pause(), reason),
                Err(HandlerError::Failed(reason) | HandlerError::Poison(reason)) => {
                    self.window.untroubled(&label);
                    return Verdict::Dead { reason, attempts };
                }
            };
            tracing::warn!(subscription = %self.window.name, %label, attempts, error, "event is tried again");
            self.window.troubled(&label, error);
            tokio::select! {
                () = self.tasks.stopping() => return Verdict::Stopped,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    async fn once(&self, delivery: &Delivery) -> Result<(), HandlerError> {
        let event = delivery.event();
        let mut context = Context::root(&self.window.name);
        context.correlation_id.clone_from(&event.metadata.correlation_id);
        context.causation_id = Some(event.event_id.to_string());
        let span = tracing::info_span!(
            "event",
            subscription = %self.window.name,
            event_id = %event.event_id,
            event_type = %event.event_type,
            request_id = %context.request_id,
            correlation_id = %context.correlation_id,
            trace_id = %context.trace.trace_id(),
        );
        let guarded = AssertUnwindSafe(self.handler.handle(delivery.clone())).catch_unwind();
        match context.scope(guarded).instrument(span).await {
            Ok(outcome) => outcome,
            Err(panic) => Err(HandlerError::Failed(format!(
                "panicked: {}",
                crate::panic_message(panic.as_ref())
            ))),
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
        match self
            .insist("dead letter", || self.save(&event, &letter, reason, attempts, true))
            .await
        {
            Some(()) => {
                tracing::warn!(subscription = %self.window.name, event_id = %letter.event_id, ?state, reason, "event is kept back");
                Finished::Lettered(event, letter)
            }
            None => Finished::Stopped,
        }
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
        let window = Arc::clone(&self.window);
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    dead_letters::put(tx, &window.name, &event, &letter, &reason, attempts).await?;
                    if from_feed {
                        window.record(tx, event.position).await
                    } else {
                        Ok(())
                    }
                })
            })
            .await
    }

    async fn remove(&self, event: Arc<RecordedEvent>) -> Result<(), DatabaseError> {
        if dead_letters::find(&self.db, &self.window.name, event.event.event_id)
            .await?
            .is_none()
        {
            return Ok(());
        }
        let delivery = Delivery::new(event, Source::Letter, Arc::clone(&self.window));
        self.db
            .write(move |tx| Box::pin(async move { delivery.record(tx).await.map(|_| ()) }))
            .await
    }

    /// Repeats `work` until the database does it; `None` if the process is to stop first.
    pub(super) async fn insist<T, F>(&self, what: &str, work: impl Fn() -> F) -> Option<T>
    where
        F: Future<Output = Result<T, DatabaseError>>,
    {
        let mut backoff = Backoff::default();
        loop {
            match work().await {
                Ok(value) => {
                    self.window.untroubled(what);
                    return Some(value);
                }
                Err(error) => {
                    tracing::warn!(subscription = %self.window.name, what, %error, "database work is tried again");
                    self.window.troubled(what, error.to_string());
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
