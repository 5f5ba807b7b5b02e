//! The payments service.

use std::{process::ExitCode, sync::Arc};

use commerce::http::{feed, orders};
use shared::{
    Environment, Mounted, Program, SettingsError, StartError,
    settings::{Declared, optional, required, standard},
};

const SETTINGS: &[Declared] = &[
    required(&standard::DATABASE_URL),
    required(&standard::PROVIDER_URL),
    required(&standard::ORDERS_URL),
    optional(&standard::CALL_TIMEOUT_MS),
];

fn main() -> ExitCode {
    let program = Program {
        name: "payments",
        about: "The payments service: charges orders and refunds them, once each.",
        settings: SETTINGS,
    };
    program.run(|environment| Box::pin(open(environment)))
}

async fn open(environment: Environment) -> Result<Vec<Mounted>, StartError> {
    let url = &standard::ORDERS_URL;
    let missing = SettingsError::Missing {
        name: url.name,
        form: url.form,
    };
    let transport = environment.socket(url)?.ok_or(missing)?;
    let needs = payments::Dependencies {
        orders: Arc::new(orders::Client::new(Arc::clone(&transport))),
        order_events: Arc::new(feed::Client::new("orders", transport)),
    };
    Ok(vec![payments::open(&environment, needs).await?.mount()])
}
