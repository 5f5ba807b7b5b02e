//! The inventory service: the inventory module with the events of Orders over HTTP.

use std::{process::ExitCode, sync::Arc};

use commerce::http::feed;
use inventory::Needs;
use shared::{
    Program,
    settings::{Declared, optional, required, standard},
};

const SETTINGS: &[Declared] = &[
    optional(&standard::DATABASE_URL),
    required(&standard::ORDERS_URL),
    optional(&standard::CALL_TIMEOUT_MS),
];

fn main() -> ExitCode {
    let about = "Knows what there is, what it costs, and which order has it set aside.";
    Program {
        name: "inventory",
        about,
        settings: SETTINGS.into(),
    }
    .run(|env| {
        Box::pin(async move {
            let orders = env.needed_socket(&standard::ORDERS_URL)?;
            let needs = Needs {
                orders_feed: Arc::new(feed::Client::new("orders", orders)),
            };
            Ok(vec![inventory::open(&env, needs).await?.mount()])
        })
    })
}
