use std::{fmt, sync::Arc};

use axum::Router;
use commerce::{
    EventFeed,
    http::{Operation, feed},
};

use crate::{
    Database, GivingUp,
    events::{LocalFeed, SubscriptionHandle},
    handover::HandoverStore,
};

/// An open module: the contract `T` that it implements (such as `dyn Orders`), its event log, its routes and its
/// subscriptions.
pub struct Module<T: ?Sized> {
    /// Name of the module, such as `orders`: in events, settings, routes and the database's address.
    pub name: &'static str,
    /// The contract, for callers in this process.
    pub service: Arc<T>,
    /// The event log, for subscribers in this process.
    pub feed: Arc<dyn EventFeed>,
    /// Routes of the contract and of the event log. The server adds health, statistics and dead letters.
    pub router: Router,
    /// The module's own database.
    pub database: Database,
    /// Subscriptions to the event logs of other modules.
    pub subscriptions: Vec<SubscriptionHandle>,
    /// Kinds of work that the module may give up, which the server shows.
    pub given_up: Vec<Arc<dyn GivingUp>>,
    /// The module's rows, for another database; `None` if they stay where they are.
    pub handover: Option<HandoverStore>,
}

/// A module as the server sees it, whatever its contract is.
pub struct Mounted {
    pub(crate) name: &'static str,
    pub(crate) router: Router,
    pub(crate) database: Option<Database>,
    pub(crate) subscriptions: Vec<SubscriptionHandle>,
    pub(crate) given_up: Vec<Arc<dyn GivingUp>>,
    pub(crate) handover: Option<HandoverStore>,
    /// Routes of the process that belong to no module, as the API's description shows them.
    pub(crate) operations: Vec<Arc<Operation>>,
}

impl<T: ?Sized> Module<T> {
    /// A module whose event log is that of `database`; `router` makes the routes of its contract.
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
            given_up: Vec::new(),
            handover: None,
        }
    }

    /// The module with these kinds of work that it may give up.
    #[must_use]
    pub fn giving_up(self, given_up: Vec<Arc<dyn GivingUp>>) -> Self {
        Self { given_up, ..self }
    }

    /// The module with rows that can be handed over to another database.
    #[must_use]
    pub fn handing_over(self, store: HandoverStore) -> Self {
        Self {
            handover: Some(store),
            ..self
        }
    }

    /// The module as the server sees it.
    pub fn mount(&self) -> Mounted {
        Mounted {
            name: self.name,
            router: self.router.clone(),
            database: Some(self.database.clone()),
            subscriptions: self.subscriptions.clone(),
            given_up: self.given_up.clone(),
            handover: self.handover.clone(),
            operations: Vec::new(),
        }
    }
}

impl Mounted {
    /// Routes without a module in this process, such as those of an extracted module that are passed on to its
    /// service.
    pub fn routes(name: &'static str, router: Router) -> Self {
        Self {
            name,
            router,
            database: None,
            subscriptions: Vec::new(),
            given_up: Vec::new(),
            handover: None,
            operations: Vec::new(),
        }
    }

    /// The same module with other routes, such as those of a contract whose calls go elsewhere too.
    #[must_use]
    pub fn rerouted(self, router: Router) -> Self {
        Self { router, ..self }
    }
}

impl fmt::Debug for Mounted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mounted")
            .field("name", &self.name)
            .field("database", &self.database)
            .finish_non_exhaustive()
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
