use std::{fmt, sync::Arc};

use commerce::{EventFeed, Inventory, Orders, Payments, http};
use shared::{
    Environment, Module, StartError, Worker,
    idempotency::Command,
    settings::{Declared, optional, required, standard},
};

use crate::{
    SOURCE,
    compensations::{Refunds, Releases},
    creation::Creation,
    follow_payments::FollowPayments,
    given_up::GivenUpRefunds,
    migrations::MIGRATIONS,
    service::Service,
};

/// Settings that [`open`] reads.
pub const SETTINGS: &[Declared] = &[
    optional(&standard::DATABASE_URL),
    optional(&standard::CALL_TIMEOUT_MS),
    optional(&standard::LEASE_MS),
];

/// The module's neighbours.
#[derive(Clone)]
pub struct Dependencies {
    /// Inventory, which reserves stock for new orders.
    pub inventory: Arc<dyn Inventory>,
    /// Payments, which knows the payments of an order and refunds them.
    pub payments: Arc<dyn Payments>,
    /// The log of Payments.
    pub payments_feed: Arc<dyn EventFeed>,
}

impl Dependencies {
    /// Settings that [`Dependencies::over_http`] reads, beside [`LINK_SETTINGS`](shared::LINK_SETTINGS).
    pub const SETTINGS: &[Declared] = &[
        required(&standard::INVENTORY_URL),
        required(&standard::PAYMENTS_URL),
        optional(&standard::CALL_TIMEOUT_MS),
    ];

    /// The neighbours as services of their own, at the URLs of the settings.
    pub fn over_http(env: &Environment) -> Result<Self, StartError> {
        let inventory = env.needed_socket(&standard::INVENTORY_URL)?;
        let payments = env.needed_socket(&standard::PAYMENTS_URL)?;
        Ok(Self {
            inventory: env.link::<dyn Inventory>(Arc::new(http::inventory::Client::new(inventory)))?,
            payments: env.link::<dyn Payments>(Arc::new(http::payments::Client::new(Arc::clone(&payments))))?,
            payments_feed: env.feed("payments", payments),
        })
    }
}

impl fmt::Debug for Dependencies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Dependencies(inventory, payments, payments feed)")
    }
}

/// Opens the module: its database, its contract, its workers and its subscription to Payments.
///
/// Calls to neighbours take `CALL_TIMEOUT_MS` at most.
pub async fn open(env: &Environment, dependencies: Dependencies) -> Result<Module<dyn Orders>, StartError> {
    let inventory = env.neighbour(SOURCE, dependencies.inventory)?;
    let payments = env.neighbour(SOURCE, dependencies.payments)?;
    let db = env.database(SOURCE, MIGRATIONS).await?;
    let lease = env.settings.get(&standard::LEASE_MS)?;
    let (release_worker, refund_worker) = (Worker::idle(), Worker::idle());
    let creation = Creation {
        inventory: Arc::clone(&inventory),
        release_worker: release_worker.clone(),
    };
    let service: Arc<dyn Orders> = Arc::new(Service {
        db: db.clone(),
        creation: Command::start(&db, lease, &env.tasks, creation),
        payments: Arc::clone(&payments),
        refund_worker: refund_worker.clone(),
    });
    // The names of the workers are also the callers that Inventory and Payments see: the keys of refunds belong to
    // them, so another name would make a refund that is under way a second one.
    let releases = Releases {
        db: db.clone(),
        inventory,
    };
    release_worker.run("orders.releaser", &env.tasks, releases);
    let refunds = Refunds {
        db: db.clone(),
        payments,
    };
    refund_worker.run("orders.refunder", &env.tasks, refunds);
    let handler = FollowPayments {
        db: db.clone(),
        refund_worker: refund_worker.clone(),
    };
    let payments = env.follow("orders.payments", dependencies.payments_feed, &db, handler);
    let given_up = GivenUpRefunds {
        db: db.clone(),
        refund_worker,
    };
    let module = Module::new(SOURCE, db, service, http::orders::router, vec![payments]);
    Ok(module.giving_up(vec![Arc::new(given_up)]))
}
