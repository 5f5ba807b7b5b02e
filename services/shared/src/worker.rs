use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures::{FutureExt, future::BoxFuture};
use seam::time::Instant;
use tokio::sync::Notify;

use crate::{Backoff, Tasks};

/// Time of a worker's next round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// At once, because there is more to do.
    Again,
    /// Once the worker is woken.
    Idle,
    /// Once the worker is woken, and after this time at the latest.
    After(Duration),
}

/// The work of a [`Worker`], done each time it is woken.
#[seam::async_trait]
pub trait Round: Send + Sync + 'static {
    /// Does everything that is due. After an error, which is logged and shown by [`Worker::check`], the next round
    /// comes after a growing pause.
    ///
    /// The future must be safe to drop at any await, as the process may be killed there.
    async fn round(&self) -> Result<Next, String>;
}

/// A background loop: one round at the start, for work that a crash has left behind, then one whenever the worker
/// is woken or its time has come. Rounds never overlap.
///
/// A clone is another handle on the same loop.
#[derive(Clone, Debug)]
pub struct Worker {
    wake: Arc<Notify>,
    trouble: Arc<Mutex<Option<String>>>,
}

impl Worker {
    /// Starts the loop, which ends between two rounds once `tasks` are told to stop.
    pub fn start(name: &str, tasks: &Tasks, round: impl Round) -> Self {
        let worker = Self::idle();
        worker.run(name, tasks, round);
        worker
    }

    /// A handle whose loop does not run yet; it may be woken and handed out before [`Worker::run`].
    pub fn idle() -> Self {
        Self {
            wake: Arc::new(Notify::new()),
            trouble: Arc::default(),
        }
    }

    /// Starts the loop of a handle that [`Worker::idle`] made.
    pub fn run(&self, name: &str, tasks: &Tasks, round: impl Round) {
        let worker = self.clone();
        let stopping = tasks.clone();
        let name = name.to_owned();
        tasks.spawn(name.clone(), async move { worker.work(&name, &stopping, round).await });
    }

    /// Asks for a round: now, or after the one that is running. Never blocks. Several wakes before a round make one
    /// round.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// Fails with the reason if the last round failed. Meant as a readiness check.
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
                    tracing::warn!(worker = name, reason, "round failed, will be tried again");
                    Some(Instant::now() + backoff.pause())
                }
            };
            if outcome.is_ok() {
                backoff.reset();
            }
            // A wake must not shorten the pause after a failure: every new piece of work would hammer a service
            // that is down.
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
