use std::{cmp::Reverse, fmt::Debug, ops::ControlFlow, vec};

use crate::{
    budget::Budget,
    dead_ends::{ALL, DeadEnds, Proof},
    placed::Placed,
    search::Search,
};

/// One pass over the configurations of a search, depth first.
///
/// It keeps its own stack, so that a long history costs heap, not stack. Three branches are cut, none of which can
/// hide an order:
/// - A configuration that [`DeadEnds`] knows.
/// - Alternatives to an answered read that may come next with the reply that was recorded. In every order from
///   here the read can be moved to the front, since it changes nothing in any state. (Of a call that changes
///   nothing in *this* state this is not true: it may have to come later, in a state that it does change.)
/// - A pending operation that would change nothing here. It can still be placed where it does, or never.
///
/// A pass with few detours cuts more. Its moves are sorted by the model's hints; to take
/// the second best is one detour, the third best two, and so on, counted from the last read that was explained.
pub(crate) struct Descent<'a, S> {
    search: &'a Search<'a, S>,
    dead_ends: &'a mut DeadEnds<S>,
    detours: usize,
    placed: Placed,
    order: Vec<usize>,
    longest: Vec<usize>,
    fewest_missing: usize,
}

/// The way in which a pass ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// All orders were visited that take no more than this number of detours.
    Exhausted { detours: usize },
    /// The caller stopped it.
    Stopped,
    /// The budget was exceeded.
    Exceeded,
}

/// One way to go on from a configuration.
#[derive(Clone, Copy)]
struct Move {
    slot: Slot,
    /// The operation that takes effect; `None` if a forgotten one is passed over.
    effect: Option<usize>,
}

/// A position in [`Search::ended`] or [`Search::pending`].
#[derive(Clone, Copy)]
enum Slot {
    Ended(usize),
    Pending(usize),
}

/// A configuration on the way, and what is known of it so far.
struct Visit<S> {
    state: S,
    /// The moves that led here from the configuration before.
    moves: Vec<Move>,
    /// The ways on that were not tried yet, with the states that they lead to.
    untried: vec::IntoIter<(Move, S)>,
    tried: usize,
    detours: usize,
    /// The extent of what was tried.
    proof: Proof,
}

/// A configuration to be looked at.
struct Arrival<S> {
    state: S,
    moves: Vec<Move>,
    detours: usize,
}

impl<'a, S: Clone + PartialEq + Debug> Descent<'a, S> {
    pub(crate) fn new(search: &'a Search<'a, S>, dead_ends: &'a mut DeadEnds<S>, detours: usize) -> Self {
        let placed = search.nothing_placed();
        Self {
            search,
            dead_ends,
            detours,
            fewest_missing: placed.missing,
            placed,
            order: Vec::new(),
            longest: Vec::new(),
        }
    }

    /// The order that explained the most replies.
    pub(crate) fn longest(self) -> Vec<usize> {
        self.longest
    }

    /// Calls `complete` with orders that explain all replies and the states that they lead to, until it breaks.
    pub(crate) fn run(
        &mut self,
        initial: &S,
        budget: &mut Budget,
        mut complete: impl FnMut(&[usize], &S) -> ControlFlow<()>,
    ) -> End {
        let mut path: Vec<Visit<S>> = Vec::new();
        let mut arrival = Arrival {
            state: initial.clone(),
            moves: Vec::new(),
            detours: self.detours,
        };
        loop {
            self.place_reads(&mut arrival, budget);
            let mut dead = None;
            match self
                .dead_ends
                .find(&self.placed, &arrival.state, arrival.detours, budget)
            {
                Some(proof) => {
                    self.take_back(&arrival.moves);
                    dead = Some(proof);
                }
                None if self.placed.missing == 0 && complete(&self.order, &arrival.state).is_break() => {
                    return End::Stopped;
                }
                None => path.push(self.visit(arrival, budget)),
            }
            // Back to the last configuration with a way on that was not tried.
            arrival = loop {
                if budget.is_exceeded() {
                    return End::Exceeded;
                }
                let Some(visit) = path.last_mut() else {
                    return End::Exhausted {
                        detours: dead.map_or(ALL, |proof| proof.detours),
                    };
                };
                if let Some(proof) = dead.take() {
                    visit.proof = visit.proof.and(proof);
                }
                match visit.next() {
                    Some(arrival) => break arrival,
                    None => dead = path.pop().map(|visit| self.leave(visit)),
                }
            };
            self.place(arrival.moves[0]);
        }
    }

    /// Places the reads that may come next with the reply that was recorded.
    fn place_reads(&mut self, arrival: &mut Arrival<S>, budget: &mut Budget) {
        while let Some(read) = self.agreeing_read(&arrival.state, budget) {
            arrival.moves.push(read);
            arrival.detours = self.detours;
            self.place(read);
        }
    }

    fn agreeing_read(&self, state: &S, budget: &mut Budget) -> Option<Move> {
        let mut reads = self
            .search
            .next(&self.placed)
            .filter(|at| self.search.ended[*at].is_read);
        let agreeing = reads.find(|at| {
            let index = self.search.ended[*at].index;
            budget.spend(1);
            let mut after = state.clone();
            let agrees = self.search.model.follow(&mut after, index);
            assert!(
                after == *state,
                "operation {index} is said to be a read, but the model changes its state on it"
            );
            agrees
        })?;
        Some(Move {
            slot: Slot::Ended(agreeing),
            effect: Some(self.search.ended[agreeing].index),
        })
    }

    fn visit(&mut self, Arrival { state, moves, detours }: Arrival<S>, budget: &mut Budget) -> Visit<S> {
        // From a configuration that is complete, only the very same one has nothing new to find.
        let horizon = match self.placed.missing {
            0 => usize::MAX,
            _ => self.search.horizon(&self.placed),
        };
        Visit {
            untried: self.ways_on(&state, budget).into_iter(),
            state,
            moves,
            tried: 0,
            detours,
            proof: Proof { horizon, detours: ALL },
        }
    }

    /// Goes back from a configuration from which all was tried.
    fn leave(&mut self, visit: Visit<S>) -> Proof {
        self.dead_ends.insert(&self.placed, visit.state, visit.proof);
        self.take_back(&visit.moves);
        visit.proof
    }

    /// The moves that the model follows, with the states that they lead to; the most promising first.
    fn ways_on(&self, state: &S, budget: &mut Budget) -> Vec<(Move, S)> {
        let mut ways: Vec<(Move, S)> = Vec::new();
        let mut follow = |slot: Slot, index: usize, is_answered: bool| {
            budget.spend(1);
            let mut after = state.clone();
            let agrees = self.search.model.follow(&mut after, index);
            let leads_on = if is_answered { agrees } else { after != *state };
            let effect = Some(index);
            leads_on.then_some((Move { slot, effect }, after))
        };
        for at in self.search.next(&self.placed) {
            let ended = &self.search.ended[at];
            let slot = Slot::Ended(at);
            if !ended.is_answered {
                // Passing over leaves the state alone, so it stands before taking effect, which uses something up.
                ways.push((Move { slot, effect: None }, state.clone()));
            }
            if !ended.is_read {
                ways.extend(follow(slot, ended.index, ended.is_answered));
            }
        }
        // Last: the fewer pending operations a dead end has used up, the more later configurations it cuts.
        for at in self.search.next_pending(&self.placed) {
            ways.extend(follow(Slot::Pending(at), self.search.pending[at].index, false));
        }
        if self.detours != ALL {
            self.sort_by_hints(&mut ways, budget);
        }
        ways
    }

    /// Sorts ways on by how near they come to explaining the next read, nearest first.
    fn sort_by_hints(&self, ways: &mut [(Move, S)], budget: &mut Budget) {
        let first = self.placed.ended.first_absent();
        let mut later = (first..self.search.ended.len()).filter(|at| !self.placed.ended.has(*at));
        let Some(read) = later.find(|at| self.search.ended[*at].is_read) else {
            return;
        };
        if ways.len() > 1 {
            budget.spend(ways.len());
            let index = self.search.ended[read].index;
            ways.sort_by_cached_key(|(_, after)| Reverse(self.search.model.progress(after, index)));
        }
    }

    fn place(&mut self, Move { slot, effect }: Move) {
        match slot {
            Slot::Ended(at) => {
                self.placed.ended.insert(at);
                self.placed.missing -= usize::from(self.search.ended[at].is_required);
            }
            Slot::Pending(at) => self.placed.pending.insert(at),
        }
        self.order.extend(effect);
        if self.placed.missing < self.fewest_missing {
            self.fewest_missing = self.placed.missing;
            self.longest.clone_from(&self.order);
        }
    }

    fn take_back(&mut self, moves: &[Move]) {
        for Move { slot, effect } in moves.iter().rev() {
            match *slot {
                Slot::Ended(at) => {
                    self.placed.ended.remove(at);
                    self.placed.missing += usize::from(self.search.ended[at].is_required);
                }
                Slot::Pending(at) => self.placed.pending.remove(at),
            }
            if effect.is_some() {
                self.order.pop();
            }
        }
    }
}

impl<S> Visit<S> {
    /// The best way on that was not tried, unless that takes more detours than there are.
    fn next(&mut self) -> Option<Arrival<S>> {
        let (next, state) = self.untried.next()?;
        let Some(detours) = self.detours.checked_sub(self.tried) else {
            self.proof.detours = self.proof.detours.min(self.detours);
            return None;
        };
        self.tried += 1;
        Some(Arrival {
            state,
            moves: vec![next],
            detours: if self.detours == ALL { ALL } else { detours },
        })
    }
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use proptest::{collection::vec, prelude::*};

    use super::{Descent, End};
    use crate::{
        budget::Budget,
        dead_ends::{ALL, DeadEnds, Memory},
        search::{self, Follow, Search, Span},
    };

    /// A call about a small number.
    #[derive(Clone, Copy, Debug)]
    enum Call {
        Write(i32),
        Double,
        /// Answered with this number.
        Read(i32),
    }

    impl Follow<i32> for Vec<Call> {
        fn follow(&self, state: &mut i32, index: usize) -> bool {
            match self[index] {
                Call::Write(number) => *state = number,
                Call::Double => *state = *state * 2 % 5,
                Call::Read(seen) => return *state == seen,
            }
            true
        }

        fn progress(&self, state: &i32, index: usize) -> Option<usize> {
            let Call::Read(seen) = self[index] else { return None };
            (*state <= seen).then(|| usize::try_from(*state).expect("it is not negative"))
        }
    }

    fn calls() -> impl Strategy<Value = (Span, Call)> {
        let call = prop_oneof![
            3 => (0..3).prop_map(Call::Write),
            2 => Just(Call::Double),
            4 => (0..3).prop_map(Call::Read),
        ];
        (0..20_u64, 0..20_u64, 0..10, call).prop_map(|(invoked, took, fate, call)| {
            let end = match fate {
                0 => search::End::Pending,
                1 => search::End::Forgotten(invoked + took),
                _ => search::End::Answered(invoked + took),
            };
            let is_read = matches!(call, Call::Read(_));
            (Span { invoked, end, is_read }, call)
        })
    }

    fn pass(search: &Search<'_, i32>, dead_ends: &mut DeadEnds<i32>, detours: usize) -> End {
        let mut budget = Budget::new(usize::MAX);
        Descent::new(search, dead_ends, detours).run(&0, &mut budget, |_, _| ControlFlow::Break(()))
    }

    /// More detours than the calls of a history allow.
    const MANY: usize = 100;

    proptest! {
        // The verdict on few histories of this size depends on the horizon of a dead end.
        #![proptest_config(ProptestConfig::with_cases(5_000))]

        #[test]
        fn passes_with_ever_more_detours_end_as_one_that_leaves_nothing_out(history in vec(calls(), 0..9)) {
            let (spans, calls): (Vec<Span>, Vec<Call>) = history.into_iter().unzip();
            let search = Search::new(spans.into_iter(), &calls);

            let whole = pass(&search, &mut DeadEnds::new(Memory::Exact), ALL);

            let mut known = DeadEnds::new(Memory::Far);
            let decided = |end: &End| matches!(end, End::Stopped | End::Exhausted { detours: ALL });
            let hinted = (0..MANY).map(|detours| pass(&search, &mut known, detours)).find(decided);
            prop_assert_eq!(hinted, Some(whole));
        }
    }
}
