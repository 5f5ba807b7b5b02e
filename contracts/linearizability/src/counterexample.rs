use std::fmt;

use crate::{lanes::lanes, operation::Numbered};

/// Starts, and allowed replies, listed at most.
const LISTED: usize = 6;

/// A part of a history that no order explains, made by [`minimize`](crate::minimize()). Prints as lanes, one
/// for each caller.
#[derive(Clone, Debug)]
pub struct Counterexample<C, R, S> {
    /// The key of the partition, if keys were checked apart.
    pub key: Option<String>,
    /// The situations in which the part can begin.
    pub starts: Vec<Start<S>>,
    /// The number of operations answered before the part. Every order of them leads to one of the starts.
    pub before: usize,
    /// The operations that matter, by the time of their invocations. Those answered after `until` count as pending.
    pub shown: Vec<Numbered<C, R>>,
    /// Operations that do not matter: nothing explains the rest, whether these took effect or not, and whatever
    /// they replied.
    pub left_out: Vec<Numbered<C, R>>,
    /// The index in the history of the operation whose reply has no explanation. All responses before it have one.
    pub culprit: usize,
    /// The time of that response. Operations invoked later are not part of this.
    pub until: u64,
    /// The replies of the culprit that would have an explanation, told apart by their `Debug` text. `None` if
    /// the limit of the specification was reached first.
    pub allowed: Option<Vec<Allowed<R>>>,
}

/// A situation in which a part of a history may begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start<S> {
    /// The state of the model.
    pub state: S,
    /// Operations of the part that have taken effect already, by index in the history.
    pub done: Vec<usize>,
}

/// A reply that the model could have given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowed<R> {
    /// The reply of the culprit.
    pub reply: R,
    /// An order, by index in the history, in which the model gives this reply together with all other recorded ones.
    pub order: Vec<usize>,
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

    /// The recorded reply of the culprit, and the replies that would have been right.
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
