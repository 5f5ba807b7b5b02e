//! Randomness. Code that a seed may drive draws here and nowhere else.
//!
//! - [`bits`], [`below`] and [`id`] draw from the [`Chance`] of the running task, or else from a generator that
//!   the system seeded once per thread.
//! - [`draw`] needs no state: each choice is named, and one more choice changes no other.
//!
//! Numbers and ids drawn here tell things apart. They are not secrets: who has seen some may guess the next.
//!
//! ```
//! use seam::chance::{self, Chance};
//!
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! let run = || Chance::seeded(7).scope(async { (chance::bits(), chance::below(6)) });
//! assert_eq!(run().await, run().await);
//! # });
//! ```

use std::{
    cell::Cell,
    collections::hash_map::RandomState,
    future::Future,
    hash::BuildHasher,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::UNIX_EPOCH,
};

use uuid::{Builder, Uuid};

use crate::time;

/// The step of SplitMix64's state: 2^64 divided by the golden ratio, made odd.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

tokio::task_local! {
    static CURRENT: Chance;
}

thread_local! {
    // State and odd step of a SplitMix64 generator. Asking the system for each id costs more than a whole call
    // in process.
    static SYSTEM: Cell<(u64, u64)> = Cell::new((system_seed(0), system_seed(1) | 1));
}

/// A source of random numbers for a task, in place of the system's.
///
/// Clones share one sequence. It belongs to the task, as a [`Context`](crate::Context) does: a spawned task
/// draws from the system unless [`Chance::current`] is handed on with [`Chance::scope`]. Tasks that share one
/// on several threads draw in an order that no seed determines.
#[derive(Clone, Debug)]
pub struct Chance(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    Seeded(Arc<AtomicU64>),
}

/// Draws 64 random bits.
pub fn bits() -> u64 {
    match CURRENT.try_with(Chance::bits) {
        Ok(bits) => bits,
        Err(_) => system_bits(),
    }
}

/// Draws a number from 0 to `bound - 1`; 0 if `bound` is 0. Every number is as likely as any other, to within
/// `bound` in 2^64.
pub fn below(bound: u64) -> u64 {
    scaled(bits(), bound)
}

/// Draws a UUIDv7 (RFC 9562), which sorts by the millisecond of [`time::now`].
pub fn id() -> Uuid {
    let since = time::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let random = (u128::from(bits()) << 64 | u128::from(bits())).to_be_bytes();
    let mut tail = [0; 10];
    tail.copy_from_slice(&random[..10]);
    Builder::from_unix_timestamp_millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX), &tail).into_uuid()
}

/// Draws for one purpose and ordinal: a hash of all three, the same in every version.
///
/// Draws don't depend on each other or on their order, so one more choice in a run leaves all others as they were.
pub fn draw(seed: u64, purpose: &str, ordinal: u64) -> u64 {
    let named = purpose
        .bytes()
        .fold(mix(seed), |state, byte| mix(state ^ u64::from(byte)));
    mix(named ^ mix(ordinal))
}

/// Hashes 64 bits to 64: what SplitMix64 draws from the state `value`. Every bit of `value` changes about half of the
/// result's (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014).
pub fn mix(value: u64) -> u64 {
    finalise(value.wrapping_add(STEP))
}

impl Chance {
    /// The system's randomness.
    pub const SYSTEM: Self = Self(Source::System);

    /// The sequence of `seed`, the same in every run and every version.
    pub fn seeded(seed: u64) -> Self {
        Self(Source::Seeded(Arc::new(AtomicU64::new(seed))))
    }

    /// The source of the running task; [`Chance::SYSTEM`] outside any [`Chance::scope`].
    pub fn current() -> Self {
        CURRENT.try_with(Clone::clone).unwrap_or(Self::SYSTEM)
    }

    /// Runs `future` with this source.
    pub async fn scope<F: Future>(self, future: F) -> F::Output {
        CURRENT.scope(self, future).await
    }

    /// Draws 64 random bits.
    pub fn bits(&self) -> u64 {
        match &self.0 {
            Source::System => system_bits(),
            Source::Seeded(state) => mix(state.fetch_add(STEP, Relaxed)),
        }
    }

    /// Draws a number from 0 to `bound - 1`, as [`below`] does.
    pub fn below(&self, bound: u64) -> u64 {
        scaled(self.bits(), bound)
    }
}

fn system_bits() -> u64 {
    let (state, step) = SYSTEM.get();
    let state = state.wrapping_add(step);
    SYSTEM.set((state, step));
    finalise(state)
}

// The standard library draws the keys of its hash maps from the system.
fn system_seed(salt: u64) -> u64 {
    RandomState::new().hash_one(salt)
}

fn finalise(state: u64) -> u64 {
    let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

// The high half of the product (Lemire): no division, and no bound is favoured as by a remainder.
fn scaled(bits: u64, bound: u64) -> u64 {
    u64::try_from((u128::from(bits) * u128::from(bound)) >> 64).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::{
        collections::HashSet,
        thread,
        time::{Duration, UNIX_EPOCH},
    };

    use super::{Chance, below, bits, draw, id};
    use crate::time::Clock;

    #[test]
    fn ids_of_all_threads_differ() {
        let draw = || (0..10_000).map(|_| (id(), bits())).collect::<Vec<_>>();
        let threads: Vec<_> = (0..4).map(|_| thread::spawn(draw)).collect();
        let drawn: Vec<_> = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
        assert_eq!(drawn.iter().map(|(id, _)| id).collect::<HashSet<_>>().len(), 40_000);
        assert_eq!(drawn.iter().map(|(_, bits)| bits).collect::<HashSet<_>>().len(), 40_000);
    }

    #[test]
    fn a_seed_draws_as_by_everybody_elses_splitmix64() {
        let chance = Chance::seeded(1_234_567);
        let published = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
            4_593_380_528_125_082_431,
            16_408_922_859_458_223_821,
        ];
        assert_eq!([(); 5].map(|()| chance.bits()), published);
    }

    #[test]
    fn an_id_is_a_uuid_of_version_7_made_now() {
        let id = id();
        assert_eq!((id.get_version_num(), id.get_variant()), (7, uuid::Variant::RFC4122));
        let (seconds, _) = id.get_timestamp().unwrap().to_unix();
        let now = UNIX_EPOCH.elapsed().unwrap().as_secs();
        assert!(now.abs_diff(seconds) <= 1, "{seconds} is not {now}");
    }

    #[tokio::test(start_paused = true)]
    async fn under_a_seed_and_a_clock_every_run_has_the_same_ids() {
        let run =
            || Chance::seeded(3).scope(Clock::starting_at(UNIX_EPOCH + Duration::from_secs(9)).scope(async { id() }));
        let (first, again) = (run().await, run().await);
        assert_eq!(first, again);
        assert_eq!(first.get_timestamp().unwrap().to_unix().0, 9);
    }

    #[tokio::test]
    async fn a_source_belongs_to_its_task_and_clones_of_it_share_one_sequence() {
        let (mine, expected) = (Chance::seeded(5), Chance::seeded(5));
        let drawn = mine
            .clone()
            .scope(async {
                let unseeded = tokio::spawn(async { bits() }).await.unwrap();
                let handed_on = Chance::current();
                let handed_on = tokio::spawn(handed_on.scope(async { bits() })).await.unwrap();
                [unseeded, handed_on, bits()]
            })
            .await;
        let sequence = [expected.bits(), expected.bits(), expected.bits()];
        assert_eq!((drawn[1], drawn[2], mine.bits()), sequence.into());
        assert!(!sequence.contains(&drawn[0]));
    }

    #[tokio::test]
    async fn a_number_below_a_bound_reaches_all_of_them_and_none_beyond() {
        let seen: HashSet<u64> = Chance::seeded(1)
            .scope(async { (0..200).map(|_| below(3)).collect() })
            .await;
        assert_eq!(seen, HashSet::from([0, 1, 2]));
        assert_eq!((below(1), below(0)), (0, 0));
    }

    /// Fixed numbers: were they to change, every seed that somebody wrote down would mean another run.
    #[test]
    fn a_draw_never_changes_between_versions() {
        assert_eq!(draw(7, "payment", 3), 18_142_327_979_413_414_406);
    }

    #[test]
    fn draws_differ_by_seed_purpose_and_ordinal() {
        let draws: HashSet<u64> = (0..10)
            .flat_map(|seed| (0..10).map(move |ordinal| (seed, ordinal)))
            .flat_map(|(seed, ordinal)| ["a", "b", "ab", "ba"].map(|purpose| draw(seed, purpose, ordinal)))
            .collect();
        assert_eq!(draws.len(), 400);
    }
}
