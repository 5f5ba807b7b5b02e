use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::latency::{LONGEST, at_most};
use crate::{fault::Problem, units};

/// Has requests of different connections reach the upstream in the other order: the first is held until a second one,
/// which fits the selector too, has reached the upstream and is answered there, or until `within` is over.
///
/// Any request that fits may be the second one; the number and the chance of `on.http.requests` choose those that are
/// held, and one at a time is. It fired if the second was sent on whole before the first, its `delay_request` included;
/// a fault on bytes towards the upstream, such as `latency`, may still hold the second back. A request that was held
/// alone is recorded as unfit. What comes behind a held request on its connection waits for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reorder {
    /// Longest time for which a request is held, at most 1 h.
    #[schemars(with = "units::Text")]
    #[serde(with = "units")]
    pub within: Duration,
}

impl Reorder {
    pub(super) fn check(&self) -> Result<(), Problem> {
        at_most("does.reorder.within", self.within, LONGEST)
    }
}

/// Place of a link at which one request may be held for another one.
#[derive(Debug, Default)]
pub(crate) struct Crossing(Mutex<Option<(u64, Arc<Turn>)>>);

/// Turn of a request that is held.
#[derive(Debug, Default)]
pub(crate) struct Turn {
    /// Moment at which the other request is sent on whole, once that is known.
    overtaken: Mutex<Option<Instant>>,
    over: CancellationToken,
}

impl Turn {
    /// Returns once the request has been overtaken, or will not be.
    pub(crate) async fn over(&self) {
        self.over.cancelled().await;
    }

    /// Tells if the other request has been sent on by now.
    pub(crate) fn was_overtaken(&self) -> bool {
        self.overtaken().is_some_and(|at| at <= Instant::now())
    }

    fn overtaken(&self) -> MutexGuard<'_, Option<Instant>> {
        self.overtaken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Crossing {
    /// Takes the turn of a request that is held on another connection, to overtake it.
    pub(crate) fn overtake(&self, connection: u64) -> Option<Arc<Turn>> {
        let mut place = self.place();
        let taken = place.take_if(|(other, _)| *other != connection);
        taken.map(|(_, turn)| turn)
    }

    /// Holds a request, unless another one is held.
    pub(crate) fn hold(&self, connection: u64) -> Option<Arc<Turn>> {
        let mut place = self.place();
        if place.is_some() {
            return None;
        }
        let turn = Arc::default();
        *place = Some((connection, Arc::clone(&turn)));
        Some(turn)
    }

    /// Takes a request away that is held no more.
    pub(crate) fn leave(&self, turn: &Arc<Turn>) {
        self.place().take_if(|(_, other)| Arc::ptr_eq(other, turn));
    }

    fn place(&self) -> MutexGuard<'_, Option<(u64, Arc<Turn>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Requests that one request overtakes. Dropped, which the first part of its reply or the end of its connection does,
/// they go on.
#[derive(Debug, Default)]
pub(crate) struct Overtaking(pub(crate) Vec<Arc<Turn>>);

impl Overtaking {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Notes that the whole request goes to the upstream at this moment.
    pub(crate) fn sent(&self, due: Instant) {
        self.0.iter().for_each(|turn| *turn.overtaken() = Some(due));
    }

    /// Notes that the request waits no longer than until now, if the rest of it was only delayed.
    pub(crate) fn hurry(&self, now: Instant) {
        let moments = self.0.iter().map(|turn| turn.overtaken());
        moments.for_each(|mut at| *at = at.map(|at| at.min(now)));
    }
}

impl Drop for Overtaking {
    fn drop(&mut self) {
        self.0.iter().for_each(|turn| turn.over.cancel());
    }
}
