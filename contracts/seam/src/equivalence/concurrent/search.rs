use std::ops::ControlFlow;

use super::{bits::Bits, budget::Budget, visited::Visited};

/// Looks for orders of operations that a model can follow.
///
/// A depth-first search over configurations: which operations are placed, and the state that this led to. It keeps its own
/// stack, so the length of a history costs heap and nothing else. It does not go
/// - twice from configurations that are as good as each other: [`Visited`];
/// - beyond an answered read that may come next with the answer that was seen: every order from here stays one if that
///   read is moved to its front. Of a call that changes nothing only here, this is not true: it may have to come when it does;
/// - to an unanswered operation that would change nothing here: it can still come when it does.
pub(super) struct Search<'a, S> {
    /// Those that have an end, by the time of the call.
    ended: Vec<Ended>,
    /// The others, by the time of the call.
    open: Vec<Open>,
    follow: &'a dyn Fn(&mut S, usize) -> bool,
}

/// What a search has to know of an operation, beside what the model makes of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) invoked: u64,
    pub(super) end: End,
    /// Whether it changes no state whatever.
    pub(super) is_read: bool,
}

/// Until when an operation may take effect, and what is known of it then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// Until this time; then it did, with the answer that was seen.
    Answered(u64),
    /// Until this time; then it did or did not, with whatever answer.
    Forgotten(u64),
    /// At any time, or never.
    Open,
}

/// How a search went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// There is nothing more to find.
    Exhausted,
    /// It was told to stop.
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
    /// Whether an order is complete only with it.
    is_required: bool,
}

struct Open {
    index: usize,
    invoked: u64,
}

/// Which operations have been placed, or passed over for good.
pub(super) struct Placed {
    pub(super) ended: Bits,
    pub(super) open: Bits,
    /// How many required ones have not.
    pub(super) missing: usize,
}

/// What may come next, and the state that follows.
struct Move<S> {
    place: Place,
    /// The operation that takes effect; none if one is passed over.
    effect: Option<usize>,
    after: S,
}

#[derive(Clone, Copy)]
enum Place {
    Ended(usize),
    Open(usize),
}

impl<'a, S: Clone + PartialEq> Search<'a, S> {
    /// A search among these operations. `follow` makes the model handle one of them, by index, and says whether it gave the
    /// answer that was seen; it is not heeded for one that was not answered.
    pub(super) fn new(spans: impl Iterator<Item = Span>, follow: &'a dyn Fn(&mut S, usize) -> bool) -> Self {
        let (mut ended, mut open) = (Vec::new(), Vec::new());
        for (index, Span { invoked, end, is_read }) in spans.enumerate() {
            match end {
                // Nothing hangs on a read whose answer is not asked for.
                End::Forgotten(_) | End::Open if is_read => {}
                End::Open => open.push(Open { index, invoked }),
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
        open.sort_by_key(|slot| (slot.invoked, slot.index));
        Self { ended, open, follow }
    }

    /// The same search, but an order is complete as soon as it holds all that ended before this time.
    pub(super) fn until(mut self, time: u64) -> Self {
        for slot in &mut self.ended {
            slot.is_required = slot.until < time;
        }
        self
    }

    /// Shows `complete` orders that explain all answers, with the states that they lead to, until told to stop: at least one
    /// for each such state. Gives back how it went, and the order that explained the most answers.
    pub(super) fn run(
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
        let mut path: Vec<(Place, Option<usize>)> = Vec::new();
        let mut untried = vec![self.moves(&placed, initial, budget).into_iter()];
        while let Some(moves) = untried.last_mut() {
            if budget.is_exceeded() {
                return (Outcome::Exceeded, longest);
            }
            let Some(next) = moves.next() else {
                untried.pop();
                if let Some((place, effect)) = path.pop() {
                    self.take_back(place, &mut placed);
                    effect.and_then(|_| order.pop());
                }
                continue;
            };
            self.put(next.place, &mut placed);
            if !visited.is_new(&placed, &next.after, budget) {
                self.take_back(next.place, &mut placed);
                continue;
            }
            order.extend(next.effect);
            path.push((next.place, next.effect));
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

    /// The answered operations that may come right after these, in the order of their calls.
    pub(super) fn next_after(&self, order: &[usize]) -> Vec<usize> {
        let mut placed = self.nothing_placed();
        for (at, slot) in self.ended.iter().enumerate() {
            if order.contains(&slot.index) {
                self.put(Place::Ended(at), &mut placed);
            }
        }
        let (next, _) = self.next(&placed);
        next.into_iter().map(|at| self.ended[at].index).collect()
    }

    fn nothing_placed(&self) -> Placed {
        Placed {
            ended: Bits::below(self.ended.len()),
            open: Bits::below(self.open.len()),
            missing: self.ended.iter().filter(|slot| slot.is_required).count(),
        }
    }

    fn moves(&self, placed: &Placed, state: &S, budget: &mut Budget) -> Vec<Move<S>> {
        let (next, deadline) = self.next(placed);
        let mut moves = Vec::new();
        if next.is_empty() {
            return moves; // All that has an end is placed: open ones explain nothing any more.
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
                place: Place::Ended(at),
                effect,
                after,
            };
            if !slot.is_answered {
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
        // Last, so that states are first met with few open operations used up.
        for (at, slot) in self.open.iter().enumerate() {
            if slot.invoked > deadline {
                break;
            }
            if placed.open.has(at) {
                continue;
            }
            let (after, _) = follow(slot.index);
            if after != *state {
                moves.push(Move {
                    place: Place::Open(at),
                    effect: Some(slot.index),
                    after,
                });
            }
        }
        moves
    }

    /// The operations with an end that may come next, and the time by which one of them must have: an operation may come next
    /// unless it was called after the end of another that is still to be placed.
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

    fn put(&self, place: Place, placed: &mut Placed) {
        match place {
            Place::Ended(at) => {
                placed.ended.insert(at);
                placed.missing -= usize::from(self.ended[at].is_required);
            }
            Place::Open(at) => placed.open.insert(at),
        }
    }

    fn take_back(&self, place: Place, placed: &mut Placed) {
        match place {
            Place::Ended(at) => {
                placed.ended.remove(at);
                placed.missing += usize::from(self.ended[at].is_required);
            }
            Place::Open(at) => placed.open.remove(at),
        }
    }
}
