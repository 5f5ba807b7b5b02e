use std::{future::Future, time::Duration};

use crate::{
    Trace, chance,
    time::{self, Instant},
};

tokio::task_local! {
    static CURRENT: Option<Context>;
}

/// The values that travel beside the arguments of a call: task-local in process, headers on the wire.
///
/// A context belongs to its task. A spawned task begins without one, so hand it on with [`Context::scope`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context {
    /// The id of the client's request. Calls made on its behalf keep it.
    pub request_id: String,
    /// The id of everything that one first request set off, across events too.
    pub correlation_id: String,
    /// The id of the event or request that caused this one directly.
    pub causation_id: Option<String>,
    /// The position of the call in its trace.
    pub trace: Trace,
    /// The moment at which the caller stops waiting; `None` if it waits for ever.
    pub deadline: Option<Instant>,
    /// The name of the caller. Equal idempotency keys of different callers are different keys.
    pub caller: String,
    /// `true` if the call is part of a rehearsal, in which its effects must stay.
    pub shadow: bool,
}

impl Context {
    /// The name of an unknown caller.
    pub const ANONYMOUS: &'static str = "anonymous";

    /// Creates the context of a first request of `caller`: new ids, a new trace, no deadline.
    pub fn root(caller: &str) -> Self {
        let request_id = chance::id().to_string();
        Self {
            correlation_id: request_id.clone(),
            request_id,
            causation_id: None,
            trace: Trace::begin(),
            deadline: None,
            caller: caller.to_owned(),
            shadow: false,
        }
    }

    /// The context of the running task; outside any [`Context::scope`] a new [`Context::root`] of `anonymous`.
    pub fn current() -> Self {
        Self::try_current().unwrap_or_else(|| Self::root(Self::ANONYMOUS))
    }

    /// The context of the running task, if it has one.
    pub fn try_current() -> Option<Self> {
        CURRENT.try_with(Clone::clone).ok().flatten()
    }

    /// Looks at the context of the running task, if it has one, without a copy.
    pub(crate) fn peek<T>(mut look: impl FnMut(Option<&Self>) -> T) -> T {
        CURRENT
            .try_with(|context| look(context.as_ref()))
            .unwrap_or_else(|_| look(None))
    }

    /// Runs `future` within this context.
    pub async fn scope<F: Future>(self, future: F) -> F::Output {
        CURRENT.scope(Some(self), future).await
    }

    /// The same request in a new span of its trace.
    #[must_use]
    pub fn child(&self) -> Self {
        Self {
            trace: self.trace.child(),
            ..self.clone()
        }
    }

    /// The same context with a deadline `limit` from now, or the one it has if that is earlier.
    #[must_use]
    pub fn within(self, limit: Duration) -> Self {
        let deadline = time::monotonic().checked_add(limit);
        let deadline = match (self.deadline, deadline) {
            (Some(own), Some(new)) => Some(own.min(new)),
            (own, new) => own.or(new),
        };
        Self { deadline, ..self }
    }

    /// The time for which the caller still waits: zero once the deadline is past, `None` without a deadline.
    pub fn remaining(&self) -> Option<Duration> {
        self.deadline
            .map(|deadline| deadline.saturating_duration_since(time::monotonic()))
    }

    /// Runs `future` as a task of its own would: without the context around it.
    #[cfg(feature = "http")]
    pub(crate) async fn outside<F: Future>(future: F) -> F::Output {
        CURRENT.scope(None, future).await
    }
}
