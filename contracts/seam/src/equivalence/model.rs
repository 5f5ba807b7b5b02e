use std::{borrow::Cow, fmt};

use proptest::strategy::BoxedStrategy;
use serde_json::Value;

use crate::{Contract, Outcome};

/// A call of the contract that a model is of.
pub type CallOf<M> = <<M as Model>::Contract as Contract>::Call;
/// A reply of the contract that a model is of.
pub type ReplyOf<M> = <<M as Model>::Contract as Contract>::Reply;

/// What a contract promises, as a small state machine: pure, no I/O, no clock, no randomness of its own.
///
/// The value is the state. It is the reference that every subject is compared with, and the source of the calls.
pub trait Model: Clone + fmt::Debug + PartialEq + Send + Sync + 'static {
    /// The contract it is a model of.
    type Contract: Contract + ?Sized;

    /// A call to make in this state. Draw illegal ones too: they must fail everywhere with the same error.
    ///
    /// A call may name what earlier replies named: keep it in the state. Where subjects mint such names themselves, say so with
    /// [`Rule::renamed`](super::Rule::renamed).
    fn call(&self) -> BoxedStrategy<CallOf<Self>>;

    /// The reply that the contract promises in this state, and the change.
    fn apply(&mut self, call: &CallOf<Self>) -> ReplyOf<Self>;

    /// What the call finds, in a word: the row of the state machine that it meets; `any` unless told.
    fn state(&self, call: &CallOf<Self>) -> Cow<'static, str> {
        let _ = call;
        "any".into()
    }

    /// Every cell that can be reached. A suite that did not reach one of them fails.
    fn reachable() -> Vec<Cell>;

    /// The reply's outcome in a word: `ok`, or the name of the domain error's variant, with its `kind` where it has one.
    fn outcome(reply: &ReplyOf<Self>) -> Cow<'static, str> {
        outcome::<Self::Contract>(reply)
    }

    /// What the calls so far have done beside their replies: events, calls to outside systems, oldest first.
    ///
    /// Compared with what a subject says it did, where it says so: [`Instance::with_effects`](super::Instance::with_effects).
    fn effects(&self) -> Vec<Value> {
        Vec::new()
    }
}

/// A call that meets a state and ends with an outcome: a cell of the state machine.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Cell {
    /// What the call found, as [`Model::state`] says.
    pub state: Cow<'static, str>,
    /// The method, as the trait names it.
    pub method: Cow<'static, str>,
    /// How it ended, as [`Model::outcome`] says.
    pub outcome: Cow<'static, str>,
}

impl Cell {
    /// A cell from its three words.
    pub fn new(
        state: impl Into<Cow<'static, str>>,
        method: impl Into<Cow<'static, str>>,
        outcome: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            state: state.into(),
            method: method.into(),
            outcome: outcome.into(),
        }
    }
}

impl Cell {
    /// The cells of a table: in this state, this method ends with one of these outcomes, separated by spaces.
    pub fn table(rows: &[(&'static str, &'static str, &'static str)]) -> Vec<Self> {
        let cells = rows.iter().flat_map(|(state, method, outcomes)| {
            outcomes
                .split_whitespace()
                .map(|outcome| Self::new(*state, *method, outcome))
        });
        cells.collect()
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {} -> {}", self.method, self.state, self.outcome)
    }
}

fn outcome<C: Contract + ?Sized>(reply: &C::Reply) -> Cow<'static, str> {
    match C::outcome(reply) {
        Outcome::Value(()) => "ok".into(),
        Outcome::DomainError(_) => serde_json::to_value(reply)
            .ok()
            .and_then(|reply| Some(named(reply.as_object()?.values().next()?.get("Err")?)))
            .unwrap_or_else(|| "error".to_owned())
            .into(),
        unknown => unknown.kind().into(),
    }
}

/// The name of a serialised enum value: `"absent"`, `{"absent": ..}`, and `{"conflict": {"kind": "paid"}}` is `conflict/paid`.
fn named(error: &Value) -> String {
    match error {
        Value::String(variant) => variant.clone(),
        Value::Object(fields) if fields.len() == 1 => {
            let (variant, value) = fields.iter().next().unwrap_or_else(|| unreachable!("it has one field"));
            match value.get("kind").and_then(Value::as_str) {
                Some(kind) => format!("{variant}/{kind}"),
                None => variant.clone(),
            }
        }
        _ => "error".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::named;

    #[test]
    fn an_error_is_called_by_its_variant_and_a_conflict_by_its_kind_too() {
        for (error, name) in [
            (json!("absent"), "absent"),
            (json!({ "absent": { "id": 1 } }), "absent"),
            (json!({ "conflict": { "kind": "paid", "at": 2 } }), "conflict/paid"),
            (json!({ "conflict": { "kind": 2 } }), "conflict"),
            (json!({ "two": 1, "fields": 2 }), "error"),
            (json!({}), "error"),
            (json!(3), "error"),
        ] {
            assert_eq!(named(&error), name, "{error}");
        }
    }
}
