use std::sync::Arc;

use commerce::{EventFeed, Inventory, Notifications, Orders, Payments};
use seam::Deferred;
use shared::{
    Environment, Mounted, Settings, SettingsError, StartError,
    settings::{Setting, standard},
};

use crate::seat::Seat;

/// The modules, tied together, each as the others reach it.
#[derive(Debug)]
pub struct Platform {
    /// Orders.
    pub orders: Seat<dyn Orders>,
    /// Payments.
    pub payments: Seat<dyn Payments>,
    /// Inventory.
    pub inventory: Seat<dyn Inventory>,
    /// Notifications.
    pub notifications: Seat<dyn Notifications>,
}

impl Platform {
    /// Opens every module that has no URL here, and reaches the others at theirs.
    ///
    /// Fails if all of them have one, and if a module that runs here lacks a setting.
    pub async fn assemble(env: &Environment) -> Result<Self, StartError> {
        check(&env.settings)?;
        // Orders needs Payments, and Payments needs Orders: one of them is named to the other before it is there.
        let (orders_slot, orders_later) = Deferred::<dyn Orders>::new();
        let (feed_slot, orders_feed) = Deferred::<dyn EventFeed>::new();
        let inventory = inventory(env, Arc::clone(&orders_feed)).await?;
        let payments = payments(env, orders_later, orders_feed).await?;
        let orders = orders(env, &inventory, &payments).await?;
        orders_slot.set(Arc::clone(&orders.service));
        feed_slot.set(Arc::clone(&orders.feed));
        let notifications = notifications(env, &orders.feed, &payments.feed).await?;
        Ok(Self {
            orders,
            payments,
            inventory,
            notifications,
        })
    }

    /// What a server needs to know of each module.
    pub fn into_mounted(self) -> Vec<Mounted> {
        vec![
            self.orders.mounted,
            self.payments.mounted,
            self.inventory.mounted,
            self.notifications.mounted,
        ]
    }
}

async fn orders(
    env: &Environment,
    inventory: &Seat<dyn Inventory>,
    payments: &Seat<dyn Payments>,
) -> Result<Seat<dyn Orders>, StartError> {
    if let Some(socket) = env.socket(&standard::ORDERS_URL)? {
        return Ok(Seat::<dyn Orders>::extracted(socket));
    }
    let needs = orders::Needs {
        inventory: Arc::clone(&inventory.service),
        payments: Arc::clone(&payments.service),
        payments_feed: Arc::clone(&payments.feed),
    };
    Ok(orders::open(env, needs).await?.into())
}

async fn payments(
    env: &Environment,
    orders: Arc<dyn Orders>,
    order_events: Arc<dyn EventFeed>,
) -> Result<Seat<dyn Payments>, StartError> {
    if let Some(socket) = env.socket(&standard::PAYMENTS_URL)? {
        return Ok(Seat::<dyn Payments>::extracted(socket));
    }
    let needs = payments::Dependencies { orders, order_events };
    Ok(payments::open(env, needs).await?.into())
}

async fn inventory(env: &Environment, orders_feed: Arc<dyn EventFeed>) -> Result<Seat<dyn Inventory>, StartError> {
    if let Some(socket) = env.socket(&standard::INVENTORY_URL)? {
        return Ok(Seat::<dyn Inventory>::extracted(socket));
    }
    Ok(inventory::open(env, inventory::Needs { orders_feed }).await?.into())
}

async fn notifications(
    env: &Environment,
    order_events: &Arc<dyn EventFeed>,
    payment_events: &Arc<dyn EventFeed>,
) -> Result<Seat<dyn Notifications>, StartError> {
    if let Some(socket) = env.socket(&standard::NOTIFICATIONS_URL)? {
        return Ok(Seat::<dyn Notifications>::extracted(socket));
    }
    let needs = notifications::Dependencies {
        order_events: Arc::clone(order_events),
        payment_events: Arc::clone(payment_events),
    };
    Ok(notifications::open(env, needs).await?.into())
}

/// Something must run here, and what runs here must have what it needs.
fn check(settings: &Settings) -> Result<(), SettingsError> {
    let is_here = |url: &Setting<String>| settings.find(url).map(|url| url.is_none());
    let modules = [&standard::ORDERS_URL, &standard::INVENTORY_URL, &standard::PAYMENTS_URL];
    let mut any = is_here(&standard::NOTIFICATIONS_URL)?;
    for url in modules {
        any |= is_here(url)?;
    }
    if !any {
        return Err(SettingsError::Malformed {
            name: standard::NOTIFICATIONS_URL.name,
            value: settings.get(&standard::NOTIFICATIONS_URL)?,
            form: "no value as long as the three other modules have an URL: at least one has to run here",
        });
    }
    if is_here(&standard::PAYMENTS_URL)? {
        settings.get(&standard::PROVIDER_URL)?;
    }
    if is_here(&standard::NOTIFICATIONS_URL)? {
        settings.get(&standard::SMTP_ADDRESS)?;
        settings.get(&standard::PUSH_URL)?;
    }
    Ok(())
}
