use std::{fmt, sync::Arc};

use axum::Router;
use commerce::{EventFeed, http::feed};

use crate::{
    Database,
    events::{LocalFeed, SubscriptionHandle},
};

/// A module that was opened: the contract `T` it implements (such as `dyn Orders`), its log, its routes, and what runs for it.
pub struct Module<T: ?Sized> {
    /// Name of the module, such as `orders`.
    pub name: &'static str,
    /// Its contract, for callers in this process.
    pub service: Arc<T>,
    /// Its log, for subscribers in this process.
    pub feed: Arc<dyn EventFeed>,
    /// Its HTTP API and its feed's, without health, metrics and dead letters, which the server adds.
    pub router: Router,
    /// Its database.
    pub database: Database,
    /// Its subscriptions to other modules.
    pub subscriptions: Vec<SubscriptionHandle>,
}

/// What the server needs to know of a module: the same for each of them.
#[derive(Debug)]
pub struct Mounted {
    pub(crate) name: &'static str,
    pub(crate) router: Router,
    pub(crate) database: Option<Database>,
    pub(crate) subscriptions: Vec<SubscriptionHandle>,
}

impl<T: ?Sized> Module<T> {
    /// With the log of `database`; `router` gives the routes of its contract.
    pub fn new(
        name: &'static str,
        database: Database,
        service: Arc<T>,
        router: impl FnOnce(Arc<T>) -> Router,
        subscriptions: Vec<SubscriptionHandle>,
    ) -> Self {
        let feed: Arc<dyn EventFeed> = Arc::new(LocalFeed::new(&database));
        let router = router(Arc::clone(&service)).merge(feed::router(name, Arc::clone(&feed)));
        Self {
            name,
            service,
            feed,
            router,
            database,
            subscriptions,
        }
    }

    /// Hands the module to the server.
    pub fn mount(&self) -> Mounted {
        Mounted {
            name: self.name,
            router: self.router.clone(),
            database: Some(self.database.clone()),
            subscriptions: self.subscriptions.clone(),
        }
    }
}

impl Mounted {
    /// Routes without a module behind them in this process, such as those of an extracted module that are passed on.
    pub fn routes(name: &'static str, router: Router) -> Self {
        Self {
            name,
            router,
            database: None,
            subscriptions: Vec::new(),
        }
    }
}

impl<T: ?Sized> fmt::Debug for Module<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Module")
            .field("name", &self.name)
            .field("database", &self.database)
            .finish_non_exhaustive()
    }
}
