use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::{
    runtime::{Builder, Runtime},
    task::{JoinHandle, JoinSet},
};

/// How a process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum End {
    /// It is told to stop, and stops.
    Clean,
    /// It is gone at whatever await it stood, as after a SIGKILL.
    Killed,
}

/// A runtime of its own that stands for a process: what runs in it can be killed at any await.
#[derive(Debug)]
pub(super) struct Process(Option<Runtime>);

impl Process {
    pub(super) fn new() -> Result<Self, String> {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build();
        runtime
            .map(|runtime| Self(Some(runtime)))
            .map_err(|error| format!("no runtime: {error}"))
    }

    pub(super) fn spawn<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
        self.runtime().spawn(work)
    }

    /// Does `work` in the process for as long as `asked` is there.
    pub(super) fn spawn_in<T: Send + 'static>(
        &self,
        asked: &mut JoinSet<T>,
        work: impl Future<Output = T> + Send + 'static,
    ) {
        asked.spawn_on(work, self.runtime().handle());
    }

    fn runtime(&self) -> &Runtime {
        match &self.0 {
            Some(runtime) => runtime,
            None => unreachable!("a process has its runtime until it is dropped"),
        }
    }

    /// Does `work` in the process.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, String> {
        self.spawn(work).await.map_err(|error| error.to_string())
    }

    /// Drops all that runs in it, and returns when that is done.
    pub(super) async fn kill(mut self) {
        if let Some(runtime) = self.0.take() {
            let dropped = tokio::task::spawn_blocking(move || runtime.shutdown_timeout(Duration::from_secs(5)));
            // A panic in the drop of a task is that task's; the process is gone all the same.
            let _ = dropped.await;
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
