//! One pact file: who consumes, who provides, and their interactions.
//!
//! Versions 2, 3 and 4 of the Pact specification are read into the same shape. What is not understood is kept: every [`Interaction`]
//! still holds the JSON that it was read from.

mod canonical;
mod error;
mod hash;
mod read;

use serde_json::{Map, Value};

pub use error::DocumentError;
pub use hash::{BadHash, ContentHash};

/// A pact file that was read and is well formed. It may be vacuous: a document without interactions reads well.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    version: Specification,
    consumer: String,
    provider: String,
    interactions: Vec<Interaction>,
    raw: Value,
}

impl Document {
    /// The version of the Pact specification that the file says it follows.
    pub fn version(&self) -> Specification {
        self.version
    }

    /// Who calls, or reads the messages.
    pub fn consumer(&self) -> &str {
        &self.consumer
    }

    /// Who answers, or sends the messages.
    pub fn provider(&self) -> &str {
        &self.provider
    }

    /// The interactions in the order of the file; in version 3, HTTP before messages.
    pub fn interactions(&self) -> &[Interaction] {
        &self.interactions
    }

    /// How many interactions stand in the file, in whatever list. More than [`Self::interactions`] if some are where the version has none.
    pub fn count(&self) -> usize {
        let lists = ["interactions", "messages"].into_iter();
        let listed = lists.filter_map(|list| Some(self.raw.get(list)?.as_array()?.len()));
        listed.sum()
    }

    /// The whole file as it was read, metadata and all.
    pub fn raw(&self) -> &Value {
        &self.raw
    }
}

/// A version of the Pact specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Specification {
    /// HTTP only, one provider state as text, matching rules by path.
    V2,
    /// HTTP, or asynchronous messages in a list of their own; provider states with parameters.
    V3,
    /// Interactions of all kinds in one list, each with a type.
    V4,
}

impl Specification {
    /// The version as pact files write it in their metadata.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V2 => "2.0.0",
            Self::V3 => "3.0.0",
            Self::V4 => "4.0",
        }
    }
}

/// One thing that the consumer relies on.
#[derive(Debug, Clone, PartialEq)]
pub struct Interaction {
    /// How the two talk.
    pub kind: Kind,
    /// The name that the consumer's suite gave it; unique together with the states.
    pub description: String,
    /// What must be so at the provider beforehand, in the order of the file.
    pub states: Vec<State>,
    /// Whether the file itself says that a failure does not count. Always `false` before version 4.
    pub pending: bool,
    /// The interaction as it stands in the file.
    pub raw: Value,
}

/// How consumer and provider talk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A request and its response.
    Http,
    /// A message that the provider sends on its own.
    AsyncMessage,
    /// A message and its replies.
    SyncMessage,
}

impl Kind {
    /// The type as version 4 writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "Synchronous/HTTP",
            Self::AsyncMessage => "Asynchronous/Messages",
            Self::SyncMessage => "Synchronous/Messages",
        }
    }
}

/// Something that must be so at the provider before an interaction can be verified.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    /// Its name.
    pub name: String,
    /// Its parameters; none before version 3.
    pub params: Map<String, Value>,
}
