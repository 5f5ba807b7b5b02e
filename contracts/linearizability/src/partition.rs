use std::collections::{BTreeMap, VecDeque};

use crate::{
    check::{assert_possible, check, explains},
    operation::Operation,
    specification::Specification,
    verdict::{PartitionedVerdict, Partitioning, Verdict},
};

/// The indices of the operations of each key.
pub(crate) type Partitions = BTreeMap<String, Vec<usize>>;

/// Decides whether a history is linearizable, for each key apart if [`Specification::partition`] gives every
/// call one.
///
/// A history is linearizable if and only if the operations on each of its objects are (locality; Herlihy and
/// Wing, 1990), so many short searches replace a long one. A key names such an object only if no call shows
/// what was done under another key. This is not taken on trust: an order found key by key is run through the
/// model as a whole, and if the model replies otherwise, the history is checked together. Dependent keys can
/// still make a history fail that would pass together.
///
/// The limit of the specification holds for each key.
///
/// # Panics
///
/// If a response came before its invocation: such times are not ticks of one counter.
pub fn check_partitioned<S: Specification>(
    specification: &S,
    history: &[Operation<S::Call, S::Reply>],
) -> PartitionedVerdict<S::Reply> {
    assert_possible(history);
    let together = |partitioning| PartitionedVerdict {
        partitioning,
        verdict: check(specification, history),
    };
    match partitions(specification, history) {
        Err(operation) => together(Partitioning::NoKey { operation }),
        Ok(partitions) => {
            check_apart(specification, history, &partitions).unwrap_or_else(|| together(Partitioning::NotIndependent))
        }
    }
}

/// The operations of each key, or the first operation that has none.
pub(crate) fn partitions<S: Specification>(
    specification: &S,
    history: &[Operation<S::Call, S::Reply>],
) -> Result<Partitions, usize> {
    let mut partitions = Partitions::new();
    for (index, operation) in history.iter().enumerate() {
        let key = specification.partition(&operation.call).ok_or(index)?;
        partitions.entry(key).or_default().push(index);
    }
    Ok(partitions)
}

/// Checks each partition. `None` if the keys turn out not to be independent.
fn check_apart<S: Specification>(
    specification: &S,
    history: &[Operation<S::Call, S::Reply>],
    partitions: &Partitions,
) -> Option<PartitionedVerdict<S::Reply>> {
    let (mut failing, mut undecided, mut orders) = (Vec::new(), Vec::new(), Vec::new());
    let (mut failure, mut doubt) = (None, None);
    for (key, indices) in partitions {
        let partition: Vec<_> = indices.iter().map(|index| history[*index].clone()).collect();
        match check(specification, &partition).renumbered(indices) {
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
            let mut state = specification.initial();
            if !order
                .iter()
                .all(|index| explains(specification, &mut state, &history[*index]))
            {
                return None;
            }
            Verdict::Linearizable { order }
        }
    };
    Some(PartitionedVerdict {
        partitioning: Partitioning::ByKey {
            keys: partitions.len(),
            failing,
            undecided,
        },
        verdict,
    })
}

/// Merges orders into one that keeps each of them, and real time.
///
/// Of the heads of all orders, the one that was invoked first comes next. No operation that remains was
/// answered before that invocation: it would have been answered before the invocation of its own order's head
/// too, and so stand before that head.
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
