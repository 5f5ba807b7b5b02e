use std::{any::Any, panic::AssertUnwindSafe};

use futures::{FutureExt, future::BoxFuture};
use seam::{Context, replay};
use tokio::sync::oneshot;
use tracing::{Instrument, Span};

use super::{DatabaseError, Tx};

/// What became of a piece of work inside the transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is to be committed.
    Keep,
    /// It failed: roll it back, and nothing else.
    Discard,
}

/// A piece of work with its type forgotten, so that one queue holds them all.
pub(super) trait Work: Send {
    /// Nobody waits for the answer any more.
    fn is_abandoned(&self) -> bool;
    /// Runs it once.
    fn run<'c>(&'c mut self, tx: &'c mut Tx) -> BoxFuture<'c, Verdict>;
    /// Answers the caller: the work's own outcome, or the `failure` of the transaction that it rests on.
    fn settle(self: Box<Self>, failure: Option<&DatabaseError>);
}

/// The answer to the caller.
pub(super) enum Answer<T, E> {
    Done(Result<T, E>, Option<replay::Original>),
    Panicked(Box<dyn Any + Send>),
}

pub(super) struct Job<F, T, E> {
    work: Option<F>,
    answer: Option<Answer<T, E>>,
    reply: oneshot::Sender<Answer<T, E>>,
    context: Context,
    span: Span,
}

impl<F, T, E> Job<F, T, E> {
    /// Captures the caller's context and span.
    pub(super) fn new(work: F) -> (Self, oneshot::Receiver<Answer<T, E>>) {
        let (reply, receiver) = oneshot::channel();
        (
            Self {
                work: Some(work),
                answer: None,
                reply,
                context: Context::current(),
                span: Span::current(),
            },
            receiver,
        )
    }
}

impl<F, T, E> Work for Job<F, T, E>
where
    F: for<'c> FnOnce(&'c mut Tx) -> BoxFuture<'c, Result<T, E>> + Send,
    T: Send,
    E: From<DatabaseError> + Send,
{
    fn is_abandoned(&self) -> bool {
        self.reply.is_closed()
    }

    fn run<'c>(&'c mut self, tx: &'c mut Tx) -> BoxFuture<'c, Verdict> {
        let Some(work) = self.work.take() else {
            return Box::pin(async { Verdict::Discard });
        };
        let context = self.context.clone();
        let span = self.span.clone();
        Box::pin(async move {
            // The closure may panic before it returns its future, so it is called inside the guarded block.
            let guarded = AssertUnwindSafe(async move { work(tx).await });
            let scoped = context.scope(replay::capture(guarded.catch_unwind())).instrument(span);
            let (answer, verdict) = match scoped.await {
                (Ok(Ok(value)), original) => (Answer::Done(Ok(value), original), Verdict::Keep),
                (Ok(Err(error)), original) => (Answer::Done(Err(error), original), Verdict::Discard),
                (Err(panic), _) => (Answer::Panicked(panic), Verdict::Discard),
            };
            self.answer = Some(answer);
            verdict
        })
    }

    fn settle(self: Box<Self>, failure: Option<&DatabaseError>) {
        let answer = match (self.answer, failure) {
            (Some(Answer::Done(..)) | None, Some(failure)) => Answer::Done(Err(E::from(failure.clone())), None),
            (None, None) => Answer::Done(Err(E::from(DatabaseError::Closed)), None),
            (Some(answer), _) => answer,
        };
        // A caller that went away needs no answer.
        let _gone = self.reply.send(answer);
    }
}
