use std::time::Duration;

use seam::chance;

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
        let share = u32::try_from(chance::below(512)).unwrap_or(0);
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

#[cfg(test)]
mod tests {
    use seam::chance::Chance;

    use super::*;

    async fn pauses(seed: u64) -> Vec<Duration> {
        Chance::seeded(seed)
            .scope(async {
                let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_millis(300));
                (0..4).map(|_| backoff.pause()).collect()
            })
            .await
    }

    #[tokio::test]
    async fn pauses_grow_to_the_longest_and_are_shortened_by_up_to_a_half_as_the_seed_says() {
        let drawn = pauses(7).await;

        for (pause, whole) in drawn.iter().zip([100, 200, 300, 300]) {
            let whole = Duration::from_millis(whole);
            assert!(whole / 2 < *pause && *pause <= whole, "{drawn:?}");
        }
        assert_eq!(drawn, pauses(7).await);
        assert_ne!(drawn, pauses(8).await);
    }
}
