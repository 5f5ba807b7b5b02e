use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Traffic of a proxy since it began to listen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Counts {
    /// Number of connections accepted.
    pub connections: u64,
    /// Number of these connections that are open now.
    pub open: u64,
    /// Number of these connections that were reset because the upstream was absent or refused.
    pub refused: u64,
    /// Number of HTTP/1 requests seen; other protocols count as none.
    ///
    /// A request is a piece of data from the client that begins with an HTTP/1 method and a space, and is the first
    /// of its connection or the first since data came back. So the content of a body is never counted, and
    /// pipelined requests that arrive in one piece count once.
    pub requests: u64,
    /// Number of bytes read from clients.
    pub bytes_from_client: u64,
    /// Number of bytes read from the upstream.
    pub bytes_from_upstream: u64,
    /// Number of bytes sent to the upstream.
    pub bytes_to_upstream: u64,
    /// Number of bytes sent to clients.
    pub bytes_to_client: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) connections: AtomicU64,
    pub(crate) open: AtomicU64,
    pub(crate) refused: AtomicU64,
    pub(crate) requests: AtomicU64,
    pub(crate) bytes_from_client: AtomicU64,
    pub(crate) bytes_from_upstream: AtomicU64,
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
            bytes_from_client: self.bytes_from_client.load(Relaxed),
            bytes_from_upstream: self.bytes_from_upstream.load(Relaxed),
            bytes_to_upstream: self.bytes_to_upstream.load(Relaxed),
            bytes_to_client: self.bytes_to_client.load(Relaxed),
        }
    }
}
