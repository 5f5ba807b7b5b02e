use std::{
    hash::{BuildHasher, RandomState},
    time::Duration,
};

/// Growing pauses between attempts: each twice the one before, up to a limit. Each is shortened by up to a half at
/// random, so that many who failed together do not come back together.
#[derive(Clone, Debug)]
pub struct Backoff {
    next: Duration,
    first: Duration,
    longest: Duration,
}

impl Backoff {
    /// Pauses that begin with `first` and grow to `longest`.
    pub fn new(first: Duration, longest: Duration) -> Self {
        Self {
            next: first,
            first,
            longest,
        }
    }

    /// Returns the pause before the next attempt.
    pub fn pause(&mut self) -> Duration {
        let pause = self.next;
        self.next = (pause * 2).min(self.longest);
        let share = u32::try_from(RandomState::new().hash_one(0) % 512).unwrap_or(0);
        pause - pause * share / 1024
    }

    /// Returns to the first pause, after a success.
    pub fn reset(&mut self) {
        self.next = self.first;
    }
}

impl Default for Backoff {
    /// Pauses from 50 ms to 5 s.
    fn default() -> Self {
        Self::new(Duration::from_millis(50), Duration::from_secs(5))
    }
}
