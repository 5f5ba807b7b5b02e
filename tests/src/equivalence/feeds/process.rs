use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::{
    runtime::{Builder, Runtime},
    task::{JoinHandle, JoinSet},
};

/// The manner in which a process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum End {
    /// The process is asked to stop, and stops in an orderly way.
    Clean,
    /// The process vanishes at whatever await it has reached, as after a SIGKILL.
    Killed,
}

/// A runtime that stands for a process: everything in it can be killed at any await.
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

    /// Runs `work` in the process until it is done or `asked` is dropped.
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

    /// Runs `work` in the process and returns its result.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, String> {
        self.spawn(work).await.map_err(|error| error.to_string())
    }

    /// Drops everything that runs in the process; returns when that is done.
    pub(super) async fn kill(mut self) {
        if let Some(runtime) = self.0.take() {
            let dropped = tokio::task::spawn_blocking(move || runtime.shutdown_timeout(Duration::from_secs(5)));
            // A panic while a task is dropped belongs to that task; the process is gone all the same.
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
