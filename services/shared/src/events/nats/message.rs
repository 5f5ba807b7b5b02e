use async_nats::{
    HeaderMap,
    jetstream::{message::PublishMessage, message::StreamMessage},
};
use commerce::RecordedEvent;
use uuid::Uuid;

const LOG: &str = "Seam-Log";
const POSITION: &str = "Seam-Position";
const PREVIOUS: &str = "Seam-Previous";

/// An event of a log as a message of a stream.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    /// Id of the log.
    pub(super) log: Uuid,
    /// Position of the event before it in the log; 0 if it is the first.
    pub(super) previous: i64,
    /// The event and its position.
    pub(super) recorded: RecordedEvent,
}

impl Entry {
    /// The message. The broker takes it only behind the message `last_sequence`. It has the event's id, by which the
    /// broker knows it again, unless it is to be `unnamed`.
    pub(super) fn publish(&self, last_sequence: u64, unnamed: bool) -> Result<PublishMessage, String> {
        let event = &self.recorded.event;
        let body = serde_json::to_vec(event).map_err(|error| format!("event can't be written: {error}"))?;
        let message = PublishMessage::build().payload(body.into());
        let message = match unnamed {
            true => message,
            false => message.message_id(event.event_id.to_string()),
        };
        Ok(message
            .expected_last_sequence(last_sequence)
            .header(LOG, self.log.to_string().as_str())
            .header(POSITION, self.recorded.position.to_string().as_str())
            .header(PREVIOUS, self.previous.to_string().as_str()))
    }

    /// Reads a message; fails if a relay has not written it.
    pub(super) fn read(headers: Option<&HeaderMap>, payload: &[u8]) -> Result<Self, String> {
        let header = |name: &str| {
            let value = headers.and_then(|headers| headers.get(name));
            value.map(|value| value.as_str()).ok_or(format!("has no header {name}"))
        };
        let number = |name: &str| {
            let text = header(name)?;
            let number: Result<i64, _> = text.parse();
            number.map_err(|_| format!("has {name} {text:?}, wanted a position"))
        };
        let log = header(LOG)?;
        let event = serde_json::from_slice(payload).map_err(|error| format!("has a body that is no event: {error}"))?;
        Ok(Self {
            log: log
                .parse()
                .map_err(|_| format!("has {LOG} {log:?}, wanted the id of a log"))?,
            previous: number(PREVIOUS)?,
            recorded: RecordedEvent {
                position: number(POSITION)?,
                event,
            },
        })
    }

    /// Reads a message that was asked for by itself.
    pub(super) fn of(message: &StreamMessage) -> Result<Self, String> {
        let read = Self::read(Some(&message.headers), &message.payload);
        read.map_err(|reason| format!("message {} {reason}", message.sequence))
    }
}
