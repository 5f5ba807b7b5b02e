use std::{borrow::Cow, fmt};

use proptest::strategy::BoxedStrategy;
use serde_json::Value;

use crate::{Contract, Outcome};

/// The call type of a model's contract.
pub type CallOf<M> = <<M as Model>::Contract as Contract>::Call;
/// The reply type of a model's contract.
pub type ReplyOf<M> = <<M as Model>::Contract as Contract>::Reply;

/// The promises of a contract as a small state machine: pure, without I/O, clock or randomness of its own.
///
/// The value is the state. Every subject is compared with it, and it generates the calls.
///
/// ```
/// # #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize, thiserror::Error)]
/// # pub enum LockerError {
/// #     #[error("it is empty")]
/// #     Empty,
/// #     #[error(transparent)]
/// #     NoAnswer(#[from] seam::TransportFailure),
/// # }
/// # impl seam::ContractError for LockerError {
/// #     fn transport(&self) -> Option<&seam::TransportFailure> {
/// #         match self { Self::NoAnswer(failure) => Some(failure), Self::Empty => None }
/// #     }
/// # }
/// use proptest::prelude::*;
/// use seam::equivalence::{Cell, Model};
/// use std::borrow::Cow;
///
/// #[seam::contract(name = "locker")]
/// pub trait Locker: Send + Sync {
///     #[write]
///     async fn put(&self, item: u8) -> Result<(), LockerError>;
///
///     #[write]
///     async fn take(&self) -> Result<u8, LockerError>;
/// }
///
/// #[derive(Clone, Debug, PartialEq)]
/// struct Content(Option<u8>);
///
/// impl Model for Content {
///     type Contract = dyn Locker;
///
///     // Illegal calls too: a locker that is empty must say so.
///     fn next_call(&self) -> BoxedStrategy<LockerCall> {
///         prop_oneof![any::<u8>().prop_map(|item| LockerCall::Put { item }), Just(LockerCall::Take {})].boxed()
///     }
///
///     fn apply(&mut self, call: &LockerCall) -> LockerReply {
///         match call {
///             LockerCall::Put { item } => { self.0 = Some(*item); LockerReply::Put(Ok(())) }
///             LockerCall::Take {} => LockerReply::Take(self.0.take().ok_or(LockerError::Empty)),
///         }
///     }
///
///     fn state(&self, _call: &LockerCall) -> Cow<'static, str> {
///         if self.0.is_some() { "full".into() } else { "empty".into() }
///     }
///
///     fn reachable() -> Vec<Cell> {
///         Cell::table(&[("full", "put", "ok"), ("full", "take", "ok"), ("empty", "put", "ok"), ("empty", "take", "Empty")])
///     }
/// }
///
/// let mut content = Content(None);
/// assert_eq!(content.apply(&LockerCall::Take {}), LockerReply::Take(Err(LockerError::Empty)));
/// assert_eq!(Content::outcome(&LockerReply::Take(Err(LockerError::Empty))), "Empty");
/// ```
pub trait Model: Clone + fmt::Debug + PartialEq + Send + Sync + 'static {
    /// The contract that the model describes.
    type Contract: Contract + ?Sized;

    /// The calls to choose the next one from, in this state. Include illegal ones: they must fail everywhere
    /// with the same error.
    ///
    /// A call may use ids of earlier replies: keep them in the state. Where subjects generate ids of their own,
    /// add a rule: [`Rule::renamed`](super::Rule::renamed).
    fn next_call(&self) -> BoxedStrategy<CallOf<Self>>;

    /// Applies a call: changes the state and returns the reply that the contract promises.
    fn apply(&mut self, call: &CallOf<Self>) -> ReplyOf<Self>;

    /// Names the state that the call meets, in a word: a row of the state machine. `any` by default.
    fn state(&self, call: &CallOf<Self>) -> Cow<'static, str> {
        let _ = call;
        "any".into()
    }

    /// Lists every cell that can be reached. A suite fails if it misses one, or meets one that is not listed.
    fn reachable() -> Vec<Cell>;

    /// Names the reply's outcome in a word: `ok`, or the domain error's variant, with its `kind` if it has one.
    fn outcome(reply: &ReplyOf<Self>) -> Cow<'static, str> {
        outcome::<Self::Contract>(reply)
    }

    /// The effects of the calls so far beside their replies: events, calls to outside systems; oldest first.
    /// None by default.
    ///
    /// They are compared with the effects of a subject that reports them:
    /// [`Instance::with_effects`](super::Instance::with_effects).
    fn effects(&self) -> Vec<Value> {
        Vec::new()
    }
}

/// A cell of the state machine: a state, a method that meets it, and the outcome.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Cell {
    /// The state, as named by [`Model::state`].
    pub state: Cow<'static, str>,
    /// The method, as named in the trait.
    pub method: Cow<'static, str>,
    /// The outcome, as named by [`Model::outcome`].
    pub outcome: Cow<'static, str>,
}

impl Cell {
    /// Creates a cell from its three words.
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
    /// Lists the cells of a table. Each row is a state, a method, and its outcomes, separated by spaces.
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

/// The name of a serialised enum value: `absent` for `"absent"` and `{"absent": ..}`, `conflict/paid` for
/// `{"conflict": {"kind": "paid"}}`.
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
