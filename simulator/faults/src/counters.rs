use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// What went through a proxy since it began to listen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Counts {
    /// Connections accepted.
    pub connections: u64,
    /// Of these, how many are open now.
    pub open: u64,
    /// Of these, how many were reset because the upstream was away or refused.
    pub refused: u64,
    /// HTTP requests seen. Counted is each piece of data from the client that begins with an HTTP/1 method and a space, and
    /// is the first of its connection or the first after something came back. So a body is not counted, whatever is in it, and
    /// pipelined requests that arrive in one piece count once. Other protocols count nothing.
    pub requests: u64,
    /// Bytes that went to the upstream.
    pub bytes_to_upstream: u64,
    /// Bytes that went to clients.
    pub bytes_to_client: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) connections: AtomicU64,
    pub(crate) open: AtomicU64,
    pub(crate) refused: AtomicU64,
    pub(crate) requests: AtomicU64,
    pub(crate) bytes_to_upstream: AtomicU64,
    pub(crate) bytes_to_client: AtomicU64,
}

impl Counters {
    pub(crate) fn read(&self) -> Counts {
        Counts {
            connections: self.connections.load(Relaxed),
            open: self.open.load(Relaxed),
            refused: self.refused.load(Relaxed),
            requests: self.requests.load(Relaxed),
            bytes_to_upstream: self.bytes_to_upstream.load(Relaxed),
            bytes_to_client: self.bytes_to_client.load(Relaxed),
        }
    }
}
