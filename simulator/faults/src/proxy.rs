use std::{
    io::{self, Write},
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use tokio::net::{TcpListener, TcpStream};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{Counts, Upstream, counters::Counters, forward};

/// Pause after a failed accept, as happens when the process is out of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(10);

/// Shortest time between two lines about trouble.
const COMPLAINT_PAUSE: Duration = Duration::from_secs(1);

/// A listening address that forwards to an [`Upstream`]. Dropping it has the effect of [`Proxy::close`], without
/// the wait.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    counters: Arc<Counters>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Proxy {
    /// Listens on `address` (port 0 picks a free one) and forwards from now on. Must be called within a tokio
    /// runtime.
    ///
    /// # Errors
    /// Fails if the address can't be bound.
    pub async fn listen(address: SocketAddr, upstream: Upstream) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let proxy = Self {
            address: listener.local_addr()?,
            counters: Arc::default(),
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
        };
        proxy.tasks.spawn(accept(
            listener,
            upstream,
            Arc::clone(&proxy.counters),
            proxy.stop.clone(),
            proxy.tasks.clone(),
        ));
        proxy.tasks.close();
        Ok(proxy)
    }

    /// Returns the address it listens on, which never changes.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the traffic so far.
    pub fn counts(&self) -> Counts {
        self.counters.read()
    }

    /// Stops listening, cuts every connection, and returns when both are done.
    pub async fn close(&self) {
        self.stop.cancel();
        self.tasks.wait().await;
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn accept(
    listener: TcpListener,
    upstream: Upstream,
    counters: Arc<Counters>,
    stop: CancellationToken,
    tasks: TaskTracker,
) {
    loop {
        let accepted = tokio::select! {
            biased;
            () = stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            // Dialled in a task of its own: an upstream that does not answer must not delay other connections.
            Ok((client, _)) => {
                tasks.spawn(serve(client, upstream.clone(), Arc::clone(&counters), stop.clone()));
            }
            Err(error) => {
                complain("no connection can be accepted", &error);
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Writes a line about trouble of the whole process to stderr, at most one a second.
pub(crate) fn complain(what: &str, error: &io::Error) {
    static LAST: Mutex<Option<Instant>> = Mutex::new(None);
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    if last.is_none_or(|last| last.elapsed() >= COMPLAINT_PAUSE) {
        *last = Some(Instant::now());
        // If stderr is closed, nobody is left to tell.
        let _ = writeln!(io::stderr(), "fault proxy: {what}: {error}");
    }
}

async fn serve(client: TcpStream, upstream: Upstream, counters: Arc<Counters>, stop: CancellationToken) {
    use std::sync::atomic::Ordering::Relaxed;
    counters.connections.fetch_add(1, Relaxed);
    counters.open.fetch_add(1, Relaxed);
    tokio::select! {
        biased;
        () = stop.cancelled() => {}
        () = forward::forward(client, &upstream, &counters) => {}
    }
    counters.open.fetch_sub(1, Relaxed);
}
