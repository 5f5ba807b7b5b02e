//! The inventory service: the inventory module, with its neighbours over HTTP.

use std::process::ExitCode;

use inventory::Dependencies;
use shared::{Program, settings::Declarations};

fn main() -> ExitCode {
    Program {
        name: "inventory",
        about: "Knows products with their prices and stock, and the reservations of orders.",
        settings: Declarations::from(inventory::SETTINGS).and(Dependencies::SETTINGS),
        fail_points: &[inventory::FAIL_POINTS],
    }
    .run(|env| {
        Box::pin(async move {
            let dependencies = Dependencies::over_http(&env)?;
            Ok(vec![inventory::open(&env, dependencies).await?.mount()])
        })
    })
}
