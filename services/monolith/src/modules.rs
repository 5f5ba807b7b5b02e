//! The kinds of modules that the platform has. A new module gets a constant here, and its wiring in
//! [`Platform`](crate::Platform).

use std::sync::Arc;

use commerce::{Inventory, Notifications, Orders, Payments, http};
use shared::{
    Settings, SettingsError,
    settings::{Declarations, Declared, Setting, optional, standard},
};

use crate::endpoint::Kind;

pub(crate) const ORDERS: Kind<dyn Orders> = Kind {
    name: "orders",
    url: &standard::ORDERS_URL,
    settings: orders::SETTINGS,
    client: |socket| Arc::new(http::orders::Client::new(socket)),
    router: http::orders::router,
};

pub(crate) const PAYMENTS: Kind<dyn Payments> = Kind {
    name: "payments",
    url: &standard::PAYMENTS_URL,
    settings: payments::SETTINGS,
    client: |socket| Arc::new(http::payments::Client::new(socket)),
    router: http::payments::router,
};

pub(crate) const INVENTORY: Kind<dyn Inventory> = Kind {
    name: "inventory",
    url: &standard::INVENTORY_URL,
    settings: inventory::SETTINGS,
    client: |socket| Arc::new(http::inventory::Client::new(socket)),
    router: http::inventory::router,
};

pub(crate) const NOTIFICATIONS: Kind<dyn Notifications> = Kind {
    name: "notifications",
    url: &standard::NOTIFICATIONS_URL,
    settings: notifications::SETTINGS,
    client: |socket| Arc::new(http::notifications::Client::new(socket)),
    router: http::notifications::router,
};

/// URL and settings of every kind of module.
const ALL: [(&Setting<String>, &[Declared]); 4] = [
    (ORDERS.url, ORDERS.settings),
    (PAYMENTS.url, PAYMENTS.settings),
    (INVENTORY.url, INVENTORY.settings),
    (NOTIFICATIONS.url, NOTIFICATIONS.settings),
];

/// Declares the settings of all modules, and the URLs at which a module is reached instead of being opened here. All are
/// optional: the ones that are required depend on which modules run here, and are checked when the platform is assembled.
pub fn settings() -> Declarations {
    let mut declared = Declarations::default();
    for (url, settings) in ALL {
        declared = declared.and(&[optional(url)]).and(settings);
    }
    declared.all_optional()
}

/// Checks that at least one module runs here, and that those that do have all settings they require.
pub(crate) fn check(settings: &Settings) -> Result<(), SettingsError> {
    let mut here = Vec::new();
    for (url, declared) in ALL {
        if settings.find(url)?.is_none() {
            here.push(declared);
        }
    }
    if here.is_empty() {
        let (url, _) = ALL[ALL.len() - 1];
        return Err(SettingsError::Malformed {
            name: url.name,
            value: settings.get(url)?,
            form: "no value as long as all other modules have a URL: at least one module has to run here",
        });
    }
    here.into_iter().try_for_each(|declared| settings.check(declared))
}
