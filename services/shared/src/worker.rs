use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures::{FutureExt, future::BoxFuture};
use tokio::{sync::Notify, time::Instant};

use crate::{Backoff, Tasks};

/// What a worker is to do after a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Go on at once: there is more to do.
    Again,
    /// Wait until it is woken.
    Idle,
    /// Wait until it is woken, but no longer than this.
    After(Duration),
}

/// What a [`Worker`] does when it is woken.
#[seam::async_trait]
pub trait Round: Send + Sync + 'static {
    /// Does what is due. An error is logged, shown in readiness, and tried again after a growing pause.
    ///
    /// It must be safe to drop at any await: the process may be killed there too.
    async fn round(&self) -> Result<Next, String>;
}

/// A background loop: one round at the start (for what a crash left behind), then one whenever it is woken or its time has come.
///
/// A clone is another handle on the same loop.
#[derive(Clone, Debug)]
pub struct Worker {
    wake: Arc<Notify>,
    trouble: Arc<Mutex<Option<String>>>,
}

impl Worker {
    /// Starts the loop. It ends between two rounds once `tasks` are told to stop.
    pub fn start(name: &str, tasks: &Tasks, round: impl Round) -> Self {
        let worker = Self::idle();
        worker.run(name, tasks, round);
        worker
    }

    /// A handle whose loop is not running yet: it may be woken and handed out before [`Worker::run`].
    pub fn idle() -> Self {
        Self {
            wake: Arc::new(Notify::new()),
            trouble: Arc::default(),
        }
    }

    /// Starts the loop of a handle that was made by [`Worker::idle`].
    pub fn run(&self, name: &str, tasks: &Tasks, round: impl Round) {
        let worker = self.clone();
        let stopping = tasks.clone();
        let name = name.to_owned();
        tasks.spawn(name.clone(), async move { worker.work(&name, &stopping, round).await });
    }

    /// A round begins soon: now, or after the one that is running. Never blocks, and many wakes are one.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// Why the last round failed, if it did: a readiness check.
    pub fn check(&self) -> Result<(), String> {
        match &*self.trouble.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(reason) => Err(reason.clone()),
            None => Ok(()),
        }
    }

    async fn work(&self, name: &str, tasks: &Tasks, round: impl Round) {
        let mut backoff = Backoff::default();
        while !tasks.is_stopping() {
            let outcome = seam::Context::root(name).scope(round.round()).await;
            let until = match &outcome {
                Ok(Next::Again) => Some(Instant::now()),
                Ok(Next::After(pause)) => Some(Instant::now() + *pause),
                Ok(Next::Idle) => None,
                Err(reason) => {
                    tracing::warn!(worker = name, reason, "round failed");
                    Some(Instant::now() + backoff.pause())
                }
            };
            if outcome.is_ok() {
                backoff.reset();
            }
            // A wake must not shorten the pause after a failure: every new piece of work would hammer what is down.
            let wake: BoxFuture<'_, ()> = match outcome {
                Ok(_) => self.wake.notified().boxed(),
                Err(_) => futures::future::pending().boxed(),
            };
            *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = outcome.err();
            tokio::select! {
                () = tasks.stopping() => {}
                () = wake => {}
                () = at(until) => {}
            }
        }
    }
}

async fn at(until: Option<Instant>) {
    match until {
        Some(until) => tokio::time::sleep_until(until).await,
        None => std::future::pending().await,
    }
}
