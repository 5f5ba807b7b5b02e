use std::time::Duration;

use rustix::process::{Resource, getrlimit};

/// Number of connections beyond the cap that are accepted when every connection is being worked on: enough for
/// probes of `/health/`.
pub const MARGIN: usize = 16;

/// Largest head of a request in bytes, and largest buffer of a connection. A request line may have 60 kB.
pub(crate) const HEAD_BYTES: usize = 64 << 10;

/// Largest rest of a refused request that is read, in bytes. A client that is still writing when the connection closes
/// may never see the refusal.
pub(crate) const PATIENCE: usize = 16 << 20;

/// Descriptors that are left to the rest of the process: databases, clients, logs.
const RESERVED_DESCRIPTORS: usize = 128;

/// Limits of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Time for the whole head of a request, from the connection's begin or the head's first byte: 10 s.
    pub head: Duration,
    /// Longest time in which no byte of a body comes, and time after which [`Limits::body_rate`] counts: 10 s.
    pub body: Duration,
    /// Smallest mean rate of a body, in bytes per second: 4,096.
    pub body_rate: u64,
    /// Longest silence between two requests, or while the client does not read its answer: 60 s. Longer than clients
    /// keep unused connections, so that the client ends them and no request meets a closing server.
    pub idle: Duration,
    /// Largest number of connections: 1,000. Never more than the soft limit of descriptors allows.
    pub connections: usize,
    /// Largest number of bytes of request bodies held at once, in all: 64 MiB.
    pub body_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(10),
            body: Duration::from_secs(10),
            body_rate: 4_096,
            idle: Duration::from_secs(60),
            connections: 1_000,
            body_bytes: 64 << 20,
        }
    }
}

impl Limits {
    /// The cap on connections: the setting, or what the process's descriptors allow if that is less.
    pub(crate) fn cap(&self) -> usize {
        let Some(soft) = getrlimit(Resource::Nofile).current else {
            return self.connections.max(1);
        };
        let soft = usize::try_from(soft).unwrap_or(usize::MAX);
        let left = soft - RESERVED_DESCRIPTORS.min(soft / 2);
        self.connections.min(left.saturating_sub(MARGIN)).max(1)
    }

    /// The pause between two looks at all connections: a tenth of the shortest limit, 20 ms to 1 s.
    pub(crate) fn pause(&self) -> Duration {
        let shortest = self.head.min(self.body).min(self.idle);
        (shortest / 10).clamp(Duration::from_millis(20), Duration::from_secs(1))
    }
}
