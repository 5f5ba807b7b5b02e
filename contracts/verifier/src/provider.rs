use futures::future::LocalBoxFuture;
use ledger::document::ProviderState;
use serde_json::{Map, Value};

/// Values that provider states hand back, by name. Requests of pacts refer to them as `${name}`.
pub type Values = Map<String, Value>;

/// Reason why a provider did not do what it was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    /// Nothing was reached, or no answer came, which says nothing about what the answer would have been.
    #[error("{0}")]
    NoAnswer(String),
    /// The answer was a failure, or there is no way to ask for this.
    #[error("{0}")]
    Failed(String),
}

impl From<String> for ProviderError {
    /// Takes the text as the reason of a failure.
    fn from(reason: String) -> Self {
        Self::Failed(reason)
    }
}

impl From<ProviderError> for String {
    /// Takes the reason, whichever it is.
    fn from(error: ProviderError) -> Self {
        match error {
            ProviderError::NoAnswer(reason) | ProviderError::Failed(reason) => reason,
        }
    }
}

/// Running provider that can be brought into the states that pacts ask for.
pub trait Provider {
    /// Base URL of the provider: `http://host:port`, with an optional path.
    fn url(&self) -> &str;

    /// Brings the provider into a state, and returns the values that the state hands back.
    ///
    /// # Errors
    /// When it can't, with what was tried and what happened. [`Provider::tear_down`] is called all the same.
    fn set_up<'a>(&'a self, state: &'a ProviderState) -> LocalBoxFuture<'a, Result<Values, ProviderError>>;

    /// Ends a state. `values` are those of all states of the interaction.
    ///
    /// # Errors
    /// When something of the state may be left behind.
    fn tear_down<'a>(
        &'a self,
        state: &'a ProviderState,
        values: &'a Values,
    ) -> LocalBoxFuture<'a, Result<(), ProviderError>>;

    /// Fetches the message of this description that the provider really sends in these states.
    ///
    /// # Errors
    /// When there is no message. An answer with a status of failure is not one, whatever body it has.
    fn message<'a>(
        &'a self,
        description: &'a str,
        states: &'a [ProviderState],
        values: &'a Values,
    ) -> LocalBoxFuture<'a, Result<Message, ProviderError>>;
}

/// Message as the provider sends it.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// Contents of the message.
    pub contents: bytes::Bytes,
    /// Media type of the contents.
    pub content_type: String,
    /// Metadata of the message, by name.
    pub metadata: Map<String, Value>,
}
