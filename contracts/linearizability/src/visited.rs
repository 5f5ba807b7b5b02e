use std::collections::HashMap;

use crate::{bits::Bits, budget::Budget, placed::Placed};

/// The configurations that a search has visited: which operations were placed, and the states that this led to.
pub(crate) struct Visited<S>(HashMap<Bits, Vec<(Bits, S)>>);

/// Comparisons of states that cost as much as one step of the model.
const COMPARISONS_PER_STEP: usize = 32;

impl<S: Clone + PartialEq> Visited<S> {
    pub(crate) fn new() -> Self {
        Self(HashMap::new())
    }

    /// Remembers this configuration. Returns `false` if the search need not go on from it.
    ///
    /// Lowe's memory asks for the very same operations. Pending ones allow more: an order is complete without
    /// them, so a visit with the same state, the same ended operations and a *subset* of the pending ones could
    /// go every way that this configuration can go. Comparing with equality instead would be right too, but
    /// exponential in the pending operations.
    pub(crate) fn is_new(&mut self, placed: &Placed, state: &S, budget: &mut Budget) -> bool {
        let Some(known) = self.0.get_mut(&placed.ended) else {
            let first = (placed.pending.clone(), state.clone());
            self.0.insert(placed.ended.clone(), vec![first]);
            return true;
        };
        budget.spend(known.len() / COMPARISONS_PER_STEP);
        let is_new = !known
            .iter()
            .any(|(used, seen)| used.is_within(&placed.pending) && seen == state);
        if is_new {
            known.push((placed.pending.clone(), state.clone()));
        }
        is_new
    }
}

#[cfg(test)]
mod tests {
    use super::{COMPARISONS_PER_STEP, Visited};
    use crate::{bits::Bits, budget::Budget, placed::Placed};

    fn placed(pending: &[usize]) -> Placed {
        let mut bits = Bits::below(3);
        pending.iter().for_each(|number| bits.insert(*number));
        Placed {
            ended: Bits::below(1),
            pending: bits,
            missing: 0,
        }
    }

    #[test]
    fn a_state_is_new_unless_it_was_met_with_no_other_pending_operation_used_up() {
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
        for state in 0..2 * COMPARISONS_PER_STEP {
            visited.is_new(&placed(&[]), &state, &mut budget);
        }
        let before = budget.spent();

        visited.is_new(&placed(&[]), &usize::MAX, &mut budget);

        assert_eq!((before, budget.spent() - before), (COMPARISONS_PER_STEP, 2));
    }
}
