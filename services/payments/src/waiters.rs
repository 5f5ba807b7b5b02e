use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::watch;

use crate::store::Work;

/// Those who wait until something was done about a piece of work.
#[derive(Clone, Default)]
pub(crate) struct Waiters(Arc<Mutex<HashMap<Work, watch::Sender<()>>>>);

impl Waiters {
    /// Hears of whatever is done from now on. Ask before looking at the state, so that nothing falls in between.
    pub(crate) fn ask(&self, work: Work) -> watch::Receiver<()> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Those whose callers gave up are dropped here: the map grows with the callers that wait, not with the work.
        waiting.retain(|_, sender| sender.receiver_count() > 0);
        waiting
            .entry(work)
            .or_insert_with(|| watch::Sender::new(()))
            .subscribe()
    }

    /// Something was done about it.
    pub(crate) fn tell(&self, work: Work) {
        if let Some(sender) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&work) {
            sender.send_replace(());
        }
    }
}
