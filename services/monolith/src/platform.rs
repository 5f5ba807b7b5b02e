use std::sync::Arc;

use commerce::{EventFeed, Inventory, Notifications, Orders, Payments, http};
use seam::Deferred;
use shared::{
    Environment, LINK_SETTINGS, Mounted, Settings, SettingsError, StartError,
    settings::{Declarations, Declared, Setting, optional, standard},
};

use crate::{
    endpoint::{Endpoint, Kind},
    launches::{LAUNCH_SETTINGS, Launches},
    linked,
};

// Each kind of module, as the monolith has to know it. A new module gets a constant here, a line in `ALL`, a field of
// `Platform`, its wiring in `assemble`, and, if it can be left out of a build, its part of `linked`.

const ORDERS: Kind<dyn Orders> = Kind {
    name: "orders",
    url: &standard::ORDERS_URL,
    candidate: &standard::ORDERS_CANDIDATE_URL,
    settings: orders::SETTINGS,
    client: |socket| Arc::new(http::orders::Client::new(socket)),
    router: http::orders::router,
};

const PAYMENTS: Kind<dyn Payments> = Kind {
    name: "payments",
    url: &standard::PAYMENTS_URL,
    candidate: &standard::PAYMENTS_CANDIDATE_URL,
    settings: linked::PAYMENTS_SETTINGS,
    client: |socket| Arc::new(http::payments::Client::new(socket)),
    router: http::payments::router,
};

const INVENTORY: Kind<dyn Inventory> = Kind {
    name: "inventory",
    url: &standard::INVENTORY_URL,
    candidate: &standard::INVENTORY_CANDIDATE_URL,
    settings: linked::INVENTORY_SETTINGS,
    client: |socket| Arc::new(http::inventory::Client::new(socket)),
    router: http::inventory::router,
};

const NOTIFICATIONS: Kind<dyn Notifications> = Kind {
    name: "notifications",
    url: &standard::NOTIFICATIONS_URL,
    candidate: &standard::NOTIFICATIONS_CANDIDATE_URL,
    settings: linked::NOTIFICATIONS_SETTINGS,
    client: |socket| Arc::new(http::notifications::Client::new(socket)),
    router: http::notifications::router,
};

/// URL, candidate's URL and settings of every kind of module.
const ALL: [(&Setting<String>, &Setting<String>, &[Declared]); 4] = [
    (ORDERS.url, ORDERS.candidate, ORDERS.settings),
    (PAYMENTS.url, PAYMENTS.candidate, PAYMENTS.settings),
    (INVENTORY.url, INVENTORY.candidate, INVENTORY.settings),
    (NOTIFICATIONS.url, NOTIFICATIONS.candidate, NOTIFICATIONS.settings),
];

/// Points of all modules at which a test can have the process die.
pub const FAIL_POINTS: &[&[&str]] = &[
    orders::FAIL_POINTS,
    linked::PAYMENTS_FAIL_POINTS,
    linked::INVENTORY_FAIL_POINTS,
    linked::NOTIFICATIONS_FAIL_POINTS,
];

/// The modules, wired to each other.
#[derive(Debug)]
pub struct Platform {
    /// The orders module.
    pub orders: Endpoint<dyn Orders>,
    /// The payments module.
    pub payments: Endpoint<dyn Payments>,
    /// The inventory module.
    pub inventory: Endpoint<dyn Inventory>,
    /// The notifications module.
    pub notifications: Endpoint<dyn Notifications>,
    /// Routes of the operators of dark launches, if a module has a candidate.
    pub launches: Option<Mounted>,
}

impl Platform {
    /// Opens every module without a URL in the settings, and reaches the others at theirs.
    ///
    /// Fails if all of them have a URL, if a module that runs here lacks a setting, and if one can't be opened.
    pub async fn assemble(env: &Environment) -> Result<Self, StartError> {
        check(&env.settings)?;
        let mut launches = Launches::new(env)?;
        // Orders and Payments need each other, and Inventory follows Orders: until Orders is opened, these stand
        // for it.
        let (orders_slot, orders_later) = Deferred::<dyn Orders>::new();
        let (feed_slot, orders_feed) = Deferred::<dyn EventFeed>::new();

        let inventory = linked::open_inventory(env, Arc::clone(&orders_feed));
        let inventory = INVENTORY.endpoint(env, inventory).await?;
        let inventory = launches.beside(&INVENTORY, inventory)?;

        let payments = linked::open_payments(env, orders_later, orders_feed);
        let payments = PAYMENTS.endpoint(env, payments).await?;
        let payments = launches.beside(&PAYMENTS, payments)?;

        let dependencies = orders::Dependencies {
            inventory: Arc::clone(&inventory.service),
            payments: Arc::clone(&payments.service),
            payments_feed: Arc::clone(&payments.feed),
        };
        let orders = ORDERS.endpoint(env, orders::open(env, dependencies)).await?;
        let orders = launches.beside(&ORDERS, orders)?;
        orders_slot.set(Arc::clone(&orders.service));
        feed_slot.set(Arc::clone(&orders.feed));

        let notifications = linked::open_notifications(env, Arc::clone(&orders.feed), Arc::clone(&payments.feed));
        let notifications = NOTIFICATIONS.endpoint(env, notifications).await?;
        let notifications = launches.beside(&NOTIFICATIONS, notifications)?;
        Ok(Self {
            orders,
            payments,
            inventory,
            notifications,
            launches: launches.mounted(),
        })
    }

    /// The modules as a server mounts them.
    pub fn into_mounted(self) -> Vec<Mounted> {
        let modules = [
            self.orders.mounted,
            self.payments.mounted,
            self.inventory.mounted,
            self.notifications.mounted,
        ];
        modules.into_iter().chain(self.launches).collect()
    }
}

/// Opens every module without a URL in the settings, and reaches the others at theirs, for a server.
///
/// Fails as [`Platform::assemble`] does.
pub async fn open(env: Environment) -> Result<Vec<Mounted>, StartError> {
    Ok(Platform::assemble(&env).await?.into_mounted())
}

/// Declares the settings of all modules, and the URLs at which a module is reached instead of being opened here.
/// All are optional: the ones that are required depend on which modules run here, and are checked when the platform
/// is assembled.
pub fn settings() -> Declarations {
    let mut declared = Declarations::from(LINK_SETTINGS);
    for (url, candidate, settings) in ALL {
        declared = declared.and(&[optional(url), optional(candidate)]).and(settings);
    }
    declared = declared.and(LAUNCH_SETTINGS);
    declared.all_optional()
}

/// Checks that at least one module runs here, and that those that do have all settings they require.
fn check(settings: &Settings) -> Result<(), SettingsError> {
    let mut here = Vec::new();
    for (url, _, declared) in ALL {
        if settings.find(url)?.is_none() {
            here.push(declared);
        }
    }
    if here.is_empty() {
        let (url, ..) = ALL[ALL.len() - 1];
        return Err(SettingsError::Malformed {
            name: url.name,
            value: settings.get(url)?,
            form: "no value as long as all other modules have a URL: at least one module has to run here",
        });
    }
    here.into_iter().try_for_each(|declared| settings.check(declared))
}
