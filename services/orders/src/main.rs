//! The orders service: the orders module with Inventory and Payments over HTTP.

use std::{process::ExitCode, sync::Arc};

use commerce::http::{feed, inventory, payments};
use orders::Needs;
use shared::{
    Program,
    settings::{Declared, optional, required, standard},
};

const SETTINGS: &[Declared] = &[
    optional(&standard::DATABASE_URL),
    required(&standard::INVENTORY_URL),
    required(&standard::PAYMENTS_URL),
    optional(&standard::CALL_TIMEOUT_MS),
    optional(&standard::LEASE_MS),
];

fn main() -> ExitCode {
    let about = "Takes orders and owns their life from creation to delivery.";
    Program {
        name: "orders",
        about,
        settings: SETTINGS.into(),
    }
    .run(|env| {
        Box::pin(async move {
            let inventory = env.needed_socket(&standard::INVENTORY_URL)?;
            let payments = env.needed_socket(&standard::PAYMENTS_URL)?;
            let needs = Needs {
                inventory: Arc::new(inventory::Client::new(inventory)),
                payments: Arc::new(payments::Client::new(Arc::clone(&payments))),
                payments_feed: Arc::new(feed::Client::new("payments", payments)),
            };
            Ok(vec![orders::open(&env, needs).await?.mount()])
        })
    })
}
