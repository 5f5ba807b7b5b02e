use std::{
    sync::mpsc,
    time::{Duration, SystemTime},
};

use seam::time::Clock;
use tokio::{runtime::Builder, task::spawn_blocking};

/// Real time that a database gets between two looks.
const BREATH: Duration = Duration::from_millis(5);

/// Runs `work` on a runtime of its own whose time only passes where `work` advances it.
pub(super) fn in_virtual_time(work: impl Future<Output = Result<(), String>>) -> Result<(), String> {
    let runtime = Builder::new_current_thread().enable_all().start_paused(true).build();
    let runtime = runtime.map_err(|error| format!("no runtime: {error}"))?;
    let result = runtime.block_on(async {
        // Paused time jumps to the next timer when everything waits, and a database is waited for like anything
        // else. It does not jump while a blocking task runs.
        let (over, held) = mpsc::channel::<()>();
        let holding = spawn_blocking(move || held.recv());
        let result = Clock::starting_at(SystemTime::now()).scope(work).await;
        drop(over);
        drop(holding);
        result
    });
    runtime.shutdown_background();
    result
}

/// Lets real time pass, in which databases answer. No virtual time passes.
#[expect(
    clippy::disallowed_methods,
    reason = "virtual time stands still, so no timer can wait"
)]
pub(super) async fn breathe() {
    // A task that is cancelled or panics has breathed as well.
    let _ = spawn_blocking(|| std::thread::sleep(BREATH)).await;
}
