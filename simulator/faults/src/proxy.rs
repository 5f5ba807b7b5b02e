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
    gate: watch::Sender<Gate>,
    passed: watch::Receiver<u64>,
    cuts: watch::Sender<()>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

/// Wish for the address to be open or closed, and the number of wishes so far.
#[derive(Debug, Clone, Copy)]
struct Gate {
    is_open: bool,
    number: u64,
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
        let (passes, passed) = watch::channel(0);
        let proxy = Self {
            address: door.address(),
            counters: Arc::default(),
            faults,
            gate: watch::Sender::new(Gate {
                is_open: true,
                number: 0,
            }),
            passed,
            cuts: watch::Sender::new(()),
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
        };
        let accepting = Accepting {
            door,
            upstream,
            counters: Arc::clone(&proxy.counters),
            faults: proxy.faults.clone(),
            sets: proxy.faults.subscribe(),
            gate: proxy.gate.subscribe(),
            passes,
            cuts: proxy.cuts.subscribe(),
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

    /// Closes the address and cuts every connection, or opens the address again; returns when that is done. A closed
    /// address refuses connections, and the system gives it to nobody who asks for a free port. It opens only when no
    /// `refuse` is laid. Never returns while another process, which asked for this very address, has it.
    pub async fn set_open(&self, is_open: bool) {
        let mut number = 0;
        self.gate.send_modify(|gate| {
            number = gate.number + 1;
            *gate = Gate { is_open, number };
        });
        // An error says that it is closed for good.
        let _ = self.passed.clone().wait_for(|passed| *passed >= number).await;
        if !is_open {
            self.cut();
        }
    }

    /// Cuts every connection. New ones are accepted.
    pub fn cut(&self) {
        self.cuts.send_replace(());
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
    gate: watch::Receiver<Gate>,
    /// Tells the number of the last wish that was carried out.
    passes: watch::Sender<u64>,
    cuts: watch::Receiver<()>,
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
            let gate = *self.gate.borrow_and_update();
            let over = async {
                match set.expires() {
                    Some(at) => sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                _ = self.sets.changed() => {}
                _ = self.gate.changed() => {}
                () = over => self.faults.lift_expired(),
                () = async {
                    self.door.turn(!refusing.is_empty() || !gate.is_open).await;
                    refusals.note(&self.faults, refusing);
                    self.passes.send_replace(gate.number);
                    loop {
                        let client = self.door.accept().await;
                        // Numbered here, in the order of arrival. Dialled in a task of its own: an upstream that
                        // does not answer must not delay other connections.
                        let watched = Watched::new(&self.faults);
                        let (upstream, counters) = (self.upstream.clone(), Arc::clone(&self.counters));
                        let mut cuts = self.cuts.clone();
                        cuts.mark_unchanged();
                        let end = (self.stop.clone(), cuts);
                        self.tasks.spawn(serve(client, upstream, counters, watched, end));
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
    (stop, mut cuts): (CancellationToken, watch::Receiver<()>),
) {
    counters.connections.fetch_add(1, Relaxed);
    counters.open.fetch_add(1, Relaxed);
    tokio::select! {
        biased;
        () = stop.cancelled() => {}
        // An error says that the proxy is dropped, which has stopped it.
        _ = cuts.changed() => {}
        () = forward(client, &upstream, &counters, watched) => {}
    }
    counters.open.fetch_sub(1, Relaxed);
}
