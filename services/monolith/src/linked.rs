//! The modules that this build has, by cargo feature. Of one that it has not, only the contract is known: the process
//! does not start without its URL.
//!
//! Once a module is extracted for good, delete its feature and its part of this file, its crate from the manifest, and
//! its database. Nothing else of the monolith knows it.

use std::sync::Arc;

use commerce::{EventFeed, Inventory, Notifications, Orders, Payments};
use shared::{Environment, Module, StartError, settings::Declared};
#[cfg(not(all(feature = "payments", feature = "inventory", feature = "notifications")))]
use shared::{
    SettingsError,
    settings::{Setting, required, standard},
};

#[cfg(not(all(feature = "payments", feature = "inventory", feature = "notifications")))]
fn not_linked<T: ?Sized>(url: &'static Setting<String>) -> Result<Module<T>, StartError> {
    Err(StartError::Settings(SettingsError::Missing {
        name: url.name,
        form: url.form,
    }))
}

#[cfg(feature = "payments")]
pub(crate) const PAYMENTS_SETTINGS: &[Declared] = payments::SETTINGS;
#[cfg(not(feature = "payments"))]
pub(crate) const PAYMENTS_SETTINGS: &[Declared] = &[required(&standard::PAYMENTS_URL)];

#[cfg(feature = "payments")]
pub(crate) const PAYMENTS_FAIL_POINTS: &[&str] = payments::FAIL_POINTS;
#[cfg(not(feature = "payments"))]
pub(crate) const PAYMENTS_FAIL_POINTS: &[&str] = &[];

#[cfg(feature = "payments")]
pub(crate) async fn open_payments(
    env: &Environment,
    orders: Arc<dyn Orders>,
    orders_feed: Arc<dyn EventFeed>,
) -> Result<Module<dyn Payments>, StartError> {
    payments::open(env, payments::Dependencies { orders, orders_feed }).await
}
#[cfg(not(feature = "payments"))]
pub(crate) async fn open_payments(
    _: &Environment,
    _: Arc<dyn Orders>,
    _: Arc<dyn EventFeed>,
) -> Result<Module<dyn Payments>, StartError> {
    not_linked(&standard::PAYMENTS_URL)
}

#[cfg(feature = "inventory")]
pub(crate) const INVENTORY_SETTINGS: &[Declared] = inventory::SETTINGS;
#[cfg(not(feature = "inventory"))]
pub(crate) const INVENTORY_SETTINGS: &[Declared] = &[required(&standard::INVENTORY_URL)];

#[cfg(feature = "inventory")]
pub(crate) const INVENTORY_FAIL_POINTS: &[&str] = inventory::FAIL_POINTS;
#[cfg(not(feature = "inventory"))]
pub(crate) const INVENTORY_FAIL_POINTS: &[&str] = &[];

#[cfg(feature = "inventory")]
pub(crate) async fn open_inventory(
    env: &Environment,
    orders_feed: Arc<dyn EventFeed>,
) -> Result<Module<dyn Inventory>, StartError> {
    inventory::open(env, inventory::Dependencies { orders_feed }).await
}
#[cfg(not(feature = "inventory"))]
pub(crate) async fn open_inventory(
    _: &Environment,
    _: Arc<dyn EventFeed>,
) -> Result<Module<dyn Inventory>, StartError> {
    not_linked(&standard::INVENTORY_URL)
}

#[cfg(feature = "notifications")]
pub(crate) const NOTIFICATIONS_SETTINGS: &[Declared] = notifications::SETTINGS;
#[cfg(not(feature = "notifications"))]
pub(crate) const NOTIFICATIONS_SETTINGS: &[Declared] = &[required(&standard::NOTIFICATIONS_URL)];

#[cfg(feature = "notifications")]
pub(crate) const NOTIFICATIONS_FAIL_POINTS: &[&str] = notifications::FAIL_POINTS;
#[cfg(not(feature = "notifications"))]
pub(crate) const NOTIFICATIONS_FAIL_POINTS: &[&str] = &[];

#[cfg(feature = "notifications")]
pub(crate) async fn open_notifications(
    env: &Environment,
    orders_feed: Arc<dyn EventFeed>,
    payments_feed: Arc<dyn EventFeed>,
) -> Result<Module<dyn Notifications>, StartError> {
    let dependencies = notifications::Dependencies {
        orders_feed,
        payments_feed,
    };
    notifications::open(env, dependencies).await
}
#[cfg(not(feature = "notifications"))]
pub(crate) async fn open_notifications(
    _: &Environment,
    _: Arc<dyn EventFeed>,
    _: Arc<dyn EventFeed>,
) -> Result<Module<dyn Notifications>, StartError> {
    not_linked(&standard::NOTIFICATIONS_URL)
}
