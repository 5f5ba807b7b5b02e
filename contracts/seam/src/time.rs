//! Clocks. Code that a seed may drive reads them here and nowhere else.
//!
//! - [`now`] is the wall clock, for timestamps. A [`Clock`] around the task replaces it.
//! - [`monotonic`] is the clock of deadlines and elapsed times. It is tokio's own, so that readings and timers
//!   (`sleep`, `timeout_at`) never disagree: a runtime whose time is paused moves both.
//!
//! Virtual time is thus a paused runtime plus a [`Clock`], whose wall clock then follows the paused time:
//!
//! ```
//! use seam::time::{self, Clock};
//! use std::time::{Duration, SystemTime};
//!
//! # tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap().block_on(async {
//! let new_year = SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600);
//! Clock::starting_at(new_year).scope(async {
//!     tokio::time::sleep(Duration::from_secs(3_600)).await; // takes no real time
//!     assert!(time::now() >= new_year + Duration::from_secs(3_600));
//! }).await;
//! # });
//! ```

use std::{future::Future, time::SystemTime};

pub use tokio::time::Instant;

tokio::task_local! {
    static CURRENT: Clock;
}

/// A wall clock for a task, in place of the system's.
///
/// It belongs to the task, as a [`Context`](crate::Context) does: a spawned task reads the system's clock unless
/// [`Clock::current`] is handed on with [`Clock::scope`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock(Reading);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    System,
    Since { wall: SystemTime, begun: Instant },
}

/// The time of day, from the [`Clock`] of the running task or else from the system. It may jump, backwards too.
pub fn now() -> SystemTime {
    Clock::current().now()
}

/// The time for deadlines and elapsed times. It never goes backwards, and means nothing outside this process.
pub fn monotonic() -> Instant {
    Instant::now()
}

impl Clock {
    /// The system's wall clock.
    pub const SYSTEM: Self = Self(Reading::System);

    /// A clock that shows `wall` now and goes on as fast as [`monotonic`].
    pub fn starting_at(wall: SystemTime) -> Self {
        let begun = monotonic();
        Self(Reading::Since { wall, begun })
    }

    /// The clock of the running task; [`Clock::SYSTEM`] outside any [`Clock::scope`].
    pub fn current() -> Self {
        CURRENT.try_with(|clock| *clock).unwrap_or(Self::SYSTEM)
    }

    /// Runs `future` with this clock.
    pub async fn scope<F: Future>(self, future: F) -> F::Output {
        CURRENT.scope(self, future).await
    }

    /// The time that this clock shows.
    pub fn now(&self) -> SystemTime {
        match self.0 {
            Reading::System => SystemTime::now(),
            Reading::Since { wall, begun } => wall.checked_add(begun.elapsed()).unwrap_or(wall),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::{Clock, monotonic, now};

    const BEGIN: Duration = Duration::from_secs(1_000_000_000);

    fn begin() -> SystemTime {
        SystemTime::UNIX_EPOCH + BEGIN
    }

    #[tokio::test(start_paused = true)]
    async fn in_virtual_time_both_clocks_move_by_the_same_and_only_when_time_passes() {
        let clock = Clock::starting_at(begin());
        clock
            .scope(async {
                let started = monotonic();
                assert_eq!((now(), now()), (begin(), begin()));

                tokio::time::advance(Duration::from_millis(1_500)).await;

                assert_eq!(started.elapsed(), Duration::from_millis(1_500));
                assert_eq!(now(), begin() + Duration::from_millis(1_500));
            })
            .await;
    }

    #[tokio::test]
    async fn without_a_clock_of_its_own_a_task_reads_the_systems() {
        let near = |time: SystemTime| time.elapsed().is_ok_and(|since| since < Duration::from_secs(60));
        assert!(near(now()));

        Clock::starting_at(begin())
            .scope(async {
                assert!(!near(now()));
                assert!(
                    near(tokio::spawn(async { now() }).await.unwrap()),
                    "a clock belongs to its task"
                );
                assert!(near(Clock::SYSTEM.scope(async { now() }).await));
            })
            .await;
        assert!(near(now()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_clock_that_is_handed_on_goes_on() {
        let clock = Clock::starting_at(begin());
        let inner = clock.scope(async { Clock::current() }).await;
        tokio::time::advance(Duration::from_secs(5)).await;

        let seen = tokio::spawn(inner.scope(async { now() })).await.unwrap();

        assert_eq!(seen, begin() + Duration::from_secs(5));
    }
}
