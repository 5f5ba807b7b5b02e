use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::watch;

use crate::work::Work;

/// Commands that wait for progress of a piece of work. A clone shares them.
#[derive(Clone, Default)]
pub(crate) struct Waiters(Arc<Mutex<HashMap<Work, watch::Sender<()>>>>);

impl Waiters {
    /// A receiver that changes with each attempt at `work` that ends from now on. Subscribe before reading the
    /// work's state, so that no attempt ends unseen in between.
    pub(crate) fn subscribe(&self, work: Work) -> watch::Receiver<()> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Entries whose callers gave up are dropped here: the map grows with the callers that wait, not with the
        // work.
        waiting.retain(|_, sender| sender.receiver_count() > 0);
        waiting
            .entry(work)
            .or_insert_with(|| watch::Sender::new(()))
            .subscribe()
    }

    /// Wakes the commands that wait for `work`.
    pub(crate) fn notify(&self, work: Work) {
        if let Some(sender) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&work) {
            sender.send_replace(());
        }
    }
}
