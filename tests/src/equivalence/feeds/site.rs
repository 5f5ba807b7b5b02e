use std::{
    fmt,
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
};

use commerce::{EventFeed, RecordedEvent, http::feed};
use seam::http::{InProcess, Transport};
use serde::{Deserialize, Serialize};
use shared::{
    Database, Engine, Environment, Module, Settings,
    events::{LocalFeed, nats::Relay},
    server,
    settings::{Declared, optional, standard},
};
use sqlx::Row;
use tokio::{
    sync::{oneshot, watch},
    task::{JoinHandle, JoinSet},
};

use super::{
    Store,
    channel::Channel,
    cut::Way,
    process::{End, Process},
};

use crate::Nats;

/// The module that owns the log.
pub(super) const MODULE: &str = "orders";

const DECLARED: &[Declared] = &[optional(&standard::LISTEN), optional(&standard::DRAIN_MS)];

/// The port on which a module listens when it starts again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Port {
    /// The previous port, unless another process has taken it meanwhile.
    Same,
    /// Any other free port.
    New,
}

/// A module with a log. It can stop and start again on another port.
pub struct Site {
    url: String,
    channel: Option<Channel>,
    running: watch::Sender<Option<Arc<Running>>>,
    process: Mutex<Option<Served>>,
    last: Mutex<Option<SocketAddr>>,
    committed: AtomicI64,
}

/// The parts of a running module.
pub(super) struct Running {
    /// Handles on the module's database; several where the engine notifies readers in other processes.
    pub(super) databases: Vec<Database>,
    pub(super) feed: Arc<dyn EventFeed>,
    pub(super) router: Arc<dyn Transport>,
    address: SocketAddr,
    _way: Option<Way>,
}

struct Served {
    process: Process,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<()>,
}

impl Site {
    /// Creates a module that is not running yet, with its log in the database at `url`, which it publishes to
    /// the broker if there is one.
    pub(super) fn new(url: String, broker: Option<&Arc<Nats>>) -> Self {
        Self {
            url,
            channel: broker.map(Channel::on),
            running: watch::Sender::new(None),
            process: Mutex::default(),
            last: Mutex::default(),
            committed: AtomicI64::new(0),
        }
    }

    /// Opens the database and starts the server.
    pub(super) async fn start(&self, port: Port) -> Result<(), String> {
        let process = Process::new()?;
        let last = (*lock(&self.last)).filter(|_| port == Port::Same);
        let (running, server) = process
            .run(open(self.url.clone(), self.channel.clone(), last))
            .await??;
        let (stop, told) = oneshot::channel();
        let serving = process.spawn(async move {
            // Errors during the drain are covered by the suites of `shared`.
            let _ = server.serve(async { drop(told.await) }).await;
        });
        *lock(&self.last) = Some(running.address);
        *lock(&self.process) = Some(Served { process, stop, serving });
        self.running.send_replace(Some(Arc::new(running)));
        Ok(())
    }

    /// Stops the module; reads fail from now on.
    pub(super) async fn end(&self, end: End) {
        let served = lock(&self.process).take();
        let Some(Served { process, stop, serving }) = served else {
            return;
        };
        if end == End::Clean {
            drop(stop);
            let _ = serving.await;
            for store in self.stores() {
                store.db.close().await;
            }
        }
        self.running.send_replace(None);
        process.kill().await;
    }

    /// Runs `work` in the module's process.
    pub(super) fn spawn<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<JoinHandle<T>, String> {
        let process = lock(&self.process);
        let served = process.as_ref().ok_or("the module does not run")?;
        Ok(served.process.spawn(work))
    }

    /// The broker that the module publishes to.
    pub(super) fn channel(&self) -> Option<&Channel> {
        self.channel.as_ref()
    }

    pub(super) fn running(&self) -> Option<Arc<Running>> {
        self.running.borrow().clone()
    }

    /// The module's stores; empty if it is not running.
    pub(super) fn stores(&self) -> Vec<Store> {
        let running = self.running();
        let databases = running.iter().flat_map(|running| &running.databases);
        let store = |db: &Database| Store {
            db: db.clone(),
            url: self.url.clone(),
        };
        databases.map(store).collect()
    }

    /// The address on which the module listens; `None` if it is not running.
    pub(super) fn address(&self) -> Option<SocketAddr> {
        self.running().map(|running| running.address)
    }

    /// Calls the running module in its own process, as a request would; gives up when the module ends.
    ///
    /// In the caller's process the module's pool would keep connections that end with the caller.
    pub(super) async fn while_it_runs<T, F>(&self, ask: impl FnOnce(Arc<Running>) -> F) -> Result<T, String>
    where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        let mut watched = self.running.subscribe();
        let running = watched.borrow_and_update().clone();
        let running = running.ok_or("the module does not run")?;
        // Dropping the caller drops the request too.
        let mut asked = JoinSet::new();
        self.ask_process(&mut asked, ask(running))?;
        tokio::select! {
            answer = asked.join_next() => match answer {
                Some(Ok(answer)) => Ok(answer),
                Some(Err(ended)) => Err(format!("the module has ended: {ended}")),
                None => Err("nothing was asked".to_owned()),
            },
            _ = watched.changed() => Err("the module has ended".to_owned()),
        }
    }

    fn ask_process<T: Send + 'static>(
        &self,
        asked: &mut JoinSet<T>,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<(), String> {
        let process = lock(&self.process);
        let served = process.as_ref().ok_or("the module does not run")?;
        served.process.spawn_in(asked, work);
        Ok(())
    }

    /// Reads the durable log directly, without any adapter.
    pub(super) async fn log(&self) -> Result<Vec<RecordedEvent>, String> {
        let rows = self.while_it_runs(|running| async move {
            sqlx::query("SELECT position, event FROM events ORDER BY position")
                .fetch_all(running.databases[0].readers())
                .await
        });
        let rows = rows.await?.map_err(|error| error.to_string())?;
        let recorded = rows.iter().map(|row| {
            Ok(RecordedEvent {
                position: row.get("position"),
                event: serde_json::from_str(row.get("event"))?,
            })
        });
        recorded
            .collect::<Result<_, serde_json::Error>>()
            .map_err(|error| error.to_string())
    }

    /// Notes that everything up to this position was committed and confirmed to its writer.
    pub(super) fn note_committed(&self, position: i64) {
        self.committed.fetch_max(position, Ordering::SeqCst);
    }

    /// The last position that a read which starts now must include.
    pub(super) fn committed(&self) -> i64 {
        self.committed.load(Ordering::SeqCst)
    }
}

async fn open(
    url: String,
    channel: Option<Channel>,
    last: Option<SocketAddr>,
) -> Result<(Running, server::Server), String> {
    let db = database(&url).await?;
    let mut databases = vec![db.clone()];
    if db.engine() == Engine::Postgres {
        databases.push(database(&url).await?);
    }
    let feed: Arc<dyn EventFeed> = Arc::new(LocalFeed::new(&db));
    let relayed = db.clone();
    let module = Module {
        name: MODULE,
        service: Arc::new(()),
        feed: Arc::clone(&feed),
        router: feed::router(MODULE, Arc::clone(&feed)),
        database: db,
        subscriptions: Vec::new(),
        given_up: Vec::new(),
        handover: None,
    };
    let listening = match last {
        Some(last) => listen(&module, &last.to_string()).await,
        None => Err("nowhere yet".to_owned()),
    };
    let (environment, server) = match listening {
        Ok(listening) => listening,
        Err(_) => listen(&module, "127.0.0.1:0").await?,
    };
    let way = match channel {
        Some(channel) => {
            let (broker, way) = channel.connect(&Arc::default())?;
            Relay::start(&broker, &relayed, MODULE, &environment.tasks);
            Some(way)
        }
        None => None,
    };
    let router = server::router(&environment, &vec![module.mount()].into());
    let running = Running {
        databases,
        feed,
        router: Arc::new(InProcess::new(router)),
        address: server.address(),
        _way: way,
    };
    Ok((running, server))
}

async fn database(url: &str) -> Result<Database, String> {
    let opened = Database::open(url, MODULE, &[]).await;
    opened.map_err(|error| format!("the module's database does not open: {error}"))
}

async fn listen(module: &Module<()>, at: &str) -> Result<(Environment, server::Server), String> {
    let settings = Settings::from_pairs(DECLARED, [("LISTEN", at), ("DRAIN_MS", "2000")]);
    let environment = Environment::new(settings.map_err(|error| error.to_string())?);
    let bound = server::bind(environment.clone(), vec![module.mount()]).await;
    Ok((environment, bound.map_err(|error| error.to_string())?))
}

impl fmt::Debug for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Site({:?})", self.address())
    }
}

fn lock<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
}
