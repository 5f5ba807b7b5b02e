use std::{collections::BTreeMap, fmt::Debug};

use linearizability::{Operation, Response, Specification};

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

/// A specification in parts, each of which a test may replace.
#[derive(Clone, Copy)]
pub(crate) struct Model<C, R, S> {
    pub(crate) initial: fn() -> S,
    pub(crate) apply: fn(&mut S, &C) -> R,
    pub(crate) agrees: fn(&R, &R) -> bool,
    pub(crate) is_read: fn(&C) -> bool,
    pub(crate) partition: fn(&C) -> Option<String>,
    pub(crate) limit: usize,
}

impl<C, R: PartialEq, S> Model<C, R, S> {
    pub(crate) fn new(initial: fn() -> S, apply: fn(&mut S, &C) -> R) -> Self {
        Self {
            initial,
            apply,
            agrees: R::eq,
            is_read: |_| false,
            partition: |_| None,
            limit: 1_000_000, // far more than any history here takes
        }
    }
}

impl<C: Clone + Debug, R: Clone + Debug + PartialEq, S: Clone + Debug + PartialEq> Specification for Model<C, R, S> {
    type Call = C;
    type Reply = R;
    type State = S;

    fn initial(&self) -> S {
        (self.initial)()
    }

    fn apply(&self, state: &mut S, call: &C) -> R {
        (self.apply)(state, call)
    }

    fn agrees(&self, expected: &R, seen: &R) -> bool {
        (self.agrees)(expected, seen)
    }

    fn is_read(&self, call: &C) -> bool {
        (self.is_read)(call)
    }

    fn partition(&self, call: &C) -> Option<String> {
        (self.partition)(call)
    }

    fn limit(&self) -> usize {
        self.limit
    }
}

pub(crate) type Number = Model<Call, Reply, i32>;

/// A number that begins at 0.
pub(crate) fn number() -> Number {
    Model::new(|| 0, step)
}

/// An account that holds 100.
pub(crate) fn hundred() -> Number {
    Model::new(|| 100, step)
}

/// A number that begins at 0, and says which calls are reads.
pub(crate) fn number_with_reads() -> Number {
    Model {
        is_read: |call| *call == Call::Read,
        ..number()
    }
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

pub(crate) fn shelves() -> Model<ShelfCall, Reply, Shelves> {
    Model {
        partition: shelf_key,
        ..Model::new(Shelves::new, shelf_step)
    }
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
        response: Some(Response { at, reply }),
    }
}

/// An operation that was not.
pub(crate) fn unanswered<C>(caller: usize, invoked: u64, call: C) -> Operation<C, Reply> {
    Operation {
        caller,
        invoked,
        call,
        response: None,
    }
}
