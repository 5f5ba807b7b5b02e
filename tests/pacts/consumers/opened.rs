use std::sync::Arc;

use commerce::{EventFeed, Inventory, Notifications, Orders, Payments};
use payments::provider::Provider;
use shared::{
    Environment, Module,
    events::SubscriptionHandle,
    settings::Declared,
    testing::{environment, stop, until},
};
use tempfile::TempDir;

use super::incoming::IncomingMessage;

/// A consumer: one of our modules, on a database of its own.
pub(crate) struct Opened<T: ?Sized> {
    pub(crate) service: Arc<T>,
    module: Module<T>,
    environment: Environment,
    _folder: TempDir,
}

/// More time than a mock needs to reply on a busy machine.
const PATIENCE: (&str, &str) = ("CALL_TIMEOUT_MS", "10000");
/// URL of a provider that is never called: the tests bring their own.
const NO_PROVIDER: (&str, &str) = ("PROVIDER_URL", "http://127.0.0.1:9");

pub(crate) async fn orders(
    inventory: Arc<dyn Inventory>,
    payments: Arc<dyn Payments>,
    payments_feed: Arc<dyn EventFeed>,
) -> Opened<dyn Orders> {
    let (folder, environment) = storage(orders::SETTINGS, &[PATIENCE]);
    let dependencies = orders::Dependencies {
        inventory,
        payments,
        payments_feed,
    };
    let module = orders::open(&environment, dependencies).await.unwrap();
    Opened::new(module, environment, folder)
}

pub(crate) async fn payments(
    orders: Arc<dyn Orders>,
    orders_feed: Arc<dyn EventFeed>,
    provider: Arc<dyn Provider>,
) -> Opened<dyn Payments> {
    let (folder, environment) = storage(payments::SETTINGS, &[PATIENCE, NO_PROVIDER]);
    let dependencies = payments::Dependencies { orders, orders_feed };
    let module = payments::open_with(&environment, dependencies, provider).await.unwrap();
    Opened::new(module, environment, folder)
}

pub(crate) async fn inventory(orders_feed: Arc<dyn EventFeed>) -> Opened<dyn Inventory> {
    let (folder, environment) = storage(inventory::SETTINGS, &[]);
    let module = inventory::open(&environment, inventory::Dependencies { orders_feed })
        .await
        .unwrap();
    Opened::new(module, environment, folder)
}

/// Opens Notifications with a mail server at this address; customers without a device need no push endpoint.
pub(crate) async fn notifications(
    orders_feed: Arc<dyn EventFeed>,
    payments_feed: Arc<dyn EventFeed>,
    smtp: &str,
) -> Opened<dyn Notifications> {
    let nobody = ("PUSH_URL", "http://127.0.0.1:9");
    let (folder, environment) = storage(notifications::SETTINGS, &[PATIENCE, ("SMTP_ADDRESS", smtp), nobody]);
    let dependencies = notifications::Dependencies {
        orders_feed,
        payments_feed,
    };
    let module = notifications::open(&environment, dependencies).await.unwrap();
    Opened::new(module, environment, folder)
}

fn storage(declared: &[Declared], settings: &[(&str, &str)]) -> (TempDir, Environment) {
    let folder = TempDir::new().unwrap();
    let environment = environment(folder.path(), declared, settings);
    (folder, environment)
}

impl<T: ?Sized> Opened<T> {
    fn new(module: Module<T>, environment: Environment, folder: TempDir) -> Self {
        Self {
            service: Arc::clone(&module.service),
            module,
            environment,
            _folder: folder,
        }
    }

    /// Publishes the message and waits until the subscription has handled it.
    ///
    /// # Panics
    /// If the subscription can't read or can't handle it.
    pub(crate) async fn handles(&self, subscription: &str, message: &IncomingMessage) {
        message.publish();
        self.reaches(subscription, message.position()).await;
    }

    /// Waits until the subscription has reached this position.
    ///
    /// # Panics
    /// If it has a dead letter, or can't go on.
    pub(crate) async fn reaches(&self, subscription: &str, position: i64) {
        let named = |handle: &&SubscriptionHandle| handle.name() == subscription;
        let handle = self.module.subscriptions.iter().find(named).unwrap();
        until(&format!("{subscription} reaches {position}"), async || {
            if let Err(trouble) = handle.check() {
                panic!("{subscription} can't go on: {trouble}");
            }
            let progress = handle.progress();
            if progress.dead_letters > 0 {
                panic!("{subscription} has dead letters: {:?}", handle.dead_letters().await);
            }
            (progress.position >= position).then_some(())
        })
        .await;
    }

    /// The first column of the result of a query on the module's database.
    pub(crate) async fn query(&self, sql: &'static str) -> Vec<String> {
        let found = sqlx::query_scalar(sql).fetch_all(self.module.database.readers()).await;
        found.unwrap()
    }

    /// Stops everything that the module runs.
    pub(crate) async fn close(self) {
        stop(&self.environment, &self.module).await;
    }
}
