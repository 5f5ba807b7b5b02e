use std::{
    collections::{BTreeMap, VecDeque},
    fmt::Debug,
};

use super::{
    check::{assert_possible, check, explains},
    operation::Operation,
    specification::Specification,
    verdict::{KeyedVerdict, Partition, Verdict},
};

/// The indices of the operations of each key.
pub(super) type Parts = BTreeMap<String, Vec<usize>>;

/// Decides whether a history is linearizable, for each key apart if every call has one.
///
/// A history is linearizable if and only if the operations on each of its objects are (Herlihy and Wing, 1990, locality), so
/// many short searches do for a long one. A key names such an object only if no call shows what was done under another key;
/// that is for the caller to know. Against mistakes, what passed key by key is replayed as a whole once, and checked together
/// if the model then answers otherwise. A mistake can still make a history fail that would pass together.
///
/// The limit of the specification holds for each key.
///
/// # Panics
///
/// If an answer came before its call: such times are not from one counter.
pub fn check_by_key<C, R, S>(
    specification: &Specification<'_, C, R, S>,
    history: &[Operation<C, R>],
    key: impl Fn(&C) -> Option<String>,
) -> KeyedVerdict<R>
where
    C: Clone + Debug,
    R: Clone + Debug,
    S: Clone + PartialEq,
{
    assert_possible(history);
    let together = |partition| KeyedVerdict {
        partition,
        verdict: check(specification, history),
    };
    match parts(history, key) {
        Err(operation) => together(Partition::NoKey { operation }),
        Ok(parts) => check_apart(specification, history, &parts).unwrap_or_else(|| together(Partition::NotIndependent)),
    }
}

/// The operations of each key, or the first that has none.
pub(super) fn parts<C, R>(history: &[Operation<C, R>], key: impl Fn(&C) -> Option<String>) -> Result<Parts, usize> {
    let mut parts = Parts::new();
    for (index, operation) in history.iter().enumerate() {
        let key = key(&operation.call).ok_or(index)?;
        parts.entry(key).or_default().push(index);
    }
    Ok(parts)
}

pub(super) fn part<C: Clone, R: Clone>(history: &[Operation<C, R>], indices: &[usize]) -> Vec<Operation<C, R>> {
    indices.iter().map(|index| history[*index].clone()).collect()
}

/// None if the keys turn out not to be independent.
fn check_apart<C, R, S>(
    specification: &Specification<'_, C, R, S>,
    history: &[Operation<C, R>],
    parts: &Parts,
) -> Option<KeyedVerdict<R>>
where
    C: Clone + Debug,
    R: Clone + Debug,
    S: Clone + PartialEq,
{
    let (mut failing, mut undecided, mut orders) = (Vec::new(), Vec::new(), Vec::new());
    let (mut failure, mut doubt) = (None, None);
    for (key, indices) in parts {
        match check(specification, &part(history, indices)).renamed(indices) {
            Verdict::Linearizable { order } => orders.push(order),
            verdict @ Verdict::NotLinearizable { .. } => {
                failing.push(key.clone());
                failure.get_or_insert(verdict);
            }
            verdict @ Verdict::Undecided { .. } => {
                undecided.push(key.clone());
                doubt.get_or_insert(verdict);
            }
        }
    }
    let verdict = match failure.or(doubt) {
        Some(verdict) => verdict,
        None => {
            let order = merged(history, orders);
            let mut state = specification.initial().clone();
            if !order
                .iter()
                .all(|index| explains(specification, &mut state, &history[*index]))
            {
                return None;
            }
            Verdict::Linearizable { order }
        }
    };
    Some(KeyedVerdict {
        partition: Partition::ByKey {
            keys: parts.len(),
            failing,
            undecided,
        },
        verdict,
    })
}

/// One order of all operations that keeps each of the orders, and real time.
///
/// Of the operations that are next in their orders, the one that was called first comes next. Nothing that is left was answered
/// before its call: that would have been answered before the call of the head of its own order too, and so stand before it.
fn merged<C, R>(history: &[Operation<C, R>], orders: Vec<Vec<usize>>) -> Vec<usize> {
    let mut queues: Vec<VecDeque<usize>> = orders.into_iter().map(VecDeque::from).collect();
    let mut order = Vec::new();
    while let Some(next) = queues
        .iter_mut()
        .filter(|queue| !queue.is_empty())
        .min_by_key(|queue| queue.front().map(|index| history[*index].invoked))
        .and_then(VecDeque::pop_front)
    {
        order.push(next);
    }
    order
}
