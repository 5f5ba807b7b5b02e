//! Ctrl-C and the other signals that ask a program to end.

use std::{future::Future, io};

use futures::{Stream, stream};
use thiserror::Error;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// A listener to SIGINT (Ctrl-C), SIGTERM and SIGHUP (the terminal is gone). From [`Interrupt::listen`] on, none of
/// these ends the process by itself.
#[derive(Debug)]
pub struct Interrupt {
    signals: [Signal; 3],
}

/// A signal that arrived before some work was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("interrupted")]
pub struct Interrupted;

impl Interrupt {
    /// Begins to listen.
    ///
    /// # Errors
    /// When the system refuses a handler.
    pub fn listen() -> io::Result<Self> {
        Ok(Self {
            signals: [
                signal(SignalKind::interrupt())?,
                signal(SignalKind::terminate())?,
                signal(SignalKind::hangup())?,
            ],
        })
    }

    /// Returns when a signal arrives. May be awaited again, for the next one.
    pub async fn received(&mut self) {
        let [interrupt, terminate, hangup] = &mut self.signals;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }

    /// The signals as a stream, one item each. It does not end.
    pub fn into_stream(self) -> impl Stream<Item = ()> {
        stream::unfold(self, async |mut signals| {
            signals.received().await;
            Some(((), signals))
        })
    }

    /// Does some work until it is done or a signal arrives, which drops the work.
    ///
    /// # Errors
    /// When a signal arrives first.
    pub async fn or<T>(&mut self, work: impl Future<Output = T>) -> Result<T, Interrupted> {
        tokio::select! {
            biased;
            () = self.received() => Err(Interrupted),
            done = work => Ok(done),
        }
    }
}
