//! Writes that one side lacks are made up for.

use std::{collections::HashSet, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::{
    Contract, Outcome,
    launch::{
        Effect, Entry, Launch, Side,
        ambient::Ambient,
        isolated::Turn,
        second::{Asked, Second},
    },
};

/// The result of a repair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repaired {
    /// Writes that both sides have now.
    pub done: usize,
    /// Writes that are left: one side gave no answer, or they are still on their way.
    pub left: usize,
}

impl<C: Contract + ?Sized> Launch<C> {
    /// Writes that one side may lack, in the order in which the first side ended them, with those on their way.
    pub fn pending(&self) -> Vec<Entry> {
        self.0
            .journal
            .as_ref()
            .map(|journal| journal.pending())
            .unwrap_or_default()
    }

    /// Gives each side the writes that it lacks, key by key in their order. A write of which nobody knows whether the
    /// first side made it is first repeated there: the contract's writes must be repeatable with the same arguments, as
    /// they must for any caller that got no answer.
    ///
    /// A key goes back to the way its dials say when none of its writes is left.
    ///
    /// Dropped before its end, it may leave a write that the first side has made without a note of it. Run it on a task
    /// of its own where its caller may go away.
    pub async fn repair(&self) -> Repaired {
        let _alone = self.0.repairing.lock().await;
        let mut repaired = Repaired { done: 0, left: 0 };
        let Some(journal) = &self.0.journal else {
            return repaired;
        };
        let mut waiting = HashSet::new();
        for Entry { id, key, .. } in journal.pending() {
            let bucket = self.0.bucket(key.as_deref());
            // First the queue, then the entry: one that was on its way when the list was made may be through by now.
            let is_next = !waiting.contains(&bucket) && !self.0.behind.is_queued(bucket);
            let Some(entry) = journal.entry(id) else { continue };
            if is_next && self.repaired(&entry).await {
                journal.done(id);
                self.0.behind.repaired(bucket);
                repaired.done += 1;
            } else {
                waiting.insert(bucket);
                repaired.left += 1;
            }
        }
        repaired
    }

    async fn repaired(&self, entry: &Entry) -> bool {
        let Ok(call) = serde_json::from_value::<C::Call>(entry.call.clone()) else {
            tracing::error!(method = entry.method, id = %entry.id, "an entry of the journal is no call");
            return false;
        };
        let second = Second {
            inner: Arc::clone(&self.0),
            method: self.0.recorder.index(C::method(&call)),
            first: entry.first,
            ambient: Ambient::current(),
        };
        let Some(effects) = self.first_has_it(&second, entry, &call).await else {
            return false;
        };
        let side: Side = entry.first.other();
        let asked = second.ask(side, Turn::shadowing(side, effects), call).await;
        is_answer(&asked)
    }

    /// Makes sure that the first side has the write. Returns the effects that this had.
    async fn first_has_it(&self, second: &Second<C>, entry: &Entry, call: &C::Call) -> Option<Vec<Effect>> {
        if entry.answered {
            return Some(entry.effects.clone());
        }
        let asked = second.ask(entry.first, Turn::acting(entry.first), call.clone()).await;
        let journal = self.0.journal.as_ref()?;
        // The first side may have acted in an earlier attempt of this write, or for a caller that called again.
        let others = journal
            .pending()
            .into_iter()
            .filter(|other| other.id != entry.id && other.call == entry.call);
        let earlier = entry.effects.iter().chain(&asked.effects).cloned();
        let mut effects: Vec<Effect> = Vec::new();
        for effect in earlier.chain(others.flat_map(|other| other.effects)) {
            // Once each, or else they would grow with every repair.
            if !effects.contains(&effect) {
                effects.push(effect);
            }
        }
        // Also of an attempt without an answer, for the next one.
        journal.ended(entry.id, is_answer(&asked), effects.clone());
        is_answer(&asked).then_some(effects)
    }
}

fn is_answer<R>(asked: &Asked<R>) -> bool {
    matches!(asked.outcome, Outcome::Value(_) | Outcome::DomainError(_))
}
