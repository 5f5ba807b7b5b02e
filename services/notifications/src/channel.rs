/// Error of a channel, mail or push, that did not accept a message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ChannelError {
    /// Refused for good: the message or its recipient is at fault.
    #[error("refused: {0}")]
    Refused(String),
    /// Not accepted now; the channel may accept the same message later.
    #[error("not available: {0}")]
    Unavailable(String),
}
