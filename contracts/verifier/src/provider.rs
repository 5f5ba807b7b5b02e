use futures::future::LocalBoxFuture;
use ledger::document::State;
use serde_json::{Map, Value};

/// What a state hands back, by name: the values that requests name as `${name}`.
pub type Values = Map<String, Value>;

/// A provider that runs, and can be brought into the states that pacts ask for.
pub trait Provider {
    /// Its base URL, `http://host:port` with an optional path.
    fn url(&self) -> &str;

    /// Brings one state about.
    ///
    /// # Errors
    /// When it can't, with what was tried and what came of it. [`Provider::tear_down`] is called all the same.
    fn set_up<'a>(&'a self, state: &'a State) -> LocalBoxFuture<'a, Result<Values, String>>;

    /// Ends a state, with all the values that the interaction's states handed back.
    ///
    /// # Errors
    /// When something of it is left.
    fn tear_down<'a>(&'a self, state: &'a State, values: &'a Values) -> LocalBoxFuture<'a, Result<(), String>>;

    /// The message of this description that the provider really sends in these states.
    ///
    /// # Errors
    /// When there is none. An answer that says "failed" is none, whatever body it has.
    fn message<'a>(
        &'a self,
        description: &'a str,
        states: &'a [State],
        values: &'a Values,
    ) -> LocalBoxFuture<'a, Result<Message, String>>;
}

/// A message as a provider sends it.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// The contents.
    pub contents: bytes::Bytes,
    /// Their media type.
    pub content_type: String,
    /// What stands beside them.
    pub metadata: Map<String, Value>,
}
