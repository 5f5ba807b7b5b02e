use std::{fmt, sync::Arc};

use commerce::{EventFeed, Notifications, http};
use shared::{Environment, Module, SettingsError, StartError, idempotency::Command, settings::standard};

use crate::{
    SOURCE,
    courier::Courier,
    follow::{FollowOrders, FollowPayments, Teller},
    mailer::Mailer,
    migrations::MIGRATIONS,
    pusher::Pusher,
    sending::Sending,
    service::Service,
};

/// What the module needs of others.
#[derive(Clone)]
pub struct Dependencies {
    /// Says what happens to orders.
    pub order_events: Arc<dyn EventFeed>,
    /// Says what happens to payments.
    pub payment_events: Arc<dyn EventFeed>,
}

impl fmt::Debug for Dependencies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Dependencies(order events, payment events)")
    }
}

/// Opens the module: its database, its contract, its channels and its subscriptions to Orders and Payments.
///
/// It reads the settings `DATABASE_URL`, `SMTP_ADDRESS`, `PUSH_URL`, `CALL_TIMEOUT_MS` and `LEASE_MS`.
pub async fn open(env: &Environment, needs: Dependencies) -> Result<Module<dyn Notifications>, StartError> {
    let courier = Arc::new(courier(env)?);
    let db = env.database(SOURCE, MIGRATIONS).await?;
    let lease = env.settings.get(&standard::LEASE_MS)?;
    let sending = Sending {
        courier: Arc::clone(&courier),
    };
    let sending = Command::start(&db, lease, &env.tasks, sending);
    let teller = Teller {
        db: db.clone(),
        courier,
    };
    let orders = FollowOrders(teller.clone());
    let subscriptions = vec![
        env.follow("notifications.orders", needs.order_events, &db, orders),
        env.follow(
            "notifications.payments",
            needs.payment_events,
            &db,
            FollowPayments(teller),
        ),
    ];
    let service: Arc<dyn Notifications> = Arc::new(Service {
        db: db.clone(),
        sending,
    });
    Ok(Module::new(
        SOURCE,
        db,
        service,
        http::notifications::router,
        subscriptions,
    ))
}

fn courier(env: &Environment) -> Result<Courier, StartError> {
    let smtp = &standard::SMTP_ADDRESS;
    let missing = SettingsError::Missing {
        name: smtp.name,
        form: smtp.form,
    };
    let (host, port) = env.settings.find(smtp)?.ok_or(missing)?;
    let patience = env.settings.get(&standard::CALL_TIMEOUT_MS)?;
    let pusher = Pusher::new(env.needed_socket(&standard::PUSH_URL)?);
    Ok(Courier::new(Mailer::new(&host, port, patience)?, pusher))
}
