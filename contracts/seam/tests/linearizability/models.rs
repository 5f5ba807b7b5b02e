use std::collections::BTreeMap;

use seam::equivalence::concurrent::{Answer, Operation, Specification};

/// A register, a counter and an account in one: what it holds is a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    Read,
    Write(i32),
    /// Answers what it then holds.
    Add(i32),
    /// Refused if it holds less.
    Withdraw(i32),
    /// Refused unless it holds the first.
    Swap(i32, i32),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    Done,
    Holds(i32),
    Refused,
}

use Reply::{Done, Holds, Refused};

pub(crate) fn step(state: &mut i32, call: &Call) -> Reply {
    match call {
        Call::Read => Holds(*state),
        Call::Write(value) => {
            *state = *value;
            Done
        }
        Call::Add(value) => {
            *state += value;
            Holds(*state)
        }
        Call::Withdraw(value) if *value <= *state => {
            *state -= value;
            Done
        }
        Call::Swap(from, to) if from == state => {
            *state = *to;
            Done
        }
        Call::Withdraw(_) | Call::Swap(..) => Refused,
    }
}

pub(crate) type Number<'a> = Specification<'a, Call, Reply, i32>;

/// Far more than any history here takes.
pub(crate) const AMPLE: usize = 1_000_000;

pub(crate) fn number(initial: i32) -> Number<'static> {
    Specification::new(initial, step, Reply::eq, AMPLE)
}

/// The same, told which calls are reads.
pub(crate) fn number_with_reads(initial: i32) -> Number<'static> {
    number(initial).with_reads(|call| *call == Call::Read)
}

/// Many numbers, each under its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ShelfCall {
    At(&'static str, Call),
    /// Answers the sum of all.
    Sum,
}

pub(crate) type Shelves = BTreeMap<&'static str, i32>;

pub(crate) fn shelf_step(state: &mut Shelves, call: &ShelfCall) -> Reply {
    match call {
        ShelfCall::At(key, call) => step(state.entry(key).or_default(), call),
        ShelfCall::Sum => Holds(state.values().sum()),
    }
}

pub(crate) fn shelves() -> Specification<'static, ShelfCall, Reply, Shelves> {
    Specification::new(Shelves::new(), shelf_step, Reply::eq, AMPLE)
}

pub(crate) fn shelf_key(call: &ShelfCall) -> Option<String> {
    match call {
        ShelfCall::At(key, _) => Some((*key).to_owned()),
        ShelfCall::Sum => None,
    }
}

/// An operation that was answered.
pub(crate) fn answered<C>(caller: usize, invoked: u64, call: C, at: u64, reply: Reply) -> Operation<C, Reply> {
    Operation {
        caller,
        invoked,
        call,
        answer: Answer::Came { at, reply },
    }
}

/// An operation that was not.
pub(crate) fn unanswered<C>(caller: usize, invoked: u64, call: C) -> Operation<C, Reply> {
    Operation {
        caller,
        invoked,
        call,
        answer: Answer::Unknown,
    }
}
