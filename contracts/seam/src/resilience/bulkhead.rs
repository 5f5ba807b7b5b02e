use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use tokio::sync::Semaphore;

use crate::{BoxFuture, Carrier, Contract, TransportFailure};

/// A carrier that has no more than so many calls to its destination under way, so that one that hangs holds no more
/// than those.
///
/// A call beyond them is refused at once: there is no queue. It was not sent, and the reply says so
/// ([`TransportFailure::unsent`]).
pub struct Bulkhead<C: Contract + ?Sized> {
    next: Arc<dyn Carrier<C>>,
    permits: Semaphore,
    most: usize,
    refused: AtomicU64,
}

/// The figures of a [`Bulkhead`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BulkheadStats {
    /// The number of calls that are under way now.
    pub under_way: usize,
    /// The number of calls refused since it was made.
    pub refused: u64,
}

impl<C: Contract + ?Sized> Bulkhead<C> {
    /// Wraps a carrier that may have `most` calls under way.
    pub fn new(next: impl Carrier<C> + 'static, most: usize) -> Self {
        let most = most.min(Semaphore::MAX_PERMITS);
        Self {
            next: Arc::new(next),
            permits: Semaphore::new(most),
            most,
            refused: AtomicU64::new(0),
        }
    }

    /// Returns the figures.
    pub fn stats(&self) -> BulkheadStats {
        BulkheadStats {
            under_way: self.most.saturating_sub(self.permits.available_permits()),
            refused: self.refused.load(Relaxed),
        }
    }
}

impl<C: Contract + ?Sized> Carrier<C> for Bulkhead<C> {
    fn carry(&self, call: C::Call) -> BoxFuture<'_, C::Reply> {
        Box::pin(async move {
            let Ok(_permit) = self.permits.try_acquire() else {
                self.refused.fetch_add(1, Relaxed);
                let reason = format!("{} calls to it are under way, and no more are allowed", self.most);
                return C::failed(&call, TransportFailure::unsent(C::NAME, reason));
            };
            self.next.carry(call).await
        })
    }
}

impl<C: Contract + ?Sized> fmt::Debug for Bulkhead<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bulkhead({}, {})", C::NAME, self.most)
    }
}
