use std::{sync::Arc, time::Duration};

use commerce::{EventFeed, http::feed};
use seam::{
    Contract,
    http::{BearerToken, Socket, SocketLimits},
    meter::{Meters, ModuleMeter},
    time,
};

use crate::{
    Database, DutyKeeper, Health, Migration, Neighbour, Settings, SettingsError, StartError, Tasks, Worker,
    database::Inspection,
    events::{
        Delivery, Handler, HandlerError, Subscription, SubscriptionHandle,
        nats::{Broker, NatsFeed, Relay},
    },
    idempotency::Retention,
    links::Links,
    server::Requests,
    settings::{Setting, standard},
};

/// A handler of events whose work is measured as that of its module.
struct Timed<H> {
    handler: H,
    meter: Arc<ModuleMeter>,
}

#[seam::async_trait]
impl<H: Handler> Handler for Timed<H> {
    async fn handle(&self, delivery: Delivery) -> Result<(), HandlerError> {
        let begun = time::monotonic();
        let handled = self.handler.handle(delivery).await;
        self.meter.handled(begun.elapsed());
        handled
    }
}

/// Calls of which one is looked into. That takes 5.5 us in an unoptimised build, and counting a call 1 us, so that each
/// call pays 1.1 us.
const LOOKED_INTO: u64 = 64;

/// Everything that a module is opened with; all modules of a process share it.
#[derive(Clone, Debug)]
pub struct Environment {
    /// Settings of the process.
    pub settings: Settings,
    /// Background tasks of the process.
    pub tasks: Tasks,
    /// Readiness checks of the process.
    pub health: Health,
    /// Links to other services.
    pub(crate) links: Links,
    /// Meters of the calls between modules, and of the requests to each.
    pub(crate) meters: Meters,
    /// Requests that the server works on.
    pub(crate) requests: Requests,
    /// The broker that carries events between processes, if there is one.
    broker: Option<Broker>,
}

impl Environment {
    /// An environment with these settings, no tasks and no checks.
    pub fn new(settings: Settings) -> Self {
        // A value that can't be used is refused when the server binds.
        let requests = Requests::new(settings.get(&standard::REQUESTS).unwrap_or(usize::MAX));
        let broker = broker(&settings);
        Self {
            settings,
            tasks: Tasks::new(),
            health: Health::new(),
            links: Links::default(),
            meters: Meters::default(),
            requests,
            broker,
        }
    }

    /// Opens the module's database at `DATABASE_URL` and adds the readiness check `<module>.database`.
    ///
    /// Starts the tasks `<module>.retention`, which deletes stored replies to idempotent commands after 30 days, and
    /// `<module>.inspection`, which looks for damage of the file. With a broker at `NATS_URL`, starts `<module>.relay`
    /// too, which publishes the module's log there; readiness shows whether it can.
    pub async fn database(
        &self,
        module: &'static str,
        migrations: &'static [Migration],
    ) -> Result<Database, StartError> {
        let url = self.settings.get(&standard::DATABASE_URL)?;
        let db = Database::open(&url, module, migrations).await?;
        let checked = db.clone();
        self.health.add_async(format!("{module}.database"), move || {
            let db = checked.clone();
            async move {
                db.check().await.map_err(|error| {
                    tracing::error!(module = db.module(), %error, "database is not ready");
                    error.for_anybody().to_owned()
                })
            }
        });
        let retention = Retention { db: db.clone() };
        Worker::start(&format!("{module}.retention"), &self.tasks, retention);
        let inspection = Inspection { db: db.clone() };
        Worker::start(&format!("{module}.inspection"), &self.tasks, inspection);
        if let Some(broker) = &self.broker {
            let relay = Relay::start(broker, &db, module, &self.tasks);
            self.health.watch(format!("{module}.relay"), move || relay.check());
        }
        Ok(db)
    }

    /// The token of the operators, in `ADMIN_TOKEN`; `None` if it is not set. Fails, without showing it, if it can be
    /// guessed.
    pub fn admin_token(&self) -> Result<Option<BearerToken>, StartError> {
        let token = self.settings.find(&standard::ADMIN_TOKEN)?;
        let token = token.map(|token| BearerToken::new(token.exposed())).transpose();
        token.map_err(|weak| StartError::Other(format!("{}: {weak}", standard::ADMIN_TOKEN.name)))
    }

    /// The duty to act that is stored in the database. With `STANDS_BY`, a new database stands by.
    pub async fn duty(&self, db: &Database) -> Result<DutyKeeper, StartError> {
        let duty = DutyKeeper::new(db.clone());
        if self.settings.get(&standard::STANDS_BY)? {
            duty.stand_by_if_new().await?;
        }
        Ok(duty)
    }

    /// The event log of the module `name`, which runs in another process: from the broker at `NATS_URL` if that is set,
    /// else from the module over HTTP.
    pub fn feed(&self, name: &str, socket: Arc<Socket>) -> Arc<dyn EventFeed> {
        match &self.broker {
            Some(broker) => Arc::new(NatsFeed::new(broker.clone(), name)),
            None => Arc::new(feed::Client::new(name, socket)),
        }
    }

    /// Starts a subscription and shows in readiness, under the same name, whether it makes progress. One that does not,
    /// because the feed or something that a handler needs is away, makes the process degraded, not unready: what it
    /// serves still works. See [`Subscription::start`].
    pub fn follow(
        &self,
        name: &str,
        feed: Arc<dyn EventFeed>,
        db: &Database,
        handler: impl Handler,
    ) -> SubscriptionHandle {
        let handler = Timed {
            handler,
            meter: self.meters.module(db.module()),
        };
        let subscription = Subscription::start(name, feed, db, Arc::new(handler), &self.tasks);
        let checked = subscription.clone();
        self.health.watch(name, move || checked.readiness());
        subscription
    }

    /// Wraps another module for calls from the module `from`, each of which takes `CALL_TIMEOUT_MS` at most. See
    /// [`Neighbour`]. The calls are measured, wherever the other module runs: `/meters` shows the figures.
    pub fn neighbour<C: Contract + ?Sized>(&self, from: &str, service: Arc<C>) -> Result<Arc<C>, SettingsError> {
        let limit = self.settings.get(&standard::CALL_TIMEOUT_MS)?;
        let neighbour = Neighbour::of(service, limit).into_service();
        Ok(self.meters.metered(from, neighbour, LOOKED_INTO))
    }

    /// A transport as [`Environment::socket`] makes it, for a setting that is required: fails if it is not set.
    pub fn needed_socket(&self, url: &Setting<String>) -> Result<Arc<Socket>, StartError> {
        let missing = SettingsError::Missing {
            name: url.name,
            form: url.form,
        };
        self.socket(url)?.ok_or_else(|| missing.into())
    }

    /// A transport to the service whose base URL the setting holds, with `CALL_TIMEOUT_MS` as the limit of a call.
    /// `None` if it is not set.
    pub fn socket(&self, url: &Setting<String>) -> Result<Option<Arc<Socket>>, StartError> {
        let Some(base) = self.settings.find(url)? else {
            return Ok(None);
        };
        let answer = self.settings.get(&standard::CALL_TIMEOUT_MS)?;
        let limits = SocketLimits {
            connect: answer.min(Duration::from_secs(1)),
            answer,
            ..SocketLimits::default()
        };
        let socket = Socket::new(&base, limits).map_err(|error| StartError::Other(error.to_string()))?;
        Ok(Some(Arc::new(socket)))
    }
}

/// The broker of the settings, which were checked when they were read.
fn broker(settings: &Settings) -> Option<Broker> {
    let url = settings.find(&standard::NATS_URL).ok()??;
    let prefix = settings.get(&standard::NATS_PREFIX).ok()?;
    Broker::new(&url, &prefix).ok()
}
