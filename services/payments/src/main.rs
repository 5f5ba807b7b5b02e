//! The payments service.

use std::{process::ExitCode, sync::Arc};

use commerce::http::{feed, orders};
use shared::{
    Environment, Mounted, Program, StartError,
    settings::{Declared, optional, required, standard},
};

const SETTINGS: &[Declared] = &[
    optional(&standard::DATABASE_URL),
    required(&standard::PROVIDER_URL),
    required(&standard::ORDERS_URL),
    optional(&standard::CALL_TIMEOUT_MS),
];

fn main() -> ExitCode {
    let program = Program {
        name: "payments",
        about: "The payments service: charges orders and refunds them, once each.",
        settings: SETTINGS.into(),
    };
    program.run(|environment| Box::pin(open(environment)))
}

async fn open(environment: Environment) -> Result<Vec<Mounted>, StartError> {
    let transport = environment.needed_socket(&standard::ORDERS_URL)?;
    let needs = payments::Dependencies {
        orders: Arc::new(orders::Client::new(Arc::clone(&transport))),
        order_events: Arc::new(feed::Client::new("orders", transport)),
    };
    Ok(vec![payments::open(&environment, needs).await?.mount()])
}
