use std::{fmt, sync::Arc};

use commerce::{EventFeed, Inventory, http};
use shared::{
    Environment, Module, StartError,
    events::{LocalFeed, Subscription},
};

use crate::{SOURCE, follow_orders::FollowOrders, migrations::MIGRATIONS, service::Service};

/// What the module needs of others.
#[derive(Clone)]
pub struct Needs {
    /// Says when an order is confirmed or cancelled.
    pub orders_feed: Arc<dyn EventFeed>,
}

impl fmt::Debug for Needs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Needs(orders)")
    }
}

/// Opens the module: its database, its contract and its subscription to Orders. It reads the setting `DATABASE_URL`.
pub async fn open(env: &Environment, needs: Needs) -> Result<Module<dyn Inventory>, StartError> {
    let db = env.database(SOURCE, MIGRATIONS).await?;
    let service: Arc<dyn Inventory> = Arc::new(Service::new(&db));
    let handler = Arc::new(FollowOrders::new(&db));
    let name = "inventory.orders";
    let subscription = Subscription::start(name, needs.orders_feed, &db, handler, &env.tasks);
    let checked = subscription.clone();
    env.health.add(name, move || checked.check());
    let feed: Arc<dyn EventFeed> = Arc::new(LocalFeed::new(&db));
    Ok(Module {
        name: SOURCE,
        router: http::inventory::router(Arc::clone(&service)).merge(http::feed::router(SOURCE, Arc::clone(&feed))),
        service,
        feed,
        database: db,
        subscriptions: vec![subscription],
    })
}
