//! Ids that nobody used before. They are told apart, not kept secret: whoever has seen some may guess the next.

use std::{
    cell::Cell,
    collections::hash_map::RandomState,
    hash::BuildHasher,
    time::{SystemTime, UNIX_EPOCH},
};

use uuid::{Builder, Uuid};

thread_local! {
    // The state and the odd step of a SplitMix64 generator. Asking the system for each id costs more than a whole call in process.
    static GENERATOR: Cell<(u64, u64)> = Cell::new((seed(0), seed(1) | 1));
}

/// 64 random bits.
pub(crate) fn bits() -> u64 {
    let (state, step) = GENERATOR.get();
    let state = state.wrapping_add(step);
    GENERATOR.set((state, step));
    mixed(state)
}

/// What SplitMix64 makes of a state (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014).
pub(crate) fn mixed(state: u64) -> u64 {
    let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// A UUIDv7 (RFC 9562): sorts by the millisecond it was made in.
pub(crate) fn id() -> Uuid {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let random = (u128::from(bits()) << 64 | u128::from(bits())).to_be_bytes();
    let mut tail = [0; 10];
    tail.copy_from_slice(&random[..10]);
    Builder::from_unix_timestamp_millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX), &tail).into_uuid()
}

// The standard library draws the keys of its hash maps from the system.
fn seed(salt: u64) -> u64 {
    RandomState::new().hash_one(salt)
}

#[cfg(test)]
mod tests {
    use std::{collections::HashSet, thread};

    use super::{bits, id, mixed};

    #[test]
    fn ids_of_all_threads_differ() {
        let draw = || (0..10_000).map(|_| (id(), bits())).collect::<Vec<_>>();
        let threads: Vec<_> = (0..4).map(|_| thread::spawn(draw)).collect();
        let drawn: Vec<_> = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
        assert_eq!(drawn.iter().map(|(id, _)| id).collect::<HashSet<_>>().len(), 40_000);
        assert_eq!(drawn.iter().map(|(_, bits)| bits).collect::<HashSet<_>>().len(), 40_000);
    }

    #[test]
    fn states_are_mixed_as_by_everybody_elses_splitmix64() {
        // The first five of seed 1234567 with the usual step, as published with other implementations.
        let states = (1..=5_u64).map(|draw| 1_234_567_u64.wrapping_add(draw.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
        let published = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
            4_593_380_528_125_082_431,
            16_408_922_859_458_223_821,
        ];
        assert_eq!(states.map(mixed).collect::<Vec<_>>(), published);
    }

    #[test]
    fn an_id_is_a_uuid_of_version_7_made_now() {
        let id = id();
        assert_eq!((id.get_version_num(), id.get_variant()), (7, uuid::Variant::RFC4122));
        let (seconds, _) = id.get_timestamp().unwrap().to_unix();
        let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
        assert!(now.abs_diff(seconds) <= 1, "{seconds} is not {now}");
    }
}
