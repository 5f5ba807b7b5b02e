//! The payments service: the payments module, with its neighbours over HTTP.

use std::process::ExitCode;

use payments::Dependencies;
use shared::{LINK_SETTINGS, Program, settings::Declarations};

fn main() -> ExitCode {
    Program {
        name: "payments",
        about: "Charges orders and refunds them, once each.",
        settings: Declarations::from(payments::SETTINGS)
            .and(Dependencies::SETTINGS)
            .and(LINK_SETTINGS),
        fail_points: &[payments::FAIL_POINTS],
    }
    .run(|env| {
        Box::pin(async move {
            let dependencies = Dependencies::over_http(&env)?;
            Ok(vec![payments::open(&env, dependencies).await?.mount()])
        })
    })
}
