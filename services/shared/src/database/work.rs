use std::{any::Any, panic::AssertUnwindSafe};

use futures::{FutureExt, future::BoxFuture};
use seam::{Context, original};
use tokio::sync::oneshot;
use tracing::{Instrument, Span};

use super::{DatabaseError, Tx};
use crate::ambient::Ambient;

/// Decision on a piece of work that has run inside the transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Disposition {
    /// Commit the work.
    Keep,
    /// Roll it back, because it failed, and nothing else.
    Discard,
}

/// A piece of work with its types erased, so that one queue holds all of them.
pub(super) trait QueuedWork: Send {
    /// True if nobody waits for the result any more.
    fn is_abandoned(&self) -> bool;
    /// True if the work counts among the database's writes.
    fn counts(&self) -> bool;
    /// Runs the work once.
    fn run<'c>(&'c mut self, tx: &'c mut Tx) -> BoxFuture<'c, Disposition>;
    /// Sends the result to the caller: the work's own, or the `failure` of the transaction that it is part of.
    fn settle(self: Box<Self>, failure: Option<&DatabaseError>);
}

/// The result of a piece of work, on its way to the caller.
pub(super) enum WorkResult<T, E> {
    Done(Result<T, E>, Option<original::Original>),
    Panicked(Box<dyn Any + Send>),
}

/// A piece of work in the queue, with the place where its caller waits.
pub(super) struct Job<F, T, E> {
    work: Option<F>,
    result: Option<WorkResult<T, E>>,
    reply: oneshot::Sender<WorkResult<T, E>>,
    context: Context,
    ambient: Ambient,
    span: Span,
    counts: bool,
}

impl<F, T, E> Job<F, T, E> {
    /// Captures the caller's context, clock, randomness and span; the receiver gets the result.
    pub(super) fn new(work: F) -> (Self, oneshot::Receiver<WorkResult<T, E>>) {
        let (reply, receiver) = oneshot::channel();
        (
            Self {
                work: Some(work),
                result: None,
                reply,
                context: Context::current(),
                ambient: Ambient::current(),
                span: Span::current(),
                counts: true,
            },
            receiver,
        )
    }

    /// The same work, left out of the database's counters.
    pub(super) fn uncounted(self) -> Self {
        Self { counts: false, ..self }
    }
}

impl<F, T, E> QueuedWork for Job<F, T, E>
where
    F: for<'c> FnOnce(&'c mut Tx) -> BoxFuture<'c, Result<T, E>> + Send,
    T: Send,
    E: From<DatabaseError> + Send,
{
    fn is_abandoned(&self) -> bool {
        self.reply.is_closed()
    }

    fn counts(&self) -> bool {
        self.counts
    }

    fn run<'c>(&'c mut self, tx: &'c mut Tx) -> BoxFuture<'c, Disposition> {
        let Some(work) = self.work.take() else {
            return Box::pin(async { Disposition::Discard });
        };
        let (context, ambient) = (self.context.clone(), self.ambient.clone());
        let span = self.span.clone();
        Box::pin(async move {
            // Called inside the guarded block, because the closure may panic before it returns its future.
            let guarded = AssertUnwindSafe(async move { work(tx).await });
            let scoped = ambient
                .scope(context.scope(original::capture(guarded.catch_unwind())))
                .instrument(span);
            let (result, disposition) = match scoped.await {
                (Ok(Ok(value)), original) => (WorkResult::Done(Ok(value), original), Disposition::Keep),
                (Ok(Err(error)), original) => (WorkResult::Done(Err(error), original), Disposition::Discard),
                (Err(panic), _) => (WorkResult::Panicked(panic), Disposition::Discard),
            };
            self.result = Some(result);
            disposition
        })
    }

    fn settle(self: Box<Self>, failure: Option<&DatabaseError>) {
        let result = match (self.result, failure) {
            (Some(WorkResult::Done(..)) | None, Some(failure)) => WorkResult::Done(Err(E::from(failure.clone())), None),
            (None, None) => WorkResult::Done(Err(E::from(DatabaseError::Closed)), None),
            (Some(result), _) => result,
        };
        // A caller that went away needs no result.
        let _gone = self.reply.send(result);
    }
}
