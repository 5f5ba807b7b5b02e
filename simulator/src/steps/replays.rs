use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

use super::{Request, Response};

/// Header of an idempotency key.
const KEY: &str = "idempotency-key";

/// Watch on the first uses of idempotency keys. A system that has not seen a key before can't have done its request
/// already, so a first answer that is a replay tells of an earlier run with the same keys.
#[derive(Debug, Default)]
pub(super) struct Replays(Mutex<Seen>);

#[derive(Debug, Default)]
struct Seen {
    keys: HashSet<String>,
    answered: u64,
    replayed: u64,
}

impl Replays {
    /// Notes the answer to a request; `None` for none. The keys of earlier requests are known.
    pub(super) fn note(&self, request: &Request, answer: Option<&Response>) {
        let mut headers = request.headers.iter();
        let Some((_, key)) = headers.find(|(name, _)| name.eq_ignore_ascii_case(KEY)) else {
            return;
        };
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.keys.insert(key.clone())
            && let Some(answer) = answer
        {
            seen.answered += 1;
            seen.replayed += u64::from(answer.replayed);
        }
    }

    /// Number of keys whose first use was answered, if each of these answers was a replay.
    pub(super) fn all(&self) -> Option<u64> {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (seen.answered > 0 && seen.answered == seen.replayed).then_some(seen.answered)
    }
}
