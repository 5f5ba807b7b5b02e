use crate::chance::mix;

/// The end of the numbers of yields before a call.
const MOST: u64 = 4;

/// The number of times that a caller yields before a call. It differs from call to call, so that callers meet in many
/// ways, and is the same whenever the case runs again.
pub(super) fn yields(seed: u64, case: u64, caller: usize, position: usize) -> u64 {
    let place = [case, caller as u64, position as u64].into_iter();
    place.fold(mix(seed), |state, part| mix(state ^ part)) % MOST
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{MOST, yields};

    #[test]
    fn every_caller_of_every_case_yields_in_a_way_of_its_own() {
        let way = |seed, case, caller| (0..64).map(move |position| yields(seed, case, caller, position));
        let callers =
            (0..8).flat_map(|seed| (0..8).flat_map(move |case| (0..8).map(move |caller| (seed, case, caller))));
        let ways: Vec<Vec<u64>> = callers
            .map(|(seed, case, caller)| way(seed, case, caller).collect())
            .collect();

        assert_eq!(ways.iter().collect::<HashSet<_>>().len(), 512);
        for times in 0..MOST {
            assert!(
                ways.iter().all(|way| way.contains(&times)),
                "nobody yields {times} times"
            );
        }
        assert!(ways.iter().flatten().all(|times| *times < MOST));
    }
}
