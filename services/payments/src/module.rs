use std::{fmt, sync::Arc};

use commerce::{EventFeed, Orders, Payments, http};
use shared::{
    Environment, Module, StartError,
    handover::HandoverStore,
    settings::{Declared, optional, required, standard},
};

use crate::{
    SOURCE,
    charging::Charging,
    dispatch::{Dispatch, Workshop},
    follow_orders::FollowOrders,
    given_up::GivenUpHolds,
    handover,
    letting_go::LettingGo,
    migrations::MIGRATIONS,
    pace::Pace,
    provider::{HttpProvider, Provider},
    refunding::Refunding,
    service::Service,
    waiters::Waiters,
};

/// Settings that [`open`] reads.
pub const SETTINGS: &[Declared] = &[
    optional(&standard::DATABASE_URL),
    required(&standard::PROVIDER_URL),
    optional(&standard::CALL_TIMEOUT_MS),
    optional(&standard::STANDS_BY),
];

/// The module's neighbours.
#[derive(Clone)]
pub struct Dependencies {
    /// Orders, which knows the amount and the payment method of an order.
    pub orders: Arc<dyn Orders>,
    /// The log of Orders.
    pub orders_feed: Arc<dyn EventFeed>,
}

impl Dependencies {
    /// Settings that [`Dependencies::over_http`] reads, beside [`LINK_SETTINGS`](shared::LINK_SETTINGS).
    pub const SETTINGS: &[Declared] = &[required(&standard::ORDERS_URL), optional(&standard::CALL_TIMEOUT_MS)];

    /// The neighbours as services of their own, at the URLs of the settings.
    pub fn over_http(env: &Environment) -> Result<Self, StartError> {
        let orders = env.needed_socket(&standard::ORDERS_URL)?;
        Ok(Self {
            orders: env.link::<dyn Orders>(Arc::new(http::orders::Client::new(Arc::clone(&orders))))?,
            orders_feed: env.feed("orders", orders),
        })
    }
}

impl fmt::Debug for Dependencies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Dependencies(orders, orders feed)")
    }
}

/// Opens the module with the payment provider at `PROVIDER_URL`: its database, its contract, its work at the
/// provider and its subscription to Orders.
///
/// Calls to neighbours and to the provider take `CALL_TIMEOUT_MS` at most.
pub async fn open(env: &Environment, dependencies: Dependencies) -> Result<Module<dyn Payments>, StartError> {
    let provider = HttpProvider::new(env.needed_socket(&standard::PROVIDER_URL)?);
    open_with(env, dependencies, Arc::new(provider)).await
}

/// Opens the module with a payment provider of the caller's.
pub async fn open_with(
    env: &Environment,
    dependencies: Dependencies,
    provider: Arc<dyn Provider>,
) -> Result<Module<dyn Payments>, StartError> {
    let orders = env.neighbour(SOURCE, dependencies.orders)?;
    let limit = env.settings.get(&standard::CALL_TIMEOUT_MS)?;
    let db = env.database(SOURCE, MIGRATIONS).await?;
    let waiters = Waiters::default();
    let pace = Pace::new();
    let provider = pace.of(provider);
    let duty = env.duty(&db).await?;
    let dispatch = Dispatch::new(waiters.clone(), pace);
    let charging = Charging {
        db: db.clone(),
        provider: Arc::clone(&provider),
        orders: Arc::clone(&orders),
    };
    let refunding = Refunding {
        db: db.clone(),
        provider: Arc::clone(&provider),
    };
    let letting_go = LettingGo {
        db: db.clone(),
        provider,
    };
    let workshop = Workshop {
        db: db.clone(),
        duty: duty.clone(),
        charging,
        refunding,
        letting_go,
    };
    dispatch.run(&env.tasks, workshop);
    let checked = dispatch.clone();
    // Shown, but no reason to be unready: without the provider, payments are stored and wait.
    env.health.watch("payments.dispatch", move || {
        let hidden = |_in_the_log| "due payments can't be looked up now".to_owned();
        checked.check().map_err(hidden)
    });

    let handler = FollowOrders {
        db: db.clone(),
        orders: Arc::clone(&orders),
        dispatch: dispatch.clone(),
    };
    let subscription = env.follow("payments.orders", dependencies.orders_feed, &db, handler);
    let woken = dispatch.clone();
    let store = HandoverStore::new(db.clone(), handover::SETS).on_duty(duty, move || woken.wake());
    let given_up = GivenUpHolds {
        db: db.clone(),
        dispatch: dispatch.clone(),
    };
    let service: Arc<dyn Payments> = Arc::new(Service {
        db: db.clone(),
        orders,
        dispatch,
        waiters,
        limit,
    });
    let module = Module::new(SOURCE, db, service, http::payments::router, vec![subscription]);
    let module = module.giving_up(vec![Arc::new(given_up)]);
    Ok(module.handing_over(store))
}
