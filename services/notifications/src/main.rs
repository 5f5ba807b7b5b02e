//! The notifications service: the notifications module, following Orders and Payments over HTTP.

use std::{process::ExitCode, sync::Arc};

use commerce::http::feed;
use notifications::Dependencies;
use shared::{
    Program,
    settings::{Declared, optional, required, standard},
};

const SETTINGS: &[Declared] = &[
    optional(&standard::DATABASE_URL),
    required(&standard::ORDERS_URL),
    required(&standard::PAYMENTS_URL),
    required(&standard::SMTP_ADDRESS),
    required(&standard::PUSH_URL),
    optional(&standard::CALL_TIMEOUT_MS),
    optional(&standard::LEASE_MS),
];

fn main() -> ExitCode {
    Program {
        name: "notifications",
        about: "Tells customers what happens to their orders, by mail and push.",
        settings: SETTINGS.into(),
    }
    .run(|env| {
        Box::pin(async move {
            let needs = Dependencies {
                order_events: Arc::new(feed::Client::new("orders", env.needed_socket(&standard::ORDERS_URL)?)),
                payment_events: Arc::new(feed::Client::new(
                    "payments",
                    env.needed_socket(&standard::PAYMENTS_URL)?,
                )),
            };
            Ok(vec![notifications::open(&env, needs).await?.mount()])
        })
    })
}
