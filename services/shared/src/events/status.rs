use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use seam::time::Instant;

/// Health of one subscription, as readiness and `/stats` show it.
#[derive(Debug, Default)]
pub(super) struct Status {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    letters: u64,
    /// Reason by resource, with the time since when the resource is not available.
    trouble: BTreeMap<String, (Instant, String)>,
}

impl Status {
    /// Counts dead letters and the events parked behind them.
    pub(super) fn letters(&self) -> u64 {
        self.state().letters
    }

    pub(super) fn set_letters(&self, letters: u64) {
        self.state().letters = letters;
    }

    /// Notes that a resource is not available, such as the feed or an event's handler.
    pub(super) fn troubled(&self, resource: &str, reason: String) {
        let mut state = self.state();
        let since = state.trouble.get(resource);
        let since = since.map_or_else(Instant::now, |(since, _)| *since);
        state.trouble.insert(resource.to_owned(), (since, reason));
    }

    /// Notes that the resource is available again.
    pub(super) fn untroubled(&self, resource: &str) {
        self.state().trouble.remove(resource);
    }

    /// The trouble that has lasted longest.
    pub(super) fn trouble(&self) -> Option<String> {
        let state = self.state();
        let (resource, (since, reason)) = state.trouble.iter().min_by_key(|(_, (since, _))| *since)?;
        Some(format!("{resource}: {reason} (for {} s)", since.elapsed().as_secs()))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
