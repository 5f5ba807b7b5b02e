//! The orders service: the orders module, with its neighbours over HTTP.

use std::process::ExitCode;

use orders::Dependencies;
use shared::{LINK_SETTINGS, Program, settings::Declarations};

fn main() -> ExitCode {
    Program {
        name: "orders",
        about: "Creates orders and owns their life until delivery.",
        settings: Declarations::from(orders::SETTINGS)
            .and(Dependencies::SETTINGS)
            .and(LINK_SETTINGS),
        fail_points: &[orders::FAIL_POINTS],
    }
    .run(|env| {
        Box::pin(async move {
            let dependencies = Dependencies::over_http(&env)?;
            Ok(vec![orders::open(&env, dependencies).await?.mount()])
        })
    })
}
