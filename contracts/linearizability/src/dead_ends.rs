use std::{
    collections::HashMap,
    fmt::{Debug, Write},
    hash::{DefaultHasher, Hash, Hasher},
};

use crate::{budget::Budget, placed::Placed};

/// The configurations from which a search found no way on that it had not tried: which operations were placed, and
/// the state that this led to.
pub(crate) struct DeadEnds<S> {
    memory: Memory,
    known: HashMap<(u64, u64), Vec<DeadEnd<S>>>,
}

/// The configurations that a dead end stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Memory {
    /// Those with the same ended operations placed.
    Exact,
    /// Those also that placed more of the operations that end after its horizon. There these could have been left
    /// open, and from the same state, so such a configuration has no way on that the dead end did not have. It may
    /// explain more replies before it comes to the end, though.
    Far,
}

struct DeadEnd<S> {
    placed: Placed,
    state: S,
    proof: Proof,
}

/// The extent of the search that found no way on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Proof {
    /// The number of operations, by the time of their ends, that cannot all be placed. Later ones had no part in it.
    pub(crate) horizon: usize,
    /// The detours with which all ways on were tried.
    pub(crate) detours: usize,
}

/// As many detours as there are: nothing was left out.
pub(crate) const ALL: usize = usize::MAX;

impl Proof {
    /// The extent of two searches together.
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            horizon: self.horizon.max(other.horizon),
            detours: self.detours.min(other.detours),
        }
    }
}

/// Comparisons of configurations that cost as much as one step of the model.
const COMPARISONS_PER_STEP: usize = 32;

impl<S: PartialEq + Debug> DeadEnds<S> {
    pub(crate) fn new(memory: Memory) -> Self {
        let known = HashMap::new();
        Self { memory, known }
    }

    pub(crate) fn insert(&mut self, placed: &Placed, state: S, proof: Proof) {
        let placed = placed.clone();
        let place = self.place(&placed, &state);
        self.known
            .entry(place)
            .or_default()
            .push(DeadEnd { placed, state, proof });
    }

    /// Looks for a dead end that makes this configuration one too, for a search with as many detours.
    ///
    /// Lowe's memory asks for the very same operations. Pending ones allow more: an order is complete without
    /// them, so from the same state, with the same ended operations and a *subset* of the pending ones, a search
    /// could go every way that this configuration can go. Comparing with equality instead would be right too, but
    /// exponential in the pending operations.
    pub(crate) fn find(&self, placed: &Placed, state: &S, detours: usize, budget: &mut Budget) -> Option<Proof> {
        let known = self.known.get(&self.place(placed, state))?;
        budget.spend(known.len() / COMPARISONS_PER_STEP);
        let covers = |known: &&DeadEnd<S>| {
            known.proof.detours >= detours
                && known.placed.pending.is_within(&placed.pending)
                && self.covers(known, placed)
                && known.state == *state
        };
        known.iter().find(covers).map(|known| known.proof)
    }

    fn covers(&self, known: &DeadEnd<S>, placed: &Placed) -> bool {
        let ended = &known.placed.ended;
        match self.memory {
            Memory::Exact => *ended == placed.ended,
            Memory::Far => ended.is_same_below(known.proof.horizon, &placed.ended) && ended.is_within(&placed.ended),
        }
    }

    /// Equal for all configurations of which one may cover the other.
    fn place(&self, placed: &Placed, state: &S) -> (u64, u64) {
        let mut hasher = DefaultHasher::new();
        match self.memory {
            Memory::Exact => placed.ended.hash(&mut hasher),
            Memory::Far => placed.ended.first_absent().hash(&mut hasher),
        }
        (hasher.finish(), fingerprint(state))
    }
}

/// A number that tells most states apart, made of their `Debug` text, as no more is demanded of a state. Equal
/// states with different texts are not recognized, which costs time only.
fn fingerprint<S: Debug>(state: &S) -> u64 {
    let mut text = Text(DefaultHasher::new());
    // A `Debug` implementation that fails leaves a shorter text.
    let _ = write!(text, "{state:?}");
    text.0.finish()
}

struct Text(DefaultHasher);

impl Write for Text {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.0.write(text.as_bytes());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{ALL, COMPARISONS_PER_STEP, DeadEnds, Memory, Proof};
    use crate::{bits::Bits, budget::Budget, placed::Placed};

    fn placed(ended: &[usize], pending: &[usize]) -> Placed {
        let bits = |numbers: &[usize]| {
            let mut bits = Bits::below(4);
            numbers.iter().for_each(|number| bits.insert(*number));
            bits
        };
        Placed {
            ended: bits(ended),
            pending: bits(pending),
            missing: 0,
        }
    }

    fn knowing(memory: Memory, dead: &Placed, horizon: usize, detours: usize) -> DeadEnds<i32> {
        let mut dead_ends = DeadEnds::new(memory);
        dead_ends.insert(dead, 7, Proof { horizon, detours });
        dead_ends
    }

    fn covers(dead_ends: &DeadEnds<i32>, placed: &Placed, state: i32) -> bool {
        dead_ends.find(placed, &state, ALL, &mut Budget::new(1)).is_some()
    }

    #[test]
    fn a_state_is_a_dead_end_if_it_was_one_with_no_other_pending_operation_used_up() {
        for memory in [Memory::Exact, Memory::Far] {
            let dead_ends = knowing(memory, &placed(&[0], &[1]), 3, ALL);

            assert!(covers(&dead_ends, &placed(&[0], &[1]), 7));
            assert!(covers(&dead_ends, &placed(&[0], &[1, 2]), 7));
            assert!(!covers(&dead_ends, &placed(&[0], &[2]), 7));
            assert!(!covers(&dead_ends, &placed(&[0], &[1]), 8));
            assert!(!covers(&dead_ends, &placed(&[], &[1]), 7));
        }
    }

    #[test]
    fn one_that_placed_more_is_a_dead_end_too_if_that_lies_beyond_the_horizon() {
        let far = knowing(Memory::Far, &placed(&[0], &[]), 3, ALL);
        let exact = knowing(Memory::Exact, &placed(&[0], &[]), 3, ALL);

        assert!(covers(&far, &placed(&[0, 3], &[]), 7));
        assert!(!covers(&far, &placed(&[0, 2], &[]), 7));
        assert!(!covers(&exact, &placed(&[0, 3], &[]), 7));
    }

    #[test]
    fn a_dead_end_found_with_few_detours_says_nothing_about_more() {
        let dead_ends = knowing(Memory::Exact, &placed(&[0], &[]), 3, 2);
        let find = |detours| dead_ends.find(&placed(&[0], &[]), &7, detours, &mut Budget::new(1));

        assert_eq!(find(3), None);
        assert_eq!(find(1), Some(Proof { horizon: 3, detours: 2 }));
    }

    #[test]
    fn as_many_comparisons_as_a_step_is_worth_cost_a_step() {
        let (mut dead_ends, mut budget) = (DeadEnds::new(Memory::Exact), Budget::new(100));
        for _ in 0..2 * COMPARISONS_PER_STEP {
            dead_ends.insert(
                &placed(&[], &[1]),
                7,
                Proof {
                    horizon: 1,
                    detours: ALL,
                },
            );
        }

        dead_ends.find(&placed(&[], &[]), &7, 0, &mut budget);

        assert_eq!(budget.spent(), 2);
    }
}
