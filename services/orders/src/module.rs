use std::{fmt, sync::Arc};

use commerce::{EventFeed, Inventory, Orders, Payments, http};
use shared::{Environment, Module, StartError, Worker, idempotency::Command, settings::standard};

use crate::{
    SOURCE,
    creation::Creation,
    debts::{Refunder, Releaser},
    follow_payments::FollowPayments,
    migrations::MIGRATIONS,
    service::Service,
};

/// What the module needs of others.
#[derive(Clone)]
pub struct Needs {
    /// Reserves stock for new orders.
    pub inventory: Arc<dyn Inventory>,
    /// Says what is paid, and gives money back.
    pub payments: Arc<dyn Payments>,
    /// Says when an order is paid.
    pub payments_feed: Arc<dyn EventFeed>,
}

impl fmt::Debug for Needs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Needs(inventory, payments)")
    }
}

/// Opens the module: its database, its contract, its workers and its subscription to Payments.
///
/// It reads the settings `DATABASE_URL`, `CALL_TIMEOUT_MS` and `LEASE_MS`.
pub async fn open(env: &Environment, needs: Needs) -> Result<Module<dyn Orders>, StartError> {
    let db = env.database(SOURCE, MIGRATIONS).await?;
    let patience = env.settings.get(&standard::CALL_TIMEOUT_MS)?;
    let lease = env.settings.get(&standard::LEASE_MS)?;
    let (releaser, refunder) = (Worker::idle(), Worker::idle());
    let creation = Creation {
        inventory: Arc::clone(&needs.inventory),
        patience,
        releaser: releaser.clone(),
    };
    let service: Arc<dyn Orders> = Arc::new(Service {
        db: db.clone(),
        creation: Command::start(&db, lease, &env.tasks, creation),
        payments: Arc::clone(&needs.payments),
        patience,
        refunder: refunder.clone(),
    });
    let releases = Releaser {
        db: db.clone(),
        inventory: needs.inventory,
        patience,
    };
    releaser.run("orders.releaser", &env.tasks, releases);
    let refunds = Refunder {
        db: db.clone(),
        payments: needs.payments,
        patience,
    };
    refunder.run("orders.refunder", &env.tasks, refunds);
    let handler = FollowPayments::new(&db, &refunder);
    let payments = env.follow("orders.payments", needs.payments_feed, &db, handler);
    Ok(Module::new(SOURCE, db, service, http::orders::router, vec![payments]))
}
