mod cut;
mod evidence;
mod leave_out;
mod start;

use std::fmt::Debug;

use self::{
    cut::{Cut, cut},
    evidence::Evidence,
    leave_out::leave_out,
    start::start_late,
};
use super::{
    by_key::{check_by_key, parts},
    counterexample::{Counterexample, Numbered},
    operation::Operation,
    specification::Specification,
    verdict::Partition,
};

/// Cuts a history that is not linearizable down to what shows it. None if it is linearizable, or undecided.
///
/// Operations can't be left out at will: a read looks stale if the write that it saw is left out. So whatever is done here
/// keeps an argument why the whole history has no explanation if what remains has none.
/// - *The end is cut off* at some moment. Take an order for the history, and of that what stands before the first operation
///   that was called later. It holds all that was answered by that moment, so it is an order for the history up to there,
///   where calls still open count as unanswered. The cut comes with the first answer that has no explanation.
/// - *The beginning is cut off* at some call. Take an order for the history, and of that what stands before the first
///   operation that was called then or later. It holds all that was answered by then, perhaps more, and leads to one of the
///   situations that can be found by searching this beginning alone. From one of these the rest of the order goes on.
/// - *Operations are left out* if there is no order even when each of them took effect between its call and its answer or
///   not at all, and was answered whatever. An order for the operations as they were recorded would be one for that too.
///   They stay all the same if without them the model would allow the unexplained answer to be other than with them, so
///   that what is shown tells no lies.
/// - *Keys are left out*, by [`smallest_by_key`], since a history is linearizable only if each of its objects is.
///
/// What remains need not be the least that could. Searches that exceed the limit leave things as they are; all of them cost
/// a dozen times the limit at most, and four times more for each further key that fails.
///
/// # Panics
///
/// If an answer came before its call: such times are not from one counter.
pub fn smallest<C, R, S>(
    specification: &Specification<'_, C, R, S>,
    history: &[Operation<C, R>],
) -> Option<Counterexample<C, R, S>>
where
    C: Clone + Debug,
    R: Clone + Debug,
    S: Clone + PartialEq,
{
    if !super::check(specification, history).is_not_linearizable() {
        return None;
    }
    let evidence = Evidence::new(specification, history);
    let all: Vec<usize> = (0..history.len()).collect();
    let cut = cut(&evidence, &all)?;
    Some(minimised(evidence, cut, None))
}

/// The same for a history that [`check_by_key`] finds not linearizable: if keys were checked apart, of the key whose first
/// answer without an explanation came first.
///
/// # Panics
///
/// If an answer came before its call: such times are not from one counter.
pub fn smallest_by_key<C, R, S>(
    specification: &Specification<'_, C, R, S>,
    history: &[Operation<C, R>],
    key: impl Fn(&C) -> Option<String>,
) -> Option<Counterexample<C, R, S>>
where
    C: Clone + Debug,
    R: Clone + Debug,
    S: Clone + PartialEq,
{
    let keyed = check_by_key(specification, history, &key);
    if !keyed.verdict.is_not_linearizable() {
        return None;
    }
    let Partition::ByKey { failing, .. } = keyed.partition else {
        return smallest(specification, history);
    };
    let evidence = Evidence::new(specification, history);
    let parts = parts(history, key).ok()?;
    let (name, cut) = failing
        .into_iter()
        .filter_map(|name| cut(&evidence, parts.get(&name)?).map(|cut| (name, cut)))
        .min_by_key(|(_, cut)| cut.until)?;
    Some(minimised(evidence, cut, Some(name)))
}

fn minimised<C, R, S>(mut evidence: Evidence<'_, C, R, S>, cut: Cut, key: Option<String>) -> Counterexample<C, R, S>
where
    C: Clone + Debug,
    R: Clone + Debug,
    S: Clone + PartialEq,
{
    let Cut {
        until,
        culprit,
        mut taken,
    } = cut;
    let before = start_late(&mut evidence, &mut taken, culprit);
    let kept = leave_out(&evidence, taken, culprit);
    let numbered = |numbers: Vec<usize>| {
        let number = |number| Numbered {
            number,
            operation: evidence.history[number].clone(),
        };
        numbers.into_iter().map(number).collect()
    };
    Counterexample {
        key,
        before,
        shown: numbered(kept.shown),
        left_out: numbered(kept.left_out),
        culprit,
        until,
        allowed: kept.allowed,
        starts: evidence.starts,
    }
}
