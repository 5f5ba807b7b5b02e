use std::fmt;

use super::{lanes::lanes, operation::Operation};

/// So many starts, and answers that the model allows, are listed.
const LISTED: usize = 6;

/// Part of a history that no order explains, made by [`smallest`](super::smallest). Prints as lanes, one for each caller.
#[derive(Clone, Debug)]
pub struct Counterexample<C, R, S> {
    /// The key that the part is about, if keys were checked apart.
    pub key: Option<String>,
    /// Where the part begins: in one of these situations.
    pub starts: Vec<Start<S>>,
    /// How many operations were answered by then. They can be ordered in no way that leads elsewhere.
    pub before: usize,
    /// The operations to look at, by the time of their calls. Those that were answered after `until` count as open.
    pub shown: Vec<Numbered<C, R>>,
    /// Operations to forget about: whether they took effect or not, and what they were answered, nothing explains the rest.
    pub left_out: Vec<Numbered<C, R>>,
    /// The index in the history of the operation whose answer has no explanation. Up to that answer, all is explained.
    pub culprit: usize,
    /// When that answer came; what was called later is no part of this.
    pub until: u64,
    /// The answers that have one, told apart by their `Debug` text. None if the limit of the specification was reached first.
    pub allowed: Option<Vec<Allowed<R>>>,
}

/// A situation that a part of a history may begin in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start<S> {
    /// The state.
    pub state: S,
    /// Operations of the part that have taken effect by then, by index in the history.
    pub done: Vec<usize>,
}

/// An operation with its index in the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Numbered<C, R> {
    /// The index.
    pub number: usize,
    /// The operation as it was recorded.
    pub operation: Operation<C, R>,
}

/// An answer that the model could have given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowed<R> {
    /// The answer.
    pub reply: R,
    /// An order, by index in the history, in which the model gives it together with all other answers.
    pub order: Vec<usize>,
}

impl<C, R> Numbered<C, R> {
    /// When the answer came, if it did by `until`.
    pub fn answered_by(&self, until: u64) -> Option<u64> {
        self.operation.answered().filter(|at| *at <= until)
    }
}

impl<C: fmt::Debug, R: fmt::Debug, S: fmt::Debug> fmt::Display for Counterexample<C, R, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lines = vec![self.claim()];
        lines.extend(self.beginning());
        lines.extend(lanes(&self.shown, self.until, self.culprit));
        lines.extend(self.question());
        if !self.left_out.is_empty() {
            let numbers = names(self.left_out.iter().map(|left_out| left_out.number));
            lines.push(format!(
                "left out, as nothing explains it whatever became of them: {numbers}"
            ));
        }
        f.write_str(&lines.join("\n"))
    }
}

impl<C: fmt::Debug, R: fmt::Debug, S: fmt::Debug> Counterexample<C, R, S> {
    fn claim(&self) -> String {
        let key = self
            .key
            .as_ref()
            .map(|key| format!(" at key {key:?}"))
            .unwrap_or_default();
        let culprit = self.culprit;
        format!("not linearizable{key}: no order of the calls explains the answer of #{culprit}")
    }

    fn beginning(&self) -> Vec<String> {
        let start = |(nth, Start { state, done }): (usize, &Start<S>)| {
            let label = if nth == 0 { "begins in" } else { "or in" };
            match done.as_slice() {
                [] => format!("{label} {state:?}"),
                done => format!("{label} {state:?} with {} done", names(done.iter().copied())),
            }
        };
        let mut lines: Vec<String> = self.starts.iter().take(LISTED).enumerate().map(start).collect();
        if self.starts.len() > LISTED {
            lines.push(format!("or in one of {} more situations", self.starts.len() - LISTED));
        }
        if self.before > 0 {
            lines.push(format!("where the {} operations before that must lead", self.before));
        }
        lines
    }

    /// What was seen, and what should have been.
    fn question(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if let Some(culprit) = self.shown.iter().find(|shown| shown.number == self.culprit) {
            lines.push(format!("#{} is {:?}", self.culprit, culprit.operation.call));
            lines.extend(culprit.operation.reply().map(|reply| format!("  seen:    {reply:?}")));
        }
        match self.allowed.as_deref() {
            None => lines.push("  allowed: not found out within the limit".to_owned()),
            Some([]) => lines.push("  allowed: nothing, as an answer of the same tick has no explanation".to_owned()),
            Some(allowed) => lines.extend(listed(allowed)),
        }
        lines
    }
}

fn listed<R: fmt::Debug>(allowed: &[Allowed<R>]) -> Vec<String> {
    let line = |(nth, Allowed { reply, order }): (usize, &Allowed<R>)| {
        let label = if nth == 0 { "allowed:" } else { "or:" };
        format!("  {label:<8} {reply:?}, in the order {}", names(order.iter().copied()))
    };
    let mut lines: Vec<String> = allowed.iter().take(LISTED).enumerate().map(line).collect();
    if allowed.len() > LISTED {
        lines.push(format!("  or one of {} more", allowed.len() - LISTED));
    }
    lines
}

fn names(numbers: impl Iterator<Item = usize>) -> String {
    let names: Vec<String> = numbers.map(|number| format!("#{number}")).collect();
    names.join(" ")
}
