use std::{fmt, sync::Arc};

use commerce::{EventFeed, Inventory, http};
use shared::{
    Environment, Module, StartError,
    handover::HandoverStore,
    settings::{Declared, optional, required, standard},
};

use crate::{SOURCE, follow_orders::FollowOrders, handover, migrations::MIGRATIONS, service::Service};

/// Settings that [`open`] reads.
pub const SETTINGS: &[Declared] = &[optional(&standard::DATABASE_URL)];

/// The module's neighbours.
#[derive(Clone)]
pub struct Dependencies {
    /// The log of Orders.
    pub orders_feed: Arc<dyn EventFeed>,
}

impl Dependencies {
    /// Settings that [`Dependencies::over_http`] reads.
    pub const SETTINGS: &[Declared] = &[required(&standard::ORDERS_URL), optional(&standard::CALL_TIMEOUT_MS)];

    /// The neighbours as services of their own, at the URLs of the settings.
    pub fn over_http(env: &Environment) -> Result<Self, StartError> {
        let orders = env.needed_socket(&standard::ORDERS_URL)?;
        Ok(Self {
            orders_feed: env.feed("orders", orders),
        })
    }
}

impl fmt::Debug for Dependencies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Dependencies(orders feed)")
    }
}

/// Opens the module: its database, its contract and its subscription to Orders.
pub async fn open(env: &Environment, dependencies: Dependencies) -> Result<Module<dyn Inventory>, StartError> {
    let db = env.database(SOURCE, MIGRATIONS).await?;
    let service: Arc<dyn Inventory> = Arc::new(Service { db: db.clone() });
    let handler = FollowOrders { db: db.clone() };
    let orders = env.follow("inventory.orders", dependencies.orders_feed, &db, handler);
    let store = HandoverStore::new(db.clone(), handover::SETS);
    let module = Module::new(SOURCE, db, service, http::inventory::router, vec![orders]);
    Ok(module.handing_over(store))
}
