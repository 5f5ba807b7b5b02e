use std::sync::atomic::AtomicU64;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::condition::Condition;

/// State that the writer and all handles of a database share.
pub(super) struct State {
    pub(super) commits: AtomicU64,
    pub(super) writes: AtomicU64,
    pub(super) condition: Condition,
    /// Changes with each commit that appended events.
    pub(super) appended: watch::Sender<u64>,
    /// Cancelled when readers of the event log must not wait any more.
    pub(super) quiesced: CancellationToken,
    /// Cancelled when the writer is to finish its queue and end.
    pub(super) closing: CancellationToken,
    /// Cancelled when the writer has ended.
    pub(super) closed: CancellationToken,
}

impl State {
    pub(super) fn new() -> Self {
        Self {
            commits: AtomicU64::new(0),
            writes: AtomicU64::new(0),
            condition: Condition::default(),
            appended: watch::Sender::new(0),
            quiesced: CancellationToken::new(),
            closing: CancellationToken::new(),
            closed: CancellationToken::new(),
        }
    }
}
