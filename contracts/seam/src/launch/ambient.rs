use std::future::Future;

use tracing::{Instrument, Span};

use crate::{Context, chance::Chance, time::Clock};

/// The task-locals of this library and the span of a task, for one that it spawns.
#[derive(Clone, Debug)]
pub(crate) struct Ambient {
    context: Option<Context>,
    clock: Clock,
    chance: Chance,
    span: Span,
}

impl Ambient {
    pub(crate) fn current() -> Self {
        Self {
            context: Context::try_current(),
            clock: Clock::current(),
            chance: Chance::current(),
            span: Span::current(),
        }
    }

    pub(crate) fn request(&self) -> Option<String> {
        self.context.as_ref().map(|context| context.request_id.clone())
    }

    /// The context of the second side's call: marked as a shadow, and without a deadline, since nobody waits.
    pub(crate) fn shadow(&self) -> Context {
        let own = self.context.as_ref().map(Context::child);
        Context {
            shadow: true,
            deadline: None,
            ..own.unwrap_or_else(|| Context::root(Context::ANONYMOUS))
        }
    }

    /// Runs `future` with the clock, the randomness and the span, as the caller's own code would.
    pub(crate) async fn scope<F: Future>(self, future: F) -> F::Output {
        let Self {
            clock, chance, span, ..
        } = self;
        clock.scope(chance.scope(future.instrument(span))).await
    }

    /// Runs `future` with the caller's context.
    pub(crate) async fn as_caller<F: Future>(&self, future: F) -> F::Output {
        match &self.context {
            Some(context) => context.clone().scope(future).await,
            None => future.await,
        }
    }
}
