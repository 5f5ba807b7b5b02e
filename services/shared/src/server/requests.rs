use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The requests that the process works on: no more than it can do at once. A clone is another handle on them.
#[derive(Clone, Debug)]
pub(crate) struct Requests {
    permits: Arc<Semaphore>,
    shed: Arc<AtomicU64>,
}

/// Leave to work on a request, as long as it is held.
pub(super) enum Permit {
    /// One of those that are counted.
    Counted { _permit: OwnedSemaphorePermit },
    /// Free for probes, statistics and switches: who looks at a full server must see it, and be able to relieve it.
    Free,
}

impl Requests {
    /// Lets `most` requests in at once.
    pub(crate) fn new(most: usize) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS))),
            shed: Arc::default(),
        }
    }

    /// Number of requests refused so far.
    pub(super) fn shed(&self) -> u64 {
        self.shed.load(Relaxed)
    }

    /// Lets a request in; `None` if the server is full. Never waits: a queue would only make answers late.
    pub(super) fn admit(&self, path: &str) -> Option<Permit> {
        let is_for_operators = path.starts_with("/health/") || path.starts_with("/admin/");
        if is_for_operators || path == "/stats" || path == "/metrics" {
            return Some(Permit::Free);
        }
        match Arc::clone(&self.permits).try_acquire_owned() {
            Ok(permit) => Some(Permit::Counted { _permit: permit }),
            Err(_) => {
                self.shed.fetch_add(1, Relaxed);
                None
            }
        }
    }
}
