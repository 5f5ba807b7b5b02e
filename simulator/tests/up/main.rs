//! `seam up` and the local backend with programs that are none of ours, as real processes.

#![expect(clippy::unwrap_used, reason = "a fixture that breaks fails its test")]

mod conduct;
mod deaths;
mod disk;
mod faults;
mod kills;
mod kinds;
mod life;
mod links;
mod live;
mod places;
mod readiness;
mod seam;
