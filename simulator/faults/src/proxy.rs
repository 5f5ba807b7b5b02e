use std::{
    io,
    net::SocketAddr,
    sync::{Arc, atomic::Ordering::Relaxed},
};

use tokio::{net::TcpStream, sync::watch, time::sleep_until};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    Counts, Effect, Faults, Outcome, Upstream,
    counters::Counters,
    door::Door,
    faults::Set,
    forward::{Watched, forward},
};

/// A listening address that forwards to an [`Upstream`]. Dropping it has the effect of [`Proxy::close`], without
/// the wait.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    counters: Arc<Counters>,
    faults: Faults,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Proxy {
    /// Listens on `address` (port 0 picks a free one) and forwards from now on, with no fault laid and the seed 0.
    /// Must be called within a tokio runtime.
    ///
    /// # Errors
    /// Fails if the address can't be bound.
    pub async fn listen(address: SocketAddr, upstream: Upstream) -> io::Result<Self> {
        Self::listen_with(address, upstream, Faults::default()).await
    }

    /// Listens on `address` (port 0 picks a free one) and forwards from now on, under these faults. Must be called
    /// within a tokio runtime.
    ///
    /// # Errors
    /// Fails if the address can't be bound.
    pub async fn listen_with(address: SocketAddr, upstream: Upstream, faults: Faults) -> io::Result<Self> {
        let door = Door::open(address).await?;
        let proxy = Self {
            address: door.address(),
            counters: Arc::default(),
            faults,
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
        };
        let accepting = Accepting {
            door,
            upstream,
            counters: Arc::clone(&proxy.counters),
            faults: proxy.faults.clone(),
            sets: proxy.faults.subscribe(),
            stop: proxy.stop.clone(),
            tasks: proxy.tasks.clone(),
        };
        proxy.tasks.spawn(accepting.run());
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

    /// Returns its faults, to lay, change and lift them.
    pub fn faults(&self) -> &Faults {
        &self.faults
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

/// State of the task that accepts connections, and lifts faults whose time is over.
struct Accepting {
    door: Door,
    upstream: Upstream,
    counters: Arc<Counters>,
    faults: Faults,
    sets: watch::Receiver<Arc<Set>>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Accepting {
    async fn run(mut self) {
        let stop = self.stop.clone();
        tokio::select! {
            biased;
            () = stop.cancelled() => {}
            () = self.accept() => {}
        }
    }

    async fn accept(&mut self) {
        let mut refusals = Refusals::default();
        loop {
            let set = Arc::clone(&self.sets.borrow_and_update());
            let refusing = Refusals::of(&set);
            let over = async {
                match set.expires() {
                    Some(at) => sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                _ = self.sets.changed() => {}
                () = over => self.faults.lift_expired(),
                () = async {
                    self.door.turn(!refusing.is_empty()).await;
                    refusals.note(&self.faults, refusing);
                    loop {
                        let client = self.door.accept().await;
                        // Numbered here, in the order of arrival. Dialled in a task of its own: an upstream that
                        // does not answer must not delay other connections.
                        let watched = Watched::new(&self.faults);
                        let (upstream, counters) = (self.upstream.clone(), Arc::clone(&self.counters));
                        self.tasks.spawn(serve(client, upstream, counters, watched, self.stop.clone()));
                    }
                } => {}
            }
        }
    }
}

/// Decisions about `refuse` that were recorded.
#[derive(Default)]
struct Refusals(Vec<(u64, String, Outcome)>);

impl Refusals {
    /// Returns what is to be recorded about a set once the address is closed; nothing if it is to be open.
    fn of(set: &Set) -> Vec<(u64, String, Outcome)> {
        let mut first: Option<String> = None;
        let mut decisions = Vec::new();
        for standing in &set.standing {
            if matches!(standing.fault.does(), Effect::Refuse(_)) {
                let name = standing.fault.name().to_owned();
                let outcome = match first.clone() {
                    Some(by) => Outcome::Masked { by },
                    None => Outcome::Fired,
                };
                first.get_or_insert_with(|| name.clone());
                decisions.push((standing.laid, name, outcome));
            }
        }
        decisions
    }

    fn note(&mut self, faults: &Faults, decisions: Vec<(u64, String, Outcome)>) {
        for decision in decisions.iter().filter(|decision| !self.0.contains(decision)) {
            let (_, name, outcome) = decision;
            faults.note(name, (0, 0), outcome.clone());
        }
        self.0 = decisions;
    }
}

async fn serve(
    client: TcpStream,
    upstream: Upstream,
    counters: Arc<Counters>,
    watched: Watched,
    stop: CancellationToken,
) {
    counters.connections.fetch_add(1, Relaxed);
    counters.open.fetch_add(1, Relaxed);
    tokio::select! {
        biased;
        () = stop.cancelled() => {}
        () = forward(client, &upstream, &counters, watched) => {}
    }
    counters.open.fetch_sub(1, Relaxed);
}
