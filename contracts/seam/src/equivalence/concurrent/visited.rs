use std::collections::HashMap;

use super::{bits::Bits, budget::Budget, search::Placed};

/// Where a search has been: which operations were placed, and the states that this led to.
pub(super) struct Visited<S>(HashMap<Bits, Vec<(Bits, S)>>);

/// How many states are compared for the price of one step of the model.
const COMPARED_PER_STEP: usize = 32;

impl<S: Clone + PartialEq> Visited<S> {
    pub(super) fn new() -> Self {
        Self(HashMap::new())
    }

    /// Whether there is any use in going on from here.
    ///
    /// There is none if the search has been at an equal state with the same operations placed and no other open ones used up:
    /// from there it could go every way that it can go from here, for an open operation need never be placed.
    pub(super) fn is_new(&mut self, placed: &Placed, state: &S, budget: &mut Budget) -> bool {
        let Some(known) = self.0.get_mut(&placed.ended) else {
            let first = (placed.open.clone(), state.clone());
            self.0.insert(placed.ended.clone(), vec![first]);
            return true;
        };
        budget.spend(known.len() / COMPARED_PER_STEP);
        let is_new = !known
            .iter()
            .any(|(used, seen)| used.is_within(&placed.open) && seen == state);
        if is_new {
            known.push((placed.open.clone(), state.clone()));
        }
        is_new
    }
}

#[cfg(test)]
mod tests {
    use super::{COMPARED_PER_STEP, Visited};
    use crate::equivalence::concurrent::{bits::Bits, budget::Budget, search::Placed};

    fn placed(open: &[usize]) -> Placed {
        let mut bits = Bits::below(3);
        open.iter().for_each(|number| bits.insert(*number));
        Placed {
            ended: Bits::below(1),
            open: bits,
            missing: 0,
        }
    }

    #[test]
    fn a_state_is_new_unless_it_was_met_with_no_other_open_operation_used_up() {
        let (mut visited, mut budget) = (Visited::new(), Budget::new(1));

        assert!(visited.is_new(&placed(&[1]), &7, &mut budget));
        assert!(!visited.is_new(&placed(&[1]), &7, &mut budget));
        assert!(!visited.is_new(&placed(&[1, 2]), &7, &mut budget));
        assert!(visited.is_new(&placed(&[2]), &7, &mut budget));
        assert!(visited.is_new(&placed(&[1]), &8, &mut budget));
    }

    #[test]
    fn as_many_comparisons_as_a_step_is_worth_cost_a_step() {
        let (mut visited, mut budget) = (Visited::new(), Budget::new(1));
        for state in 0..2 * COMPARED_PER_STEP {
            visited.is_new(&placed(&[]), &state, &mut budget);
        }
        let before = budget.spent();

        visited.is_new(&placed(&[]), &usize::MAX, &mut budget);

        assert_eq!((before, budget.spent() - before), (COMPARED_PER_STEP, 2));
    }
}
