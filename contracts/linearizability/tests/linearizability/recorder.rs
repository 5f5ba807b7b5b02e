//! Long histories of callers that share a number.

use linearizability::{Operation, Response};

pub(crate) use crate::dice::Dice;
use crate::models::{Call, Reply, step};

/// Records callers of one number that begins at 0. What they see is linearizable.
#[derive(Default)]
pub(crate) struct Recorder {
    pub(crate) history: Vec<Operation<Call, Reply>>,
    state: i32,
    ticks: u64,
}

impl Recorder {
    /// In each round all call, then all are answered.
    pub(crate) fn rounds(callers: usize, rounds: usize, dice: &mut Dice, call: impl Fn(&mut Dice) -> Call) -> Self {
        let mut recorder = Self::default();
        for _ in 0..rounds {
            let mut open: Vec<usize> = (0..callers).map(|caller| recorder.call(caller, call(dice))).collect();
            dice.shuffle(&mut open);
            let mut effects: Vec<_> = open.iter().map(|index| (*index, recorder.effect(*index))).collect();
            dice.shuffle(&mut effects);
            for (index, reply) in effects {
                recorder.answer(index, reply);
            }
        }
        recorder
    }

    /// Each calls again some time after it was answered, whatever the others do.
    pub(crate) fn free(callers: usize, calls: usize, dice: &mut Dice, call: impl Fn(&mut Dice) -> Call) -> Self {
        let mut recorder = Self::default();
        let mut left = vec![calls; callers];
        let mut all: Vec<Caller> = (0..callers).map(|_| Caller::Idle).collect();
        while left.iter().any(|left| *left > 0) || all.iter().any(|caller| !matches!(caller, Caller::Idle)) {
            let caller = dice.index(callers);
            all[caller] = match std::mem::replace(&mut all[caller], Caller::Idle) {
                Caller::Idle if left[caller] == 0 => Caller::Idle,
                Caller::Idle => {
                    left[caller] -= 1;
                    Caller::Called(recorder.call(caller, call(dice)))
                }
                Caller::Called(index) => Caller::Done(index, recorder.effect(index)),
                Caller::Done(index, reply) => {
                    recorder.answer(index, reply);
                    Caller::Idle
                }
            };
        }
        recorder
    }

    /// Loses some of the answers: one of so many.
    pub(crate) fn losing(mut self, one_of: u64, dice: &mut Dice) -> Self {
        for operation in &mut self.history {
            if dice.below(one_of) == 0 {
                operation.response = None;
            }
        }
        self
    }

    /// Reads after all others, and sees this.
    pub(crate) fn then_read(mut self, seen: i32) -> Vec<Operation<Call, Reply>> {
        let index = self.call(0, Call::Read);
        self.answer(index, Reply::Holds(seen));
        self.history
    }

    fn call(&mut self, caller: usize, call: Call) -> usize {
        self.ticks += 1;
        self.history.push(Operation {
            caller,
            invoked: self.ticks,
            call,
            response: None,
        });
        self.history.len() - 1
    }

    fn effect(&mut self, index: usize) -> Reply {
        step(&mut self.state, &self.history[index].call)
    }

    fn answer(&mut self, index: usize, reply: Reply) {
        self.ticks += 1;
        self.history[index].response = Some(Response { at: self.ticks, reply });
    }
}

enum Caller {
    Idle,
    Called(usize),
    Done(usize, Reply),
}
