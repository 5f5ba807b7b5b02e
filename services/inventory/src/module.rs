use std::{fmt, sync::Arc};

use commerce::{EventFeed, Inventory, http};
use shared::{Environment, Module, StartError};

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
    let orders = env.follow("inventory.orders", needs.orders_feed, &db, FollowOrders::new(&db));
    Ok(Module::new(SOURCE, db, service, http::inventory::router, vec![orders]))
}
