//! Two contracts that have nothing to do with each other, and services that do as the test says.

use std::{collections::BTreeMap, sync::Mutex};

use seam::TransportFailure;
use serde::{Deserialize, Serialize};

/// A shelf of boxes.
#[seam::contract(name = "shelf")]
pub(crate) trait Shelf: Send + Sync {
    /// Puts a box on it, over one of that name.
    #[write(key = item.name, idempotent)]
    async fn put(&self, item: Item) -> Result<Item, ShelfError>;

    /// The box of that name.
    #[read(key = name)]
    async fn get(&self, name: String) -> Result<Item, ShelfError>;

    /// Counts the boxes.
    #[read]
    async fn count(&self) -> Result<u64, ShelfError>;

    /// Takes boxes off it; what is not there stays off.
    #[write]
    async fn take(&self, r#type: Option<String>, limits: (i64, i64)) -> Result<Vec<Item>, ShelfError>;
}

/// Says things back.
#[seam::contract(name = "echo")]
pub(crate) trait Echo: Send + Sync {
    /// Says it back.
    #[read]
    async fn say(&self, text: String) -> Result<String, Silence>;
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Item {
    pub(crate) name: String,
    pub(crate) weight: i64,
    pub(crate) label: Option<Option<String>>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
pub(crate) enum ShelfError {
    #[error("there is no box {0}")]
    Missing(String),
    #[error("the shelf has no time")]
    Busy,
    #[error(transparent)]
    Transport(#[from] TransportFailure),
}

impl seam::ContractError for ShelfError {
    fn transport(&self) -> Option<&TransportFailure> {
        match self {
            Self::Missing(_) | Self::Busy => None,
            Self::Transport(failure) => Some(failure),
        }
    }

    fn is_not_done(&self) -> bool {
        matches!(self, Self::Busy) || self.transport().is_some_and(TransportFailure::is_unsent)
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[error(transparent)]
pub(crate) struct Silence(#[from] pub(crate) TransportFailure);

impl seam::ContractError for Silence {
    fn transport(&self) -> Option<&TransportFailure> {
        Some(&self.0)
    }
}

/// Keeps its boxes in memory; panics when it is to get the box named `bomb`.
#[derive(Debug, Default)]
pub(crate) struct Wooden(Mutex<BTreeMap<String, Item>>);

impl Wooden {
    fn boxes(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Item>> {
        self.0.lock().unwrap()
    }
}

#[seam::async_trait]
impl Shelf for Wooden {
    async fn put(&self, item: Item) -> Result<Item, ShelfError> {
        self.boxes().insert(item.name.clone(), item.clone());
        Ok(item)
    }

    async fn get(&self, name: String) -> Result<Item, ShelfError> {
        assert!(name != "bomb", "boom: {name}");
        self.boxes().get(&name).cloned().ok_or(ShelfError::Missing(name))
    }

    async fn count(&self) -> Result<u64, ShelfError> {
        Ok(self.boxes().len() as u64)
    }

    async fn take(&self, r#type: Option<String>, limits: (i64, i64)) -> Result<Vec<Item>, ShelfError> {
        let taken = |item: &Item| {
            r#type.as_ref().is_none_or(|wanted| item.name.starts_with(wanted))
                && (limits.0..=limits.1).contains(&item.weight)
        };
        Ok(self
            .boxes()
            .extract_if(.., |_, item| taken(item))
            .map(|(_, item)| item)
            .collect())
    }
}

/// Says everything back.
#[derive(Debug)]
pub(crate) struct Parrot;

#[seam::async_trait]
impl Echo for Parrot {
    async fn say(&self, text: String) -> Result<String, Silence> {
        Ok(text)
    }
}

pub(crate) fn item(name: &str, weight: i64) -> Item {
    Item {
        name: name.to_owned(),
        weight,
        label: None,
    }
}
