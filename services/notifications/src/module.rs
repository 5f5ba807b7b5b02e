use std::{fmt, sync::Arc};

use commerce::{EventFeed, Notifications, http};
use shared::{
    Environment, Module, StartError,
    handover::HandoverStore,
    idempotency::Command,
    settings::{Declared, optional, required, standard},
};

use crate::{
    SOURCE, dispatcher::Dispatcher, follow_orders::FollowOrders, follow_payments::FollowPayments, handover,
    mailer::Mailer, migrations::MIGRATIONS, notifier::Notifier, pusher::Pusher, sending::Sending, service::Service,
};

/// Settings that [`open`] reads.
pub const SETTINGS: &[Declared] = &[
    optional(&standard::DATABASE_URL),
    required(&standard::SMTP_ADDRESS),
    required(&standard::PUSH_URL),
    optional(&standard::CALL_TIMEOUT_MS),
    optional(&standard::LEASE_MS),
];

/// The module's neighbours.
#[derive(Clone)]
pub struct Dependencies {
    /// The log of Orders.
    pub orders_feed: Arc<dyn EventFeed>,
    /// The log of Payments.
    pub payments_feed: Arc<dyn EventFeed>,
}

impl Dependencies {
    /// Settings that [`Dependencies::over_http`] reads.
    pub const SETTINGS: &[Declared] = &[
        required(&standard::ORDERS_URL),
        required(&standard::PAYMENTS_URL),
        optional(&standard::CALL_TIMEOUT_MS),
    ];

    /// The neighbours as services of their own, at the URLs of the settings.
    pub fn over_http(env: &Environment) -> Result<Self, StartError> {
        let orders = env.needed_socket(&standard::ORDERS_URL)?;
        let payments = env.needed_socket(&standard::PAYMENTS_URL)?;
        Ok(Self {
            orders_feed: env.feed("orders", orders),
            payments_feed: env.feed("payments", payments),
        })
    }
}

impl fmt::Debug for Dependencies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Dependencies(orders feed, payments feed)")
    }
}

/// Opens the module: its database, its contract, its channels and its subscriptions to Orders and Payments.
///
/// A mail or push message takes `CALL_TIMEOUT_MS` at most.
pub async fn open(env: &Environment, dependencies: Dependencies) -> Result<Module<dyn Notifications>, StartError> {
    let dispatcher = Arc::new(dispatcher(env)?);
    let db = env.database(SOURCE, MIGRATIONS).await?;
    let lease = env.settings.get(&standard::LEASE_MS)?;
    let sending = Sending {
        dispatcher: Arc::clone(&dispatcher),
    };
    let service: Arc<dyn Notifications> = Arc::new(Service {
        db: db.clone(),
        sending: Command::start(&db, lease, &env.tasks, sending),
    });
    let notifier = Notifier {
        db: db.clone(),
        dispatcher,
    };
    let handler = FollowOrders {
        notifier: notifier.clone(),
    };
    let orders = env.follow("notifications.orders", dependencies.orders_feed, &db, handler);
    let handler = FollowPayments { notifier };
    let payments = env.follow("notifications.payments", dependencies.payments_feed, &db, handler);
    let followed = vec![orders, payments];
    let store = HandoverStore::new(db.clone(), handover::SETS);
    let module = Module::new(SOURCE, db, service, http::notifications::router, followed);
    Ok(module.handing_over(store))
}

fn dispatcher(env: &Environment) -> Result<Dispatcher, StartError> {
    let (host, port) = env.settings.get(&standard::SMTP_ADDRESS)?;
    let limit = env.settings.get(&standard::CALL_TIMEOUT_MS)?;
    let pusher = Pusher::new(env.needed_socket(&standard::PUSH_URL)?);
    Ok(Dispatcher::new(Mailer::new(&host, port, limit)?, pusher))
}
