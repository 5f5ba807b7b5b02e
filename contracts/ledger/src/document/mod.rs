//! Pact files: consumer, provider, and their interactions.
//!
//! Versions 1 to 4 of the Pact specification are read into the same types. Nothing is lost: every
//! [`Interaction`] still holds the JSON that it was read from.

mod canonical;
mod error;
mod hash;
mod numbers;
mod read;
mod unjudged;

use serde_json::{Map, Value};

pub use error::DocumentError;
pub use hash::{BadHash, ContentHash};
pub use numbers::beyond_64_bits;
pub use unjudged::Unjudged;

/// Pact file that was read and is well formed. It may be empty: a document without interactions reads well.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    version: Specification,
    consumer: String,
    provider: String,
    interactions: Vec<Interaction>,
    raw: Value,
}

impl Document {
    /// Version of the Pact specification that the file follows.
    pub fn version(&self) -> Specification {
        self.version
    }

    /// Name of the consumer, which calls the provider or reads its messages.
    pub fn consumer(&self) -> &str {
        &self.consumer
    }

    /// Name of the provider, which answers or sends the messages.
    pub fn provider(&self) -> &str {
        &self.provider
    }

    /// Interactions in the order of the file; in version 3, HTTP before messages.
    pub fn interactions(&self) -> &[Interaction] {
        &self.interactions
    }

    /// Number of interactions in all lists of the file. Larger than the number of [`Self::interactions`] if some
    /// of them are in a list that the version does not have.
    pub fn count(&self) -> usize {
        let lists = ["interactions", "messages"].into_iter();
        let listed = lists.filter_map(|list| Some(self.raw.get(list)?.as_array()?.len()));
        listed.sum()
    }

    /// JSON of the whole file, with its metadata.
    pub fn raw(&self) -> &Value {
        &self.raw
    }
}

/// Version of the Pact specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Specification {
    /// HTTP only, with one provider state as text, and matching rules by path. Versions 1 and 1.1 are this one
    /// without rules, and are read as such.
    V2,
    /// HTTP, or asynchronous messages in a list of their own; provider states have parameters.
    V3,
    /// Interactions of all kinds in one list, each with its type.
    V4,
}

impl Specification {
    /// Text of the version in the metadata of pact files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V2 => "2.0.0",
            Self::V3 => "3.0.0",
            Self::V4 => "4.0",
        }
    }
}

/// Interaction that the consumer relies on.
#[derive(Debug, Clone, PartialEq)]
pub struct Interaction {
    /// Kind of the interaction.
    pub kind: Kind,
    /// Description that the consumer's suite gave it; unique together with the states.
    pub description: String,
    /// Provider states that it needs, in the order of the file.
    pub states: Vec<ProviderState>,
    /// `true` if the file says that a failure does not count. Always `false` before version 4.
    pub pending: bool,
    /// JSON of the interaction in the file.
    pub raw: Value,
}

/// Kind of an interaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// HTTP request and its response.
    Http,
    /// Message that the provider sends without a request.
    AsyncMessage,
    /// Message and the replies to it.
    SyncMessage,
}

impl Kind {
    /// Text of the type in files of version 4.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "Synchronous/HTTP",
            Self::AsyncMessage => "Asynchronous/Messages",
            Self::SyncMessage => "Synchronous/Messages",
        }
    }
}

/// State that a provider has to be in before an interaction can be verified.
#[derive(Debug, Clone, PartialEq)]
pub struct ProviderState {
    /// Name of the state.
    pub name: String,
    /// Parameters of the state; empty before version 3.
    pub params: Map<String, Value>,
}
