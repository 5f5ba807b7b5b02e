use std::{fmt, io, sync::Arc, time::Duration};

use axum::{Router, response::Response};
use http::HeaderMap;
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::{Instant, MissedTickBehavior, interval, sleep},
};
use tokio_util::sync::CancellationToken;

use crate::{Limits, Refusal, body::Budget, connection, places::Places, service::Shared};

/// Pause after a failed accept. Out of descriptors, each accept would fail at once.
const ACCEPT_PAUSE: Duration = Duration::from_millis(20);

/// Shortest time between two notices of one kind.
const NOTICE_PAUSE: Duration = Duration::from_secs(1);

/// Replies and reports of the server's owner.
#[derive(Clone, Copy)]
pub struct Hooks {
    /// Makes the answer to a refused request with these headers. The server adds `Connection: close`.
    pub refuse: fn(Refusal, &HeaderMap) -> Response,
    /// Reports trouble to the operator; called once a second for each kind of trouble at most.
    pub notice: fn(&Notice),
}

/// Trouble of a server, for its operator.
#[derive(Debug)]
pub enum Notice {
    /// No connection could be accepted, such as out of descriptors.
    Accept(io::Error),
    /// All connections are being worked on: new ones are closed. The number is the cap.
    Full(usize),
    /// Connections outlived a limit and were closed: their number.
    Expired(usize),
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accept(error) => write!(
                f,
                "no connection can be accepted: {error}; closing the longest silent one"
            ),
            Self::Full(cap) => write!(f, "all {cap} connections are being worked on; new ones are closed"),
            Self::Expired(number) => write!(f, "closed {number} connections that were silent or slow for too long"),
        }
    }
}

impl fmt::Debug for Hooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hooks").finish_non_exhaustive()
    }
}

/// Serves `router` until `stop` resolves; then accepts nothing more, closes connections without a whole request, and
/// returns when the others are answered. Dropping the future cuts all connections.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    hooks: Hooks,
    stop: impl Future<Output = ()>,
) {
    let places = Arc::new(Places::new(limits.cap()));
    let shared = Arc::new(Shared {
        router,
        budget: Arc::new(Budget::new(limits.body_bytes)),
        hooks,
    });
    let mut server = Server {
        limits,
        places,
        shared,
        stopping: CancellationToken::new(),
        connections: JoinSet::new(),
        said: Said::default(),
    };
    let mut sweeps = interval(limits.pause());
    sweeps.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut stop = std::pin::pin!(stop);
    loop {
        tokio::select! {
            biased;
            () = &mut stop => break,
            _ = sweeps.tick() => server.sweep(),
            accepted = server.next(&listener) => server.take(accepted).await,
        }
    }
    drop(listener);
    server.stopping.cancel();
    while !server.connections.is_empty() {
        tokio::select! {
            _ = server.connections.join_next() => {}
            _ = sweeps.tick() => server.sweep(),
        }
    }
}

struct Server {
    limits: Limits,
    places: Arc<Places>,
    shared: Arc<Shared>,
    stopping: CancellationToken,
    connections: JoinSet<()>,
    said: Said,
}

/// Time of the last notice of each kind.
#[derive(Default)]
struct Said {
    accept: Option<Instant>,
    full: Option<Instant>,
    expired: Option<Instant>,
}

impl Server {
    async fn next(&self, listener: &TcpListener) -> io::Result<TcpStream> {
        self.places.room().await;
        listener.accept().await.map(|(stream, _)| stream)
    }

    async fn take(&mut self, accepted: io::Result<TcpStream>) {
        // Ended ones are forgotten here, so that the set does not grow.
        while self.connections.try_join_next().is_some() {}
        let stream = match accepted {
            Ok(stream) => stream,
            Err(error) if is_of_one_connection(&error) => return,
            Err(error) => {
                self.notice(Notice::Accept(error));
                self.places.make_room();
                sleep(ACCEPT_PAUSE).await;
                return;
            }
        };
        let Some(place) = self.places.take() else {
            self.notice(Notice::Full(self.limits.cap()));
            return;
        };
        // With Nagle's algorithm, a small reply waits for an acknowledgement of the one before.
        let _ = stream.set_nodelay(true);
        let (shared, stopping) = (Arc::clone(&self.shared), self.stopping.clone());
        self.connections.spawn(connection::run(stream, place, shared, stopping));
    }

    fn sweep(&mut self) {
        match self.places.sweep(&self.limits) {
            0 => {}
            closed => self.notice(Notice::Expired(closed)),
        }
    }

    fn notice(&mut self, notice: Notice) {
        let last = match notice {
            Notice::Accept(_) => &mut self.said.accept,
            Notice::Full(_) => &mut self.said.full,
            Notice::Expired(_) => &mut self.said.expired,
        };
        let now = Instant::now();
        if last.is_none_or(|last| now - last >= NOTICE_PAUSE) {
            *last = Some(now);
            (self.shared.hooks.notice)(&notice);
        }
    }
}

/// True for an error of the connection that was to be accepted, after which the next one may be fine.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted
    )
}
