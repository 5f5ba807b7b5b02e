//! The notifications service: the notifications module, with its neighbours over HTTP.

use std::process::ExitCode;

use notifications::Dependencies;
use shared::{Program, settings::Declarations};

fn main() -> ExitCode {
    Program {
        name: "notifications",
        about: "Tells customers what happens to their orders, by mail and push.",
        settings: Declarations::from(notifications::SETTINGS).and(Dependencies::SETTINGS),
        fail_points: &[notifications::FAIL_POINTS],
    }
    .run(|env| {
        Box::pin(async move {
            let dependencies = Dependencies::over_http(&env)?;
            Ok(vec![notifications::open(&env, dependencies).await?.mount()])
        })
    })
}
