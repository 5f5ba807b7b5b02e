use std::ops::ControlFlow;

use crate::{bits::Bits, budget::Budget, placed::Placed, visited::Visited};

/// A search for orders of operations that a model can follow.
///
/// It goes depth first over configurations: the operations placed so far, and the state that this led to. It
/// keeps its own stack, so that a long history costs heap, not stack. Three branches are cut, none of which can
/// hide an order:
/// - A configuration that [`Visited`] knows, or knows a better one of.
/// - Alternatives to an answered read that may come next with the reply that was recorded. In every order from
///   here the read can be moved to the front, since it changes nothing in any state. (Of a call that changes
///   nothing in *this* state this is not true: it may have to come later, in a state that it does change.)
/// - A pending operation that would change nothing here. It can still be placed where it does, or never.
pub(crate) struct Search<'a, S> {
    /// The operations that have an end, by the time of the invocation.
    ended: Vec<Ended>,
    /// The pending operations, by the time of the invocation.
    pending: Vec<Pending>,
    follow: &'a dyn Fn(&mut S, usize) -> bool,
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

struct Ended {
    index: usize,
    invoked: u64,
    until: u64,
    is_answered: bool,
    is_read: bool,
    /// Set if an order is complete only with the operation.
    is_required: bool,
}

struct Pending {
    index: usize,
    invoked: u64,
}

/// One way to go on from a configuration, and the state that follows.
struct Move<S> {
    slot: Slot,
    /// The operation that takes effect; `None` if a forgotten one is passed over.
    effect: Option<usize>,
    after: S,
}

/// A position in [`Search::ended`] or [`Search::pending`].
#[derive(Clone, Copy)]
enum Slot {
    Ended(usize),
    Pending(usize),
}

impl<'a, S: Clone + PartialEq> Search<'a, S> {
    /// Prepares a search among these operations. `follow` applies one of them, by index, to the model and
    /// returns whether the model gave the recorded reply. For an operation that is not [`End::Answered`] the
    /// result is ignored.
    pub(crate) fn new(spans: impl Iterator<Item = Span>, follow: &'a dyn Fn(&mut S, usize) -> bool) -> Self {
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
        ended.sort_by_key(|slot| (slot.invoked, slot.index));
        pending.sort_by_key(|slot| (slot.invoked, slot.index));
        Self { ended, pending, follow }
    }

    /// Makes an order complete as soon as it holds every operation that ended before `time`.
    pub(crate) fn until(mut self, time: u64) -> Self {
        for slot in &mut self.ended {
            slot.is_required = slot.until < time;
        }
        self
    }

    /// Calls `complete` with orders that explain all replies and the states that they lead to, at least one
    /// order for each such state, until it breaks. Returns how the search ended, and the order that explained
    /// the most replies.
    pub(crate) fn run(
        &self,
        initial: &S,
        budget: &mut Budget,
        mut complete: impl FnMut(&[usize], &S) -> ControlFlow<()>,
    ) -> (Outcome, Vec<usize>) {
        let mut placed = self.nothing_placed();
        if placed.missing == 0 && complete(&[], initial).is_break() {
            return (Outcome::Stopped, Vec::new());
        }
        let (mut visited, mut fewest_missing) = (Visited::new(), placed.missing);
        visited.is_new(&placed, initial, budget);
        let (mut order, mut longest) = (Vec::new(), Vec::new());
        // The stack: a step of `path` for each placed operation, and for each configuration on the way its
        // moves not yet tried.
        let mut path: Vec<(Slot, Option<usize>)> = Vec::new();
        let mut untried = vec![self.moves(&placed, initial, budget).into_iter()];
        while let Some(moves) = untried.last_mut() {
            if budget.is_exceeded() {
                return (Outcome::Exceeded, longest);
            }
            let Some(next) = moves.next() else {
                untried.pop();
                if let Some((slot, effect)) = path.pop() {
                    self.take_back(slot, &mut placed);
                    effect.and_then(|_| order.pop());
                }
                continue;
            };
            self.put(next.slot, &mut placed);
            if !visited.is_new(&placed, &next.after, budget) {
                self.take_back(next.slot, &mut placed);
                continue;
            }
            order.extend(next.effect);
            path.push((next.slot, next.effect));
            if placed.missing < fewest_missing {
                fewest_missing = placed.missing;
                longest.clone_from(&order);
            }
            if placed.missing == 0 && complete(&order, &next.after).is_break() {
                return (Outcome::Stopped, longest);
            }
            untried.push(self.moves(&placed, &next.after, budget).into_iter());
        }
        (Outcome::Exhausted, longest)
    }

    /// The answered operations that may come right after `order`, by the time of their invocations.
    pub(crate) fn next_after(&self, order: &[usize]) -> Vec<usize> {
        let mut placed = self.nothing_placed();
        for (at, slot) in self.ended.iter().enumerate() {
            if order.contains(&slot.index) {
                self.put(Slot::Ended(at), &mut placed);
            }
        }
        let (next, _) = self.next(&placed);
        next.into_iter().map(|at| self.ended[at].index).collect()
    }

    fn nothing_placed(&self) -> Placed {
        Placed {
            ended: Bits::below(self.ended.len()),
            pending: Bits::below(self.pending.len()),
            missing: self.ended.iter().filter(|slot| slot.is_required).count(),
        }
    }

    fn moves(&self, placed: &Placed, state: &S, budget: &mut Budget) -> Vec<Move<S>> {
        let (next, deadline) = self.next(placed);
        let mut moves = Vec::new();
        if next.is_empty() {
            return moves; // All ended operations are placed, so a pending one has no reply left to explain.
        }
        let mut follow = |index: usize| {
            budget.spend(1);
            let mut after = state.clone();
            let agrees = (self.follow)(&mut after, index);
            (after, agrees)
        };
        for at in next {
            let slot = &self.ended[at];
            let (after, agrees) = follow(slot.index);
            let is_change = after != *state;
            let step = |effect, after| Move {
                slot: Slot::Ended(at),
                effect,
                after,
            };
            if !slot.is_answered {
                // Passing over leaves the state alone, so it stands before taking effect, which uses something up.
                moves.push(step(None, state.clone()));
            }
            if slot.is_read && agrees {
                let index = slot.index;
                assert!(
                    !is_change,
                    "operation {index} is said to be a read, but the model changes its state on it"
                );
                return vec![step(Some(index), after)];
            }
            if (slot.is_answered && agrees) || (!slot.is_answered && is_change) {
                moves.push(step(Some(slot.index), after));
            }
        }
        // Last: the fewer pending operations a visited configuration has used up, the more later ones `Visited`
        // can drop.
        for (at, slot) in self.pending.iter().enumerate() {
            if slot.invoked > deadline {
                break;
            }
            if placed.pending.has(at) {
                continue;
            }
            let (after, _) = follow(slot.index);
            if after != *state {
                moves.push(Move {
                    slot: Slot::Pending(at),
                    effect: Some(slot.index),
                    after,
                });
            }
        }
        moves
    }

    /// The ended operations that may come next, and the time by which one of them must take effect.
    ///
    /// An operation may come next unless another one that is still to be placed ended before its invocation.
    /// Both lists are sorted by invocation, so the scan stops at the first operation invoked after the earliest
    /// such end.
    fn next(&self, placed: &Placed) -> (Vec<usize>, u64) {
        let (mut next, mut deadline) = (Vec::new(), u64::MAX);
        let first = placed.ended.first_absent();
        for (at, slot) in self.ended.iter().enumerate().skip(first) {
            if slot.invoked > deadline {
                break;
            }
            if !placed.ended.has(at) {
                deadline = deadline.min(slot.until);
                next.push(at);
            }
        }
        (next, deadline)
    }

    fn put(&self, slot: Slot, placed: &mut Placed) {
        match slot {
            Slot::Ended(at) => {
                placed.ended.insert(at);
                placed.missing -= usize::from(self.ended[at].is_required);
            }
            Slot::Pending(at) => placed.pending.insert(at),
        }
    }

    fn take_back(&self, slot: Slot, placed: &mut Placed) {
        match slot {
            Slot::Ended(at) => {
                placed.ended.remove(at);
                placed.missing += usize::from(self.ended[at].is_required);
            }
            Slot::Pending(at) => placed.pending.remove(at),
        }
    }
}
