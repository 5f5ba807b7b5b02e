use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::task::JoinHandle;
use tokio_util::{
    sync::{CancellationToken, WaitForCancellationFuture},
    task::TaskTracker,
};

use crate::ambient::Ambient;

/// The background tasks of a process. All of them are told to stop together, and those that are still running are
/// known by name. A clone is another handle on the same tasks.
///
/// A task has the clock and the randomness of the task that started it.
#[derive(Clone, Debug, Default)]
pub struct Tasks {
    stopping: CancellationToken,
    tracker: TaskTracker,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    running: Vec<(u64, Arc<str>)>,
    next: u64,
    failed: Vec<String>,
}

impl Tasks {
    /// A set without tasks.
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts `task`, which should end soon after [`Tasks::stopping`] resolves. Background tasks are not meant to
    /// end before: an earlier end, or a panic, is logged and reported by [`Tasks::failed`].
    pub fn spawn<F>(&self, name: impl Into<Arc<str>>, task: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let name = name.into();
        let id = self.with(|state| {
            state.next += 1;
            state.running.push((state.next, Arc::clone(&name)));
            state.next
        });
        let tasks = self.clone();
        self.tracker.spawn(Ambient::current().scope(async move {
            let failure = match seam::caught(task).await {
                Err(panic) => {
                    tracing::error!(task = %name, message = panic.message, "task panicked");
                    Some(format!("{name} panicked"))
                }
                Ok(()) if !tasks.is_stopping() => Some(format!("{name} ended early")),
                Ok(()) => None,
            };
            tasks.with(|state| {
                state.running.retain(|(running, _)| *running != id);
                if let Some(failure) = failure {
                    tracing::error!(task = %name, "{failure}");
                    state.failed.push(failure);
                }
            });
        }));
    }

    /// Starts `work` in a task that the stop waits for. The work goes on if the returned handle is dropped.
    pub fn track<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
        self.tracker.spawn(Ambient::current().scope(work))
    }

    /// Tells all tasks to stop, without waiting.
    pub fn begin_stop(&self) {
        self.stopping.cancel();
    }

    /// Resolves once the process is told to stop.
    pub fn stopping(&self) -> WaitForCancellationFuture<'_> {
        self.stopping.cancelled()
    }

    /// True once the process is told to stop.
    pub fn is_stopping(&self) -> bool {
        self.stopping.is_cancelled()
    }

    /// Failures of tasks so far, oldest first, in words that anybody may read. The log has the messages of panics.
    pub fn failed(&self) -> Vec<String> {
        self.with(|state| state.failed.clone())
    }

    /// Tells all tasks to stop and waits for them, `limit` at most. Fails with the names of those that are still
    /// running then.
    pub async fn stop(&self, limit: Duration) -> Result<(), Vec<String>> {
        self.stopping.cancel();
        self.tracker.close();
        if tokio::time::timeout(limit, self.tracker.wait()).await.is_ok() {
            return Ok(());
        }
        Err(self.with(|state| state.running.iter().map(|(_, name)| name.to_string()).collect()))
    }

    fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
