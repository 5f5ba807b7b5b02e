use std::{any::Any, error::Error, fmt, future::Future, panic::AssertUnwindSafe};

use futures::FutureExt;

use crate::{Contract, ContractError, TransportFailure};

/// The end of a call. The four outcomes are kept apart; in particular "no answer came" is not "it failed".
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome<V, E> {
    /// The call was done.
    Value(V),
    /// The call was refused. This is an answer, and the same one each time until something changes.
    DomainError(E),
    /// No answer came: the call may have happened, and may still happen.
    Transport(TransportFailure),
    /// The implementation panicked on the way. Changes it made before stay.
    Panic(Panic),
}

/// A panic of an implementation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("implementation panicked: {message}")]
pub struct Panic {
    /// The text given to `panic!`, or a remark that the panic's value was not text.
    pub message: String,
}

impl<V, E> Outcome<V, E> {
    /// The name of the kind, for counters and reports: `value`, `domain_error`, `transport` or `panic`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Value(_) => "value",
            Self::DomainError(_) => "domain_error",
            Self::Transport(_) => "transport",
            Self::Panic(_) => "panic",
        }
    }

    /// Returns `true` if the call's effect is known: for a value and for a domain error.
    pub fn is_known(&self) -> bool {
        matches!(self, Self::Value(_) | Self::DomainError(_))
    }
}

impl<V, E: ContractError> From<Result<V, E>> for Outcome<V, E> {
    fn from(result: Result<V, E>) -> Self {
        match result {
            Ok(value) => Self::Value(value),
            Err(error) => match error.transport() {
                Some(failure) => Self::Transport(failure.clone()),
                None => Self::DomainError(error),
            },
        }
    }
}

impl Panic {
    fn from_payload(payload: Box<dyn Any + Send>) -> Self {
        let message = match payload.downcast::<String>() {
            Ok(text) => *text,
            Err(payload) => payload
                .downcast::<&'static str>()
                .map_or_else(|_| "a value that is not text".to_owned(), |text| (*text).to_owned()),
        };
        Self { message }
    }
}

/// Runs a future to its end or its panic. The panic goes no further; the panic hook has still seen it.
pub async fn caught<F: Future>(future: F) -> Result<F::Output, Panic> {
    AssertUnwindSafe(future)
        .catch_unwind()
        .await
        .map_err(Panic::from_payload)
}

/// Makes a call and classifies its outcome. [`Outcome::Value`] and [`Outcome::DomainError`] hold the whole reply.
///
/// A panic can leave the implementation's state half changed: trust only what it keeps in transactions.
pub async fn observe<C: Contract + ?Sized>(service: &C, call: C::Call) -> Outcome<C::Reply, C::Reply> {
    let reply = match caught(async { service.dispatch(call).await }).await {
        Ok(reply) => reply,
        Err(panic) => return Outcome::Panic(panic),
    };
    match C::outcome(&reply) {
        Outcome::Value(()) => Outcome::Value(reply),
        Outcome::DomainError(_) => Outcome::DomainError(reply),
        Outcome::Transport(failure) => Outcome::Transport(failure),
        Outcome::Panic(panic) => Outcome::Panic(panic),
    }
}

impl<V: fmt::Debug, E: Error> fmt::Display for Outcome<V, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(value) => write!(f, "value {value:?}"),
            Self::DomainError(error) => write!(f, "domain error: {error}"),
            Self::Transport(failure) => write!(f, "transport failure: {failure}"),
            Self::Panic(panic) => write!(f, "panic: {panic}"),
        }
    }
}
