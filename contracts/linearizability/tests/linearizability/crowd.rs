//! Histories of a crowd: fifty callers append to, put and get a few keys, and most of them wait long for their turn.

use std::collections::BTreeMap;

use linearizability::{Operation, Response, Specification};

use crate::dice::Dice;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    Get(u8),
    Put(u8, String),
    Append(u8, String),
}

/// A store of texts; a key that is absent holds the empty text.
pub(crate) struct Texts;

impl Specification for Texts {
    type Call = Call;
    type Reply = Option<String>;
    type State = BTreeMap<u8, String>;

    fn initial(&self) -> Self::State {
        BTreeMap::new()
    }

    fn apply(&self, state: &mut Self::State, call: &Call) -> Option<String> {
        match call {
            Call::Get(key) => return Some(state.get(key).cloned().unwrap_or_default()),
            Call::Put(key, text) => drop(state.insert(*key, text.clone())),
            Call::Append(key, text) => state.entry(*key).or_default().push_str(text),
        }
        None
    }

    fn is_read(&self, call: &Call) -> bool {
        matches!(call, Call::Get(_))
    }

    fn partition(&self, call: &Call) -> Option<String> {
        let (Call::Get(key) | Call::Put(key, _) | Call::Append(key, _)) = call;
        Some(key.to_string())
    }
}

/// The shape of a history. Probabilities are in 1/1,000.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Crowd {
    pub(crate) callers: usize,
    pub(crate) keys: u64,
    pub(crate) calls: usize,
    /// The callers that get their turn soon; the others wait.
    pub(crate) served: usize,
    /// The probability that one of those gives its place to another caller.
    pub(crate) changing: u64,
    /// The probability that a call may take effect before it is answered.
    pub(crate) early: u64,
    /// The probability that such a call, drawn at each step, takes effect.
    pub(crate) effect: u64,
}

/// The shapes that a key-value service of five replicas showed under load: some callers are served at once, the
/// others wait for hundreds of calls.
pub(crate) const CROWDS: [(&str, Crowd); 4] = [
    ("effect at the answer", Crowd { early: 0, ..WAITING }),
    ("half of the waiting early", WAITING),
    (
        "all of the waiting early",
        Crowd {
            early: 1_000,
            effect: 600,
            ..WAITING
        },
    ),
    (
        "ten served at a time",
        Crowd {
            served: 10,
            changing: 50,
            effect: 500,
            ..WAITING
        },
    ),
];

const WAITING: Crowd = Crowd {
    callers: 50,
    keys: 10,
    calls: 1_900,
    served: 4,
    changing: 80,
    early: 500,
    effect: 60,
};

struct Waiting {
    index: usize,
    reply: Option<Option<String>>,
    may_be_early: bool,
}

impl Crowd {
    /// Draws a history that is linearizable.
    pub(crate) fn draw(&self, seed: u64) -> Vec<Operation<Call, Option<String>>> {
        let (mut dice, mut state) = (Dice(seed), BTreeMap::new());
        let (mut history, mut ticks) = (Vec::new(), 0);
        let mut all: Vec<Waiting> = (0..self.callers)
            .map(|caller| self.call(caller, &mut history, &mut ticks, &mut dice))
            .collect();
        let mut served: Vec<usize> = (0..self.served).collect();
        while history.len() < self.calls {
            let anybody = dice.index(self.callers);
            if dice.below(1_000) < self.effect && all[anybody].may_be_early {
                all[anybody].take_effect(&mut state, &history);
            }
            let place = dice.index(self.served);
            if dice.below(1_000) < self.changing {
                served[place] = dice.index(self.callers);
            }
            let caller = served[place];
            all[caller].answer(&mut state, &mut history, &mut ticks);
            all[caller] = self.call(caller, &mut history, &mut ticks, &mut dice);
        }
        for mut waiting in all {
            waiting.answer(&mut state, &mut history, &mut ticks);
        }
        history
    }

    fn call(
        &self,
        caller: usize,
        history: &mut Vec<Operation<Call, Option<String>>>,
        ticks: &mut u64,
        dice: &mut Dice,
    ) -> Waiting {
        let key = u8::try_from(dice.below(self.keys)).unwrap();
        let text = format!("x {caller} {} y", history.len());
        let call = match dice.below(1_000) {
            0..500 => Call::Append(key, text),
            500..550 => Call::Put(key, text),
            _ => Call::Get(key),
        };
        *ticks += 1;
        history.push(Operation {
            caller,
            invoked: *ticks,
            call,
            response: None,
        });
        Waiting {
            index: history.len() - 1,
            reply: None,
            may_be_early: dice.below(1_000) < self.early,
        }
    }
}

impl Waiting {
    fn take_effect(&mut self, state: &mut BTreeMap<u8, String>, history: &[Operation<Call, Option<String>>]) {
        if self.reply.is_none() {
            self.reply = Some(Texts.apply(state, &history[self.index].call));
        }
    }

    fn answer(
        &mut self,
        state: &mut BTreeMap<u8, String>,
        history: &mut [Operation<Call, Option<String>>],
        ticks: &mut u64,
    ) {
        self.take_effect(state, history);
        *ticks += 1;
        history[self.index].response = self.reply.take().map(|reply| Response { at: *ticks, reply });
    }
}
