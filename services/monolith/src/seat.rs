use std::{fmt, sync::Arc};

use commerce::{EventFeed, Inventory, Notifications, Orders, Payments, http};
use seam::http::Socket;
use shared::{Module, Mounted};

/// A module as the others see it, wherever it runs.
pub struct Seat<T: ?Sized> {
    /// Its contract: the module itself, or a client of it.
    pub service: Arc<T>,
    /// Its log.
    pub feed: Arc<dyn EventFeed>,
    /// Its routes, so that the API of this process is whole.
    pub mounted: Mounted,
}

impl<T: ?Sized> fmt::Debug for Seat<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seat")
            .field("mounted", &self.mounted)
            .finish_non_exhaustive()
    }
}

impl<T: ?Sized> From<Module<T>> for Seat<T> {
    fn from(module: Module<T>) -> Self {
        Self {
            mounted: module.mount(),
            service: module.service,
            feed: module.feed,
        }
    }
}

/// How each contract is reached and served over HTTP.
macro_rules! extracted {
    ($contract:ident, $name:ident) => {
        impl Seat<dyn $contract> {
            /// The module is a service of its own: what is asked here is passed on to it.
            pub(crate) fn extracted(socket: Arc<Socket>) -> Self {
                let name = stringify!($name);
                let service: Arc<dyn $contract> = Arc::new(http::$name::Client::new(Arc::clone(&socket)));
                let feed: Arc<dyn EventFeed> = Arc::new(http::feed::Client::new(name, socket));
                let routes =
                    http::$name::router(Arc::clone(&service)).merge(http::feed::router(name, Arc::clone(&feed)));
                Self {
                    service,
                    feed,
                    mounted: Mounted::routes(name, routes),
                }
            }
        }
    };
}

extracted!(Orders, orders);
extracted!(Payments, payments);
extracted!(Inventory, inventory);
extracted!(Notifications, notifications);
