use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::task::JoinHandle;
use tokio_util::{
    sync::{CancellationToken, WaitForCancellationFuture},
    task::TaskTracker,
};

/// The background tasks of a process: all hear the same stop, and it is known which are still running.
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
    /// No tasks yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts `task`. It should end soon after [`Tasks::stopping`] resolves. A panic, or an end before that, is logged and reported by
    /// [`Tasks::failed`]: background tasks are not meant to end.
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
        self.tracker.spawn(async move {
            let failure = match seam::caught(task).await {
                Err(panic) => Some(format!("{name} panicked: {}", panic.message)),
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
        });
    }

    /// Starts `work` in a task that the stop waits for, and gives its outcome to whoever asks; it goes on if nobody does.
    pub fn track<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
        self.tracker.spawn(work)
    }

    /// Tells all tasks to stop, without waiting.
    pub fn begin_stop(&self) {
        self.stopping.cancel();
    }

    /// Resolves once the process is to stop.
    pub fn stopping(&self) -> WaitForCancellationFuture<'_> {
        self.stopping.cancelled()
    }

    /// Whether the process is to stop.
    pub fn is_stopping(&self) -> bool {
        self.stopping.is_cancelled()
    }

    /// What went wrong with tasks so far, oldest first.
    pub fn failed(&self) -> Vec<String> {
        self.with(|state| state.failed.clone())
    }

    /// Tells all tasks to stop and waits for them, at most `limit`; gives the names of those that are still running then.
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
