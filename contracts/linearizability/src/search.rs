use std::{fmt::Debug, ops::ControlFlow};

use crate::{
    bits::Bits,
    budget::Budget,
    dead_ends::{ALL, DeadEnds, Memory},
    descent::{Descent, End as Ending},
    placed::Placed,
};

/// A search for orders of operations that a model can follow.
///
/// It goes depth first over configurations: the operations placed so far, and the state that this led to. Of the
/// operations that may come next, the one whose end comes first is tried first: a call usually takes effect late if
/// it had to wait for its turn.
pub(crate) struct Search<'a, S> {
    /// The operations that have an end, by the time of that end.
    pub(crate) ended: Vec<Ended>,
    /// For each operation of `ended`, those that may take effect before it although they end later, and itself.
    overlapping: Vec<Vec<usize>>,
    /// The pending operations, by the time of the invocation.
    pub(crate) pending: Vec<Pending>,
    pub(crate) model: &'a dyn Follow<S>,
}

/// The model, as a search sees it. Operations are named by their index.
pub(crate) trait Follow<S> {
    /// Applies an operation to the state. Returns whether the model gave the recorded reply; for an operation that
    /// is not [`End::Answered`] the result is ignored.
    fn follow(&self, state: &mut S, index: usize) -> bool;

    /// Measures how far the state is on the way to one in which the model gives this operation the recorded reply:
    /// the more, the nearer. `None` if the state seems to be off the way. A hint that decides which order is tried
    /// first.
    fn progress(&self, state: &S, index: usize) -> Option<usize>;
}

/// The facts about an operation that a search needs beside the model's reply.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    pub(crate) invoked: u64,
    pub(crate) end: End,
    /// Set if the operation changes no state, whatever the state is.
    pub(crate) is_read: bool,
}

/// The time until which an operation may take effect, and what is known of it then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The operation took effect by this time, with the reply that was recorded.
    Answered(u64),
    /// The operation took effect by this time or never, with any reply. Minimization forgets what was recorded
    /// of an operation.
    Forgotten(u64),
    /// The operation takes effect at any time, or never.
    Pending,
}

/// The way in which a search ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// All orders were visited.
    Exhausted,
    /// The caller stopped it.
    Stopped,
    /// The budget was exceeded.
    Exceeded,
}

pub(crate) struct Ended {
    pub(crate) index: usize,
    invoked: u64,
    until: u64,
    pub(crate) is_answered: bool,
    pub(crate) is_read: bool,
    /// Set if an order is complete only with the operation.
    pub(crate) is_required: bool,
}

pub(crate) struct Pending {
    pub(crate) index: usize,
    invoked: u64,
}

/// Steps of the first turn of [`Search::find`]; each later turn has twice as many.
const FIRST_TURN: usize = 2_000;

impl<'a, S: Clone + PartialEq + Debug> Search<'a, S> {
    /// Prepares a search among these operations.
    pub(crate) fn new(spans: impl Iterator<Item = Span>, model: &'a dyn Follow<S>) -> Self {
        let (mut ended, mut pending) = (Vec::new(), Vec::new());
        for (index, Span { invoked, end, is_read }) in spans.enumerate() {
            match end {
                // A read changes no state, so without a reply to explain it cannot matter.
                End::Forgotten(_) | End::Pending if is_read => {}
                End::Pending => pending.push(Pending { index, invoked }),
                End::Answered(until) | End::Forgotten(until) => ended.push(Ended {
                    index,
                    invoked,
                    until,
                    is_answered: end == End::Answered(until),
                    is_read,
                    is_required: true,
                }),
            }
        }
        ended.sort_by_key(|slot| (slot.until, slot.invoked, slot.index));
        pending.sort_by_key(|slot| (slot.invoked, slot.index));
        let overlapping = (0..ended.len())
            .map(|first| {
                let later = first..ended.len();
                later.filter(|at| ended[*at].invoked <= ended[first].until).collect()
            })
            .collect();
        Self {
            ended,
            overlapping,
            pending,
            model,
        }
    }

    /// Makes an order complete as soon as it holds every operation that ended before `time`.
    pub(crate) fn until(mut self, time: u64) -> Self {
        for slot in &mut self.ended {
            slot.is_required = slot.until < time;
        }
        self
    }

    /// Looks for one order that explains all replies. Returns how the search ended, and the order: one that
    /// explains all if it was stopped, otherwise the longest that it met.
    ///
    /// Two ways to search take turns, each turn longer than the one before. One tries all orders, and decides
    /// histories without an explanation. The other follows the model's hints, with few detours at first (limited
    /// discrepancy search; Harvey and Ginsberg, 1995), and decides long histories in which many calls overlap: one
    /// wrong choice there leads to more orders than can ever be tried.
    pub(crate) fn find(&self, initial: &S, budget: &mut Budget) -> (Outcome, Vec<usize>) {
        let (mut all, mut hinted) = (DeadEnds::new(Memory::Far), DeadEnds::new(Memory::Far));
        let (mut turn, mut detours) = (FIRST_TURN, 0);
        let only_one_order = |_: &[usize], _: &S| ControlFlow::Break(());
        loop {
            let mut pass = Descent::new(self, &mut all, ALL);
            let ending = budget.within(turn, |budget| pass.run(initial, budget, only_one_order));
            let longest = pass.longest();
            match ending {
                Ending::Stopped => return (Outcome::Stopped, longest),
                Ending::Exhausted { .. } => return (Outcome::Exhausted, longest),
                Ending::Exceeded if budget.is_exceeded() => return (Outcome::Exceeded, longest),
                Ending::Exceeded => {}
            }
            let mut pass = Descent::new(self, &mut hinted, detours);
            match budget.within(turn, |budget| pass.run(initial, budget, only_one_order)) {
                Ending::Stopped => return (Outcome::Stopped, pass.longest()),
                Ending::Exhausted { detours: ALL } => return (Outcome::Exhausted, longest),
                Ending::Exhausted { .. } => detours = detours.saturating_add(1),
                Ending::Exceeded => turn = turn.saturating_mul(2),
            }
        }
    }

    /// Calls `complete` with orders that explain all replies and the states that they lead to, at least one
    /// order for each such state, until it breaks.
    pub(crate) fn visit_all(
        &self,
        initial: &S,
        budget: &mut Budget,
        complete: impl FnMut(&[usize], &S) -> ControlFlow<()>,
    ) -> Outcome {
        let mut dead_ends = DeadEnds::new(Memory::Exact);
        match Descent::new(self, &mut dead_ends, ALL).run(initial, budget, complete) {
            Ending::Stopped => Outcome::Stopped,
            Ending::Exhausted { .. } => Outcome::Exhausted,
            Ending::Exceeded => Outcome::Exceeded,
        }
    }

    /// The answered operations that may come right after `order`, by the time of their invocations.
    pub(crate) fn next_after(&self, order: &[usize]) -> Vec<usize> {
        let mut placed = self.nothing_placed();
        for (at, slot) in self.ended.iter().enumerate() {
            if order.contains(&slot.index) {
                placed.ended.insert(at);
            }
        }
        let mut next: Vec<&Ended> = self.next(&placed).map(|at| &self.ended[at]).collect();
        next.sort_by_key(|slot| (slot.invoked, slot.index));
        next.into_iter().map(|slot| slot.index).collect()
    }

    pub(crate) fn nothing_placed(&self) -> Placed {
        Placed {
            ended: Bits::below(self.ended.len()),
            pending: Bits::below(self.pending.len()),
            missing: self.ended.iter().filter(|slot| slot.is_required).count(),
        }
    }

    /// The ended operations that may come next, by the time of their ends.
    ///
    /// An operation may come next unless another one that is still to be placed ended before its invocation.
    pub(crate) fn next(&self, placed: &Placed) -> impl Iterator<Item = usize> {
        let first = self.overlapping.get(placed.ended.first_absent());
        first.into_iter().flatten().copied().filter(|at| !placed.ended.has(*at))
    }

    /// The pending operations that may come next. None once all ended operations are placed: no reply is left to
    /// explain.
    pub(crate) fn next_pending(&self, placed: &Placed) -> impl Iterator<Item = usize> {
        let deadline = self.ended.get(placed.ended.first_absent()).map(|slot| slot.until);
        let invoked = self.pending.partition_point(|slot| Some(slot.invoked) <= deadline);
        (0..invoked).filter(|at| !placed.pending.has(*at))
    }

    /// The number of operations that end by the time at which one of the next must have taken effect.
    pub(crate) fn horizon(&self, placed: &Placed) -> usize {
        let first = self.ended.get(placed.ended.first_absent());
        first.map_or(0, |first| self.ended.partition_point(|slot| slot.until <= first.until))
    }
}
