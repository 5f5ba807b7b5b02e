use std::time::Duration;

use async_nats::{
    Message, StatusCode, Subject,
    jetstream::{
        Context,
        consumer::{
            AckPolicy, Consumer, DeliverPolicy,
            pull::{BatchConfig, Config},
        },
    },
};
use commerce::RecordedEvent;
use futures::StreamExt;
use uuid::Uuid;

use super::{Broker, message::Entry, stream::LogStream};

/// Time for which the broker keeps a reader that asks for nothing: longer than the longest wait of a read.
const KEPT: Duration = Duration::from_secs(60);
/// Time for the broker to answer a request that does not wait.
const ANSWER: Duration = Duration::from_secs(3);
/// Pause between two signs of life from the broker while a request waits; two missing ones are a lost request.
const HEARTBEAT: Duration = Duration::from_secs(2);

/// A reading of a stream, from one position on. Each event is shown once; after a failure the session is of no use.
pub(super) struct Session {
    broker: Broker,
    context: Context,
    stream: LogStream,
    consumer: Consumer<Config>,
    /// The last position that was shown or passed over.
    at: i64,
}

impl Session {
    /// Begins behind the position `after`.
    pub(super) async fn open(broker: &Broker, module: &str, after: i64) -> Result<Self, String> {
        let context = broker.context().await?;
        let Some(stream) = LogStream::find(broker, &context, module).await? else {
            let name = broker.stream(module);
            return Err(format!(
                "there is no stream {name} yet: {module} makes it once it reaches the broker"
            ));
        };
        let config = Config {
            deliver_policy: DeliverPolicy::ByStartSequence {
                start_sequence: stream.sequence_after(after).await?,
            },
            // The reader knows its position, and asks again from there: the broker has to know nothing.
            ack_policy: AckPolicy::None,
            inactive_threshold: KEPT,
            // A broker that starts again may have lost the end of a stream; a reader that it kept would be beyond it.
            memory_storage: true,
            num_replicas: 1,
            ..Config::default()
        };
        let consumer = stream.stream.create_consumer(config).await;
        let consumer = consumer.map_err(|error| format!("the stream {} can't be read: {error}", stream.name))?;
        Ok(Self {
            broker: broker.clone(),
            context,
            stream,
            consumer,
            at: after,
        })
    }

    /// Id of the log that is read.
    pub(super) fn log(&self) -> Uuid {
        self.stream.log
    }

    /// The last position that was shown or passed over.
    pub(super) fn at(&self) -> i64 {
        self.at
    }

    /// Has the broker forget the reader, without waiting. It forgets those that a crash has left by itself.
    pub(super) fn close(self) {
        tokio::spawn(async move {
            let name = &self.consumer.cached_info().name;
            if let Err(error) = self.stream.stream.delete_consumer(name).await {
                tracing::debug!(%error, "reader of a stream not deleted");
            }
        });
    }

    /// Returns the events that are there, `limit` at most, and waits for none.
    pub(super) async fn there(&mut self, limit: usize) -> Result<Vec<RecordedEvent>, String> {
        let mut events = Vec::new();
        loop {
            let wanted = limit - events.len();
            let request = BatchConfig {
                batch: wanted,
                no_wait: true,
                ..BatchConfig::default()
            };
            // Messages that were shown before are not counted: there may be more behind them.
            if self.request(request, ANSWER, &mut events).await? < wanted || events.len() >= limit {
                return Ok(events);
            }
        }
    }

    /// Waits for an event, `wait` at most.
    pub(super) async fn next(&mut self, wait: Duration) -> Result<Vec<RecordedEvent>, String> {
        let mut events = Vec::new();
        let beats = wait > HEARTBEAT * 2;
        let request = BatchConfig {
            batch: 1,
            expires: Some(wait),
            idle_heartbeat: if beats { HEARTBEAT } else { Duration::ZERO },
            ..BatchConfig::default()
        };
        let silence = if beats { HEARTBEAT * 2 } else { wait + ANSWER };
        self.request(request, silence, &mut events).await?;
        Ok(events)
    }

    /// Sends a request, takes what it brings until the broker says that it is over, and counts the messages. Fails if
    /// nothing comes for the time `silence`.
    async fn request(
        &mut self,
        request: BatchConfig,
        silence: Duration,
        events: &mut Vec<RecordedEvent>,
    ) -> Result<usize, String> {
        let failed = |error: &dyn std::fmt::Display| format!("the broker can't be asked: {error}");
        let client = self.context.client();
        let inbox = Subject::from(client.new_inbox());
        let (wanted, mut came) = (request.batch, 0);
        let answers = client.subscribe(inbox.clone()).await;
        let mut answers = answers.map_err(|error| failed(&error))?;
        let sent = self.consumer.request_batch(request, inbox).await;
        sent.map_err(|error| failed(&error))?;
        while came < wanted {
            let answer = tokio::select! {
                answer = tokio::time::timeout(silence, answers.next()) => answer,
                () = self.broker.lost() => return Err("the connection to the broker is lost".to_owned()),
            };
            let Ok(Some(message)) = answer else {
                return Err(format!("the broker says nothing for {} ms", silence.as_millis()));
            };
            match message.status {
                None | Some(StatusCode::OK) => {
                    came += 1;
                    events.extend(self.take(&message)?);
                }
                Some(StatusCode::IDLE_HEARTBEAT) => {}
                Some(StatusCode::NOT_FOUND | StatusCode::TIMEOUT) => break,
                Some(status) => {
                    let said = message.description.as_deref().unwrap_or("nothing more");
                    return Err(format!(
                        "the broker ends the reading of {}: {status}, {said}",
                        self.stream.name
                    ));
                }
            }
        }
        Ok(came)
    }

    /// Takes a message: the event, unless it was shown before. Fails if events before it are missing.
    fn take(&mut self, message: &Message) -> Result<Option<RecordedEvent>, String> {
        let name = &self.stream.name;
        let entry = Entry::read(message.headers.as_ref(), &message.payload)
            .map_err(|reason| format!("a message of the stream {name} {reason}"))?;
        self.stream.own(&entry)?;
        let position = entry.recorded.position;
        if position <= self.at {
            return Ok(None);
        }
        if entry.previous > self.at {
            return Err(format!(
                "the stream {name} shows position {position} after {}, and lacks {} between them: if that stays, \
                 delete the stream, and it is filled again",
                self.at, entry.previous
            ));
        }
        self.at = position;
        Ok(Some(entry.recorded))
    }
}
