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
    trouble: BTreeMap<String, Trouble>,
}

/// The reason why a resource is not available, and since when.
#[derive(Debug)]
struct Trouble {
    since: Instant,
    reason: String,
    /// The reason in words that anybody may read: without ids, and without the messages of drivers and operating
    /// systems.
    shown: String,
}

impl Status {
    /// Counts dead letters and the events parked behind them.
    pub(super) fn letters(&self) -> u64 {
        self.state().letters
    }

    pub(super) fn set_letters(&self, letters: u64) {
        self.state().letters = letters;
    }

    /// Notes that a resource is not available, such as the feed or an event's handler, with the reason as the log has
    /// it and as anybody may read it. `true` if it was available until now.
    pub(super) fn troubled(&self, resource: &str, reason: String, shown: impl Into<String>) -> bool {
        let mut state = self.state();
        let known = state.trouble.get(resource);
        let trouble = Trouble {
            since: known.map_or_else(Instant::now, |known| known.since),
            reason,
            shown: shown.into(),
        };
        state.trouble.insert(resource.to_owned(), trouble).is_none()
    }

    /// Notes that the resource is available again.
    pub(super) fn untroubled(&self, resource: &str) {
        self.state().trouble.remove(resource);
    }

    /// The trouble that has lasted longest.
    pub(super) fn trouble(&self) -> Option<String> {
        let state = self.state();
        let (resource, longest) = state.trouble.iter().min_by_key(|(_, trouble)| trouble.since)?;
        let Trouble { since, reason, .. } = longest;
        Some(format!("{resource}: {reason} (for {} s)", since.elapsed().as_secs()))
    }

    /// The trouble that has lasted longest, in words that anybody may read.
    pub(super) fn trouble_for_anybody(&self) -> Option<String> {
        let state = self.state();
        let Trouble { since, shown, .. } = state.trouble.values().min_by_key(|trouble| trouble.since)?;
        Some(format!("{shown} (for {} s)", since.elapsed().as_secs()))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
