use std::{future::Future, time::Duration};

use crate::{
    Trace, chance,
    time::{self, Instant},
};

tokio::task_local! {
    static CURRENT: Option<Context>;
}

/// What travels beside the arguments of a call: task-local in process, headers on the wire.
///
/// It belongs to the task: a spawned task begins without one, so hand it on with [`Context::scope`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context {
    /// Names the request that a client made; calls made on its behalf keep it.
    pub request_id: String,
    /// The same for all that one first request set off, across events too.
    pub correlation_id: String,
    /// The event or request that caused this one directly.
    pub causation_id: Option<String>,
    /// Where the call stands in its trace.
    pub trace: Trace,
    /// When the caller stops waiting; none: never.
    pub deadline: Option<Instant>,
    /// Who calls. Idempotency keys of different callers have nothing to do with each other.
    pub caller: String,
    /// Whether this call only rehearses: its effects must stay in the rehearsal.
    pub shadow: bool,
}

impl Context {
    /// The caller of whom nothing is known.
    pub const ANONYMOUS: &'static str = "anonymous";

    /// A first request of `caller`: fresh ids, a fresh trace, no deadline.
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

    /// The context of the running task; outside any [`Context::scope`] a fresh [`Context::root`] of `anonymous`.
    pub fn current() -> Self {
        Self::try_current().unwrap_or_else(|| Self::root(Self::ANONYMOUS))
    }

    /// The context of the running task, if it has one.
    pub fn try_current() -> Option<Self> {
        CURRENT.try_with(Clone::clone).ok().flatten()
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

    /// How long the caller still waits; zero once the deadline is past, none where there is no deadline.
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
