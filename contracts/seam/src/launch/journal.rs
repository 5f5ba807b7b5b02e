//! Writes that go to both sides, as long as they are on one side only.

use std::{
    collections::BTreeMap,
    fmt, io,
    sync::{Mutex, PoisonError},
};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::{
    BoxFuture,
    launch::{Effect, Side},
};

/// A write that goes to both sides.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The id of the entry.
    pub id: Uuid,
    /// The method that writes.
    pub method: String,
    /// The key of the call.
    pub key: Option<String>,
    /// The side that answers.
    pub first: Side,
    /// The call as JSON.
    pub call: Value,
    /// `true` if the first side answered; `false` if nobody knows whether it wrote.
    pub answered: bool,
    /// The writes that the first side sent to neighbours, whose answers the other side is lent when it catches up.
    #[serde(default)]
    pub effects: Vec<Effect>,
}

/// A durable list of the writes that one side may lack.
pub trait Journal: Send + Sync + fmt::Debug + 'static {
    /// Adds an entry. When this returns, a crash of the process or the machine does not lose it.
    fn begin(&self, entry: Entry) -> BoxFuture<'_, io::Result<()>>;

    /// Notes the end of the first side's call: whether it answered, and its effects. A crash may lose the note: then
    /// nobody knows whether the first side wrote.
    fn ended(&self, id: Uuid, answered: bool, effects: Vec<Effect>);

    /// Removes an entry that both sides have. A crash may lose that: then both get the write once more.
    fn done(&self, id: Uuid);

    /// The entry of that id, if it is left.
    fn entry(&self, id: Uuid) -> Option<Entry>;

    /// The entries that are left, in the order in which the first side ended them: that is the order for the second.
    fn pending(&self) -> Vec<Entry>;
}

/// Entries, those that ended on the first side in the order in which they did.
#[derive(Debug, Default)]
pub(crate) struct Entries {
    next: u64,
    by_id: BTreeMap<Uuid, Position>,
    in_order: BTreeMap<u64, Entry>,
}

#[derive(Clone, Copy, Debug)]
struct Position {
    at: u64,
    ended: bool,
}

impl Entries {
    pub(crate) fn begin(&mut self, entry: Entry) {
        let at = self.position();
        // After a restart, one that answered stands where it ended.
        let ended = entry.answered;
        self.by_id.insert(entry.id, Position { at, ended });
        self.in_order.insert(at, entry);
    }

    fn position(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    pub(crate) fn ended(&mut self, id: Uuid, answered: bool, effects: Vec<Effect>) {
        let last = self.position();
        let Some(position) = self.by_id.get_mut(&id) else {
            return;
        };
        let Some(entry) = self.in_order.remove(&position.at) else {
            return;
        };
        if !position.ended {
            *position = Position { at: last, ended: true };
        }
        let ended = Entry {
            answered,
            effects,
            ..entry
        };
        self.in_order.insert(position.at, ended);
    }

    pub(crate) fn done(&mut self, id: Uuid) {
        if let Some(position) = self.by_id.remove(&id) {
            self.in_order.remove(&position.at);
        }
    }

    pub(crate) fn entry(&self, id: Uuid) -> Option<Entry> {
        self.by_id
            .get(&id)
            .and_then(|position| self.in_order.get(&position.at))
            .cloned()
    }

    pub(crate) fn pending(&self) -> Vec<Entry> {
        self.in_order.values().cloned().collect()
    }
}

/// A journal in memory, which no crash survives. For tests.
#[derive(Debug, Default)]
pub struct MemoryJournal(Mutex<Entries>);

impl MemoryJournal {
    fn entries(&self) -> std::sync::MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Journal for MemoryJournal {
    fn begin(&self, entry: Entry) -> BoxFuture<'_, io::Result<()>> {
        self.entries().begin(entry);
        Box::pin(async { Ok(()) })
    }

    fn ended(&self, id: Uuid, answered: bool, effects: Vec<Effect>) {
        self.entries().ended(id, answered, effects);
    }

    fn done(&self, id: Uuid) {
        self.entries().done(id);
    }

    fn entry(&self, id: Uuid) -> Option<Entry> {
        self.entries().entry(id)
    }

    fn pending(&self) -> Vec<Entry> {
        self.entries().pending()
    }
}
