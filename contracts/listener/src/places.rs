use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::{sync::Notify, time::Instant};

use crate::{Limits, MARGIN, watch::Watch};

/// The connections of a server, each with a place that it leaves when it is closed.
#[derive(Debug)]
pub(crate) struct Places {
    taken: Mutex<Taken>,
    cap: usize,
    left: Notify,
}

#[derive(Debug, Default)]
struct Taken {
    watches: HashMap<u64, Arc<Watch>>,
    /// Connections that were told to close and are not closed yet.
    closing: usize,
    next: u64,
}

/// The place of one connection.
pub(crate) struct Place {
    pub(crate) watch: Arc<Watch>,
    places: Arc<Places>,
    id: u64,
}

impl Places {
    pub(crate) fn new(cap: usize) -> Self {
        Self {
            taken: Mutex::default(),
            cap,
            left: Notify::new(),
        }
    }

    /// Takes a place for a new connection, that of the longest silent one if need be. `None` if all are being worked
    /// on, those of the margin too.
    pub(crate) fn take(self: &Arc<Self>) -> Option<Place> {
        let mut taken = self.taken();
        if taken.watches.len() >= self.cap {
            taken.cut_the_longest_silent();
        }
        let open = taken.watches.len();
        if open >= self.cap + MARGIN {
            return None;
        }
        let watch = Arc::new(Watch::new(open >= self.cap));
        taken.next += 1;
        let id = taken.next;
        taken.watches.insert(id, Arc::clone(&watch));
        Some(Place {
            watch,
            places: Arc::clone(self),
            id,
        })
    }

    /// Closes the longest silent connection, to have a descriptor again.
    pub(crate) fn make_room(&self) {
        self.taken().cut_the_longest_silent();
    }

    /// Closes every connection that has outlived one of the limits. Returns their number.
    pub(crate) fn sweep(&self, limits: &Limits) -> usize {
        let now = Instant::now();
        let mut taken = self.taken();
        let expired = |watch: &Watch| watch.is_expired(limits, now);
        let ids: Vec<u64> = taken
            .watches
            .iter()
            .filter(|(_, watch)| expired(watch))
            .map(|(id, _)| *id)
            .collect();
        ids.iter().for_each(|id| taken.cut(*id));
        ids.len()
    }

    /// Waits until few enough connections are left to be closed that the next one finds a descriptor.
    pub(crate) async fn room(&self) {
        loop {
            let left = self.left.notified();
            if self.taken().closing < MARGIN {
                return;
            }
            left.await;
        }
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Taken {
    fn cut_the_longest_silent(&mut self) {
        let silent = self
            .watches
            .iter()
            .filter_map(|(id, watch)| Some((watch.silent_since()?, *id)));
        if let Some((_, id)) = silent.min() {
            self.cut(id);
        }
    }

    fn cut(&mut self, id: u64) {
        if let Some(watch) = self.watches.remove(&id) {
            self.closing += 1;
            watch.cut();
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken();
        if taken.watches.remove(&self.id).is_none() {
            taken.closing -= 1;
        }
        self.places.left.notify_one();
    }
}
