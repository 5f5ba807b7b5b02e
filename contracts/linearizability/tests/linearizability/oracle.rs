//! The definition of linearizability, tried out order by order.

use std::{collections::BTreeSet, fmt::Debug};

use linearizability::Operation;

type Step<S, C, R> = dyn Fn(&mut S, &C) -> R;

/// Returns whether `order` names operations at most once, keeps real time, and is answered as was seen. It may be the
/// beginning of an order, but leaves out no answered operation that would have to stand before one that it
/// holds.
pub(crate) fn is_order<C, R: PartialEq, S: Clone>(
    initial: &S,
    history: &[Operation<C, R>],
    order: &[usize],
    step: &Step<S, C, R>,
) -> bool {
    let mut state = initial.clone();
    let mut left: Vec<usize> = (0..history.len()).collect();
    order.iter().all(|index| {
        let may_be_next =
            left.contains(index) && left.iter().all(|other| !precedes(&history[*other], &history[*index]));
        left.retain(|other| other != index);
        may_be_next && agrees(&step(&mut state, &history[*index].call), &history[*index])
    })
}

/// The most answers that any order explains.
pub(crate) fn most_explained<C, R: PartialEq, S: Clone>(
    initial: &S,
    history: &[Operation<C, R>],
    step: &Step<S, C, R>,
) -> usize {
    most_explained_but(initial, history, step, &[])
}

/// Returns whether an order explains all answers, whatever those in `free` were answered.
pub(crate) fn is_linearizable<C, R: PartialEq, S: Clone>(
    initial: &S,
    history: &[Operation<C, R>],
    step: &Step<S, C, R>,
    free: &[usize],
) -> bool {
    most_explained_but(initial, history, step, free) == answers(history)
}

fn most_explained_but<C, R: PartialEq, S: Clone>(
    initial: &S,
    history: &[Operation<C, R>],
    step: &Step<S, C, R>,
    free: &[usize],
) -> usize {
    let mut most = 0;
    let orders = Orders { history, step, free };
    orders.go_on(initial, &mut Vec::new(), None, &mut |order, _| {
        let answered = order.iter().filter(|index| history[**index].answered().is_some());
        most = most.max(answered.count());
    });
    most
}

/// All that `culprit` could have been answered, in any order that explains all other answers.
pub(crate) fn allowed<C, R: PartialEq + Debug, S: Clone>(
    initial: &S,
    history: &[Operation<C, R>],
    step: &Step<S, C, R>,
    culprit: usize,
) -> BTreeSet<String> {
    let mut allowed = BTreeSet::new();
    let free = &[culprit];
    let orders = Orders { history, step, free };
    orders.go_on(initial, &mut Vec::new(), None, &mut |order, reply| {
        let answered = order.iter().filter(|index| history[**index].answered().is_some());
        if answered.count() == answers(history) {
            allowed.extend(reply.map(|reply| format!("{reply:?}")));
        }
    });
    allowed
}

fn answers<C, R>(history: &[Operation<C, R>]) -> usize {
    history
        .iter()
        .filter(|operation| operation.answered().is_some())
        .count()
}

struct Orders<'a, C, R, S> {
    history: &'a [Operation<C, R>],
    step: &'a Step<S, C, R>,
    free: &'a [usize],
}

impl<C, R: PartialEq, S: Clone> Orders<'_, C, R, S> {
    /// Visits every beginning of every order of answered operations and any of the others, with what the last
    /// free one was answered.
    fn go_on(&self, state: &S, order: &mut Vec<usize>, reply: Option<&R>, visit: &mut dyn FnMut(&[usize], Option<&R>)) {
        visit(order, reply);
        for index in 0..self.history.len() {
            let is_left = |other: &usize| !order.contains(other);
            let mut left = (0..self.history.len()).filter(is_left);
            if !is_left(&index) || left.any(|other| precedes(&self.history[other], &self.history[index])) {
                continue;
            }
            let mut after = state.clone();
            let expected = (self.step)(&mut after, &self.history[index].call);
            let is_free = self.free.contains(&index);
            if is_free || agrees(&expected, &self.history[index]) {
                order.push(index);
                self.go_on(&after, order, if is_free { Some(&expected) } else { reply }, visit);
                order.pop();
            }
        }
    }
}

fn precedes<C, R>(earlier: &Operation<C, R>, later: &Operation<C, R>) -> bool {
    earlier.answered().is_some_and(|at| at < later.invoked)
}

fn agrees<C, R: PartialEq>(expected: &R, operation: &Operation<C, R>) -> bool {
    operation.reply().is_none_or(|reply| expected == reply)
}
