use std::{fmt, time::Duration};

use commerce::Error;
use seam::{Context, TransportFailure, replay};

/// Calls another module in the course of our own work: no longer than `limit`, in a span of its own, and what it says about
/// replays is not taken for ours.
///
/// No answer in time is what it is on a network: unknown.
pub(crate) async fn ask<T, C: fmt::Display>(
    module: &str,
    limit: Duration,
    call: impl Future<Output = Result<T, Error<C>>>,
) -> Result<T, Error<C>> {
    let context = Context::current().child().within(limit);
    let patience = context.remaining().unwrap_or(limit);
    match tokio::time::timeout(patience, context.scope(replay::shield(call))).await {
        Ok(answer) => answer,
        Err(_) => Err(Error::Transport(TransportFailure::new(
            module,
            format!("no answer within {patience:?}"),
        ))),
    }
}
