mod core;
mod problem;
mod start;
mod truncate;

use self::{
    core::core,
    problem::Problem,
    start::start_late,
    truncate::{Truncated, truncate},
};
use crate::{
    check::check,
    counterexample::Counterexample,
    operation::{Numbered, Operation},
    partition::{check_partitioned, partitions},
    specification::Specification,
    verdict::Partitioning,
};

type CounterexampleOf<S> =
    Counterexample<<S as Specification>::Call, <S as Specification>::Reply, <S as Specification>::State>;

/// Reduces a history that is not linearizable to the part that shows it. `None` if the history is linearizable,
/// or undecided.
///
/// Operations can't be dropped at will: a read looks stale once the write that it saw is dropped. So every
/// reduction comes with an argument why the whole history has no explanation if the rest has none.
/// - *Truncating the end* at some moment. Take an order for the whole history, and keep what stands before the
///   first operation that was invoked after that moment. It holds everything that was answered by then, so it
///   is an order for the truncated history, in which calls without a response yet are pending. The history is
///   truncated at the first response without an explanation.
/// - *Dropping the beginning*, up to some invocation. Take an order for the whole history, and cut it before
///   the first operation that was invoked at that moment or later. The first part holds everything that was
///   answered by then, perhaps more, and leads to one of the situations that a search of the beginning alone
///   finds. The rest of the order goes on from that situation.
/// - *Leaving operations out*, if there is no order even when each of them took effect between its invocation
///   and its response or not at all, and with any reply. An order for the operations as recorded would be an
///   order for that too. An operation stays all the same if the model would allow other replies to the culprit
///   without it, so that the list of allowed replies stays true.
/// - *Leaving partitions out*, by [`minimize_partitioned`]: a history is linearizable only if each of its objects is.
///
/// The result need not be the smallest there is. A search that exceeds the limit changes nothing. All searches
/// together cost at most about a dozen times the limit, and four times more for each further key that fails.
///
/// # Panics
///
/// If a response came before its invocation: such times are not ticks of one counter.
pub fn minimize<S: Specification>(
    specification: &S,
    history: &[Operation<S::Call, S::Reply>],
) -> Option<CounterexampleOf<S>> {
    if !check(specification, history).is_not_linearizable() {
        return None;
    }
    let problem = Problem::new(specification, history);
    let all: Vec<usize> = (0..history.len()).collect();
    let truncated = truncate(&problem, &all)?;
    Some(reduced(problem, truncated, None))
}

/// Does the same as [`minimize()`] for a history that [`check_partitioned`] finds not linearizable. If keys
/// were checked apart, the counterexample is about the key whose first unexplained response came first.
///
/// # Panics
///
/// If a response came before its invocation: such times are not ticks of one counter.
pub fn minimize_partitioned<S: Specification>(
    specification: &S,
    history: &[Operation<S::Call, S::Reply>],
) -> Option<CounterexampleOf<S>> {
    let checked = check_partitioned(specification, history);
    if !checked.verdict.is_not_linearizable() {
        return None;
    }
    let Partitioning::ByKey { failing, .. } = checked.partitioning else {
        return minimize(specification, history);
    };
    let problem = Problem::new(specification, history);
    let partitions = partitions(specification, history).ok()?;
    let (key, truncated) = failing
        .into_iter()
        .filter_map(|key| truncate(&problem, partitions.get(&key)?).map(|truncated| (key, truncated)))
        .min_by_key(|(_, truncated)| truncated.until)?;
    Some(reduced(problem, truncated, Some(key)))
}

fn reduced<S: Specification>(
    mut problem: Problem<'_, S>,
    truncated: Truncated,
    key: Option<String>,
) -> CounterexampleOf<S> {
    let Truncated {
        until,
        culprit,
        mut candidate,
    } = truncated;
    let before = start_late(&mut problem, &mut candidate, culprit);
    let core = core(&problem, candidate, culprit);
    let numbered = |numbers: Vec<usize>| {
        let number = |number| Numbered {
            number,
            operation: problem.history[number].clone(),
        };
        numbers.into_iter().map(number).collect()
    };
    Counterexample {
        key,
        before,
        shown: numbered(core.shown),
        left_out: numbered(core.left_out),
        culprit,
        until,
        allowed: core.allowed,
        starts: problem.starts,
    }
}
