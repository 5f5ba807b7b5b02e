use async_nats::jetstream::{
    Context, ErrorCode,
    context::{CreateStreamErrorKind, GetStreamErrorKind},
    stream::{Config, LastRawMessageErrorKind, RawMessageErrorKind, StorageType, Stream},
};
use uuid::Uuid;

use super::{Broker, message::Entry};

/// Key of the log's id among the metadata of its stream.
const LOG: &str = "seam-log";

/// A module's stream on the broker.
pub(super) struct LogStream {
    /// Name of the stream.
    pub(super) name: String,
    /// Id of the log that it is a copy of.
    pub(super) log: Uuid,
    pub(super) stream: Stream,
    subjects: String,
}

/// Extent of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Extent {
    pub(super) messages: u64,
    pub(super) last_sequence: u64,
}

impl LogStream {
    /// Finds the module's stream; `None` if there is none.
    pub(super) async fn find(broker: &Broker, context: &Context, module: &str) -> Result<Option<Self>, String> {
        let name = broker.stream(module);
        match context.get_stream(&name).await {
            Ok(stream) => Self::of(stream, broker.subject(module, "*")).map(Some),
            Err(error) => match error.kind() {
                GetStreamErrorKind::JetStream(said) if said.error_code() == ErrorCode::STREAM_NOT_FOUND => Ok(None),
                _ => Err(format!("the stream {name} can't be looked up: {error}")),
            },
        }
    }

    /// Finds the module's stream, or makes it for this log.
    pub(super) async fn make(broker: &Broker, context: &Context, module: &str, log: Uuid) -> Result<Self, String> {
        if let Some(found) = Self::find(broker, context, module).await? {
            return Ok(found);
        }
        let (name, subjects) = (broker.stream(module), broker.subject(module, "*"));
        let config = Config {
            name: name.clone(),
            subjects: vec![subjects.clone()],
            storage: StorageType::File,
            description: Some(format!("the event log of {module}, a copy")),
            // A message that is taken out is one that readers miss. The whole stream can be deleted, and is made again.
            deny_delete: true,
            deny_purge: true,
            metadata: [(LOG.to_owned(), log.to_string())].into(),
            ..Config::default()
        };
        match context.create_stream(config).await {
            Ok(stream) => Self::of(stream, subjects),
            // Another process of the module was faster.
            Err(error) if matches!(error.kind(), CreateStreamErrorKind::JetStream(_)) => {
                let found = Self::find(broker, context, module).await?;
                found.ok_or_else(|| format!("the stream {name} can't be made: {error}"))
            }
            Err(error) => Err(format!("the stream {name} can't be made: {error}")),
        }
    }

    fn of(stream: Stream, subjects: String) -> Result<Self, String> {
        let config = &stream.cached_info().config;
        let name = config.name.clone();
        let log = config.metadata.get(LOG).and_then(|log| log.parse().ok());
        let log = log.ok_or_else(|| {
            format!("the stream {name} has no metadata {LOG} with the id of a log: it was made by something else")
        })?;
        Ok(Self {
            name,
            log,
            stream,
            subjects,
        })
    }

    /// Asks for the extent.
    pub(super) async fn extent(&self) -> Result<Extent, String> {
        let info = self.stream.get_info().await;
        let info = info.map_err(|error| format!("the stream {} does not say what it has: {error}", self.name))?;
        // Under the same name there may be another stream by now.
        let log = info.config.metadata.get(LOG).and_then(|log| log.parse().ok());
        if log != Some(self.log) {
            return Err(format!(
                "the stream {} was replaced by one of the log {log:?}",
                self.name
            ));
        }
        Ok(Extent {
            messages: info.state.messages,
            last_sequence: info.state.last_sequence,
        })
    }

    /// Reads the last message, with its sequence; `None` if there is no message.
    pub(super) async fn last(&self) -> Result<Option<(u64, Entry)>, String> {
        match self.stream.get_last_raw_message_by_subject(&self.subjects).await {
            Ok(message) => Ok(Some((message.sequence, self.entry(&message)?))),
            Err(error) if error.kind() == LastRawMessageErrorKind::NoMessageFound => Ok(None),
            Err(error) => Err(format!("the last message of {} can't be read: {error}", self.name)),
        }
    }

    /// Reads the first message from a sequence on, with its own; `None` if there is none.
    async fn from(&self, sequence: u64) -> Result<Option<(u64, Entry)>, String> {
        let read = self.stream.raw_message_builder().sequence(sequence);
        match read.next_by_subject(&self.subjects).send().await {
            Ok(message) => Ok(Some((message.sequence, self.entry(&message)?))),
            Err(error) if error.kind() == RawMessageErrorKind::NoMessageFound => Ok(None),
            Err(error) => Err(format!("message {sequence} of {} can't be read: {error}", self.name)),
        }
    }

    fn entry(&self, message: &async_nats::jetstream::message::StreamMessage) -> Result<Entry, String> {
        let entry = Entry::of(message).map_err(|reason| format!("in the stream {}, {reason}", self.name))?;
        self.own(&entry).map(|()| entry)
    }

    /// Fails if the entry is of another log.
    pub(super) fn own(&self, entry: &Entry) -> Result<(), String> {
        if entry.log == self.log {
            return Ok(());
        }
        Err(format!(
            "the stream {} of the log {} has an event of the log {}: delete it, and it is made again",
            self.name, self.log, entry.log
        ))
    }

    /// Finds the first sequence behind which the positions are larger than `after`, in about as many questions as the
    /// number of messages has binary digits.
    pub(super) async fn sequence_after(&self, after: i64) -> Result<u64, String> {
        // In this order: what is published between the two questions is read.
        let extent = self.extent().await?;
        let Some((last, entry)) = self.last().await? else {
            return Ok(extent.last_sequence + 1);
        };
        if entry.recorded.position <= after {
            return Ok(last + 1);
        }
        // Everything below `low` is not beyond `after`, and what comes from `high` on is.
        let (mut low, mut high) = (1, last);
        while after > 0 && low < high {
            let middle = low + (high - low) / 2;
            match self.from(middle).await? {
                Some((found, entry)) if entry.recorded.position <= after => low = found + 1,
                _ => high = middle,
            }
        }
        Ok(low)
    }
}
