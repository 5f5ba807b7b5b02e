use std::{
    convert::Infallible,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_nats::jetstream::{Context, context::PublishErrorKind};
use commerce::{EventFeed, RecordedEvent};
use uuid::Uuid;

use super::{
    Broker,
    message::Entry,
    stream::{Extent, LogStream},
};
use crate::{Backoff, Database, Tasks, events::LocalFeed};

/// Most events that are on their way to the broker at the same time.
const WINDOW: u32 = 64;
/// Time without an event after which the stream is looked at: it may have lost something.
const LOOK: Duration = Duration::from_secs(2);

/// Publishes a module's log to its stream, in order, each event behind the one before it or not at all.
///
/// The stream itself says where to go on. Several processes of a module may relay its log at the same time: the broker
/// takes an event only at its place in the stream, so the slower one reads on from what the faster one has published.
#[derive(Clone, Debug)]
pub struct Relay {
    trouble: Arc<Mutex<Option<Trouble>>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trouble {
    Away,
    Refused,
}

/// Reason why a relay can't go on now.
enum Stop {
    /// Another process has published, or the stream has changed: the place has to be found again.
    Overtaken,
    /// The broker knows an event by its id that the stream has lost, or has at another place. It is to be published
    /// without the id.
    Remembered,
    /// The stream is not one of this log. A person has to decide.
    Refused(String),
    /// Something did not answer.
    Failed(String),
}

impl From<String> for Stop {
    fn from(reason: String) -> Self {
        Self::Failed(reason)
    }
}

/// A place in a stream, and the position in the log that it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cursor {
    extent: Extent,
    position: i64,
}

struct Work {
    broker: Broker,
    module: &'static str,
    feed: LocalFeed,
    /// True while events are published without their ids.
    unnamed: bool,
}

impl Relay {
    /// Starts the task `<module>.relay`, which publishes the log of `db` until the process is told to stop. While the
    /// broker is away, events wait in the log.
    pub fn start(broker: &Broker, db: &Database, module: &'static str, tasks: &Tasks) -> Self {
        let relay = Self {
            trouble: Arc::default(),
        };
        let work = Work {
            broker: broker.clone(),
            module,
            feed: LocalFeed::new(db),
            unnamed: false,
        };
        let (told, stopping) = (relay.clone(), tasks.clone());
        tasks.spawn(format!("{module}.relay"), async move {
            tokio::select! {
                () = stopping.stopping() => {}
                _ = told.run(work) => {}
            }
        });
        relay
    }

    /// Succeeds if events reach the broker. Fails with a reason that anybody may read; the log has the details.
    pub fn check(&self) -> Result<(), String> {
        match *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) {
            None => Ok(()),
            Some(Trouble::Away) => Err("events wait for the broker".to_owned()),
            Some(Trouble::Refused) => Err("the broker's stream is not one of this log".to_owned()),
        }
    }

    async fn run(&self, mut work: Work) -> Infallible {
        let mut backoff = Backoff::new(Duration::from_millis(20), Duration::from_secs(1));
        loop {
            let Err(stop) = work.relay(|module| self.troubled(module, None, "")).await;
            match stop {
                // Only what is newer than the other's events is left to do, so there is no haste.
                Stop::Overtaken => backoff.reset(),
                Stop::Remembered => work.unnamed = true,
                Stop::Refused(reason) => self.troubled(work.module, Some(Trouble::Refused), &reason),
                Stop::Failed(reason) => self.troubled(work.module, Some(Trouble::Away), &reason),
            }
            tokio::time::sleep(backoff.pause()).await;
        }
    }

    fn troubled(&self, module: &str, trouble: Option<Trouble>, reason: &str) {
        let mut known = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        if trouble.is_some() && *known != trouble {
            tracing::warn!(module, reason, "events don't reach the broker, will be tried again");
        } else if trouble.is_none() && known.is_some() {
            tracing::info!(module, "events reach the broker again");
        }
        *known = trouble;
    }
}

impl Work {
    /// Publishes until something stops it; says `fine` whenever the stream has all that the log has.
    async fn relay(&mut self, fine: impl Fn(&str)) -> Result<Infallible, Stop> {
        let log = self.batch(0, 1, Duration::ZERO).await?.0;
        let context = self.broker.context().await?;
        let stream = LogStream::make(&self.broker, &context, self.module, log).await?;
        if stream.log != log {
            return Err(Stop::Refused(format!(
                "the stream {} has the log {}, and the database of {} has the log {log}: if this database has taken \
                 its place, stop what published before and delete the stream; it is made again from here",
                stream.name, stream.log, self.module
            )));
        }
        let mut cursor = self.cursor(&stream).await?;
        loop {
            fine(self.module);
            let (_, events) = self.batch(cursor.position, WINDOW, LOOK).await?;
            if events.is_empty() && stream.extent().await? != cursor.extent {
                return Err(Stop::Overtaken);
            }
            let any = !events.is_empty();
            self.publish(&context, &stream, &mut cursor, events).await?;
            self.unnamed &= !any;
        }
    }

    /// Reads the log's id and the events after a position.
    async fn batch(&self, after: i64, limit: u32, wait: Duration) -> Result<(Uuid, Vec<RecordedEvent>), String> {
        let batch = self.feed.read_events(after, limit, wait).await;
        let batch = batch.map_err(|error| error.to_string())?;
        Ok((batch.log, batch.events))
    }

    /// Finds where to go on. Fails if the stream has an event that the log has not.
    async fn cursor(&self, stream: &LogStream) -> Result<Cursor, Stop> {
        let extent = stream.extent().await?;
        let Some((sequence, last)) = stream.last().await? else {
            return Ok(Cursor { extent, position: 0 });
        };
        // Published between the two questions. With a sequence that is not the position's, one of the events that are
        // on their way at the same time would find its place taken, and the next one would not.
        if sequence > extent.last_sequence {
            return Err(Stop::Overtaken);
        }
        let position = last.recorded.position;
        let there = self.batch(position - 1, 1, Duration::ZERO).await?.1;
        if there.first() != Some(&last.recorded) {
            let (name, module) = (&stream.name, self.module);
            return Err(Stop::Refused(format!(
                "the stream {name} has an event at position {position} that the log of {module} has not: if the \
                 database was put back to an earlier state, delete the stream; it is made again from here"
            )));
        }
        Ok(Cursor { extent, position })
    }

    /// Publishes the events in order and waits for each acknowledgement. The cursor is behind the last one that was
    /// acknowledged.
    async fn publish(
        &self,
        context: &Context,
        stream: &LogStream,
        cursor: &mut Cursor,
        events: Vec<RecordedEvent>,
    ) -> Result<(), Stop> {
        let failed = |kind: PublishErrorKind, reason: String| match kind {
            PublishErrorKind::WrongLastSequence => Stop::Overtaken,
            _ => Stop::Failed(format!("the stream {} takes no event: {reason}", stream.name)),
        };
        let (mut sent, mut previous) = (Vec::new(), cursor.position);
        for (recorded, sequence) in events.into_iter().zip(cursor.extent.last_sequence..) {
            let position = recorded.position;
            let subject = self.broker.subject(self.module, &token(&recorded.event.event_type));
            let entry = Entry {
                log: stream.log,
                previous,
                recorded,
            };
            // If one is not taken, none of those behind it is: each names the sequence of the one before it.
            let ack = context
                .send_publish(subject, entry.publish(sequence, self.unnamed)?)
                .await;
            sent.push((position, ack.map_err(|error| failed(error.kind(), error.to_string()))?));
            previous = position;
        }
        for (position, ack) in sent {
            let ack = ack.await.map_err(|error| failed(error.kind(), error.to_string()))?;
            let wanted = cursor.extent.last_sequence + 1;
            if ack.sequence != wanted {
                return Err(Stop::Remembered);
            }
            cursor.position = position;
            cursor.extent.last_sequence = wanted;
            cursor.extent.messages += 1;
        }
        Ok(())
    }
}

/// A kind of event as a token of a subject.
fn token(kind: &str) -> String {
    let fits = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-';
    let token: String = kind
        .chars()
        .map(|letter| if fits(letter) { letter } else { '_' })
        .collect();
    if token.is_empty() { "_".to_owned() } else { token }
}
