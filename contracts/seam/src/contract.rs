use std::{
    error::Error,
    fmt::{self, Debug},
    sync::Arc,
};

use serde::{Serialize, de::DeserializeOwned};

use crate::{BoxFuture, Carrier, Outcome, TransportFailure};

/// A trait whose calls are values. Code that is generic over `C: Contract + ?Sized` serves every contract: see
/// [`Carrier`].
///
/// [`contract`](macro@crate::contract) implements it for `dyn YourTrait`. Do not implement it by hand.
pub trait Contract: Send + Sync + 'static {
    /// The enum of calls: a variant for each method, with the arguments as fields.
    type Call: Clone + Debug + PartialEq + Serialize + DeserializeOwned + Send + Sync + 'static;
    /// The enum of replies: a variant for each method, with the method's result.
    type Reply: Clone + Debug + PartialEq + Serialize + DeserializeOwned + Send + Sync + 'static;

    /// The name given in `#[seam::contract(name = "...")]`.
    const NAME: &'static str;
    /// All methods, in the order of the trait.
    const METHODS: &'static [Method];

    /// The method that `call` calls.
    fn method(call: &Self::Call) -> &'static Method;

    /// The key of the call, as text: the argument named in `#[read(key = ...)]` or `#[write(key = ...)]`.
    /// `None` if the method names no key.
    fn key(call: &Self::Call) -> Option<String> {
        let mut key = String::new();
        Self::write_key(call, &mut key).then_some(key)
    }

    /// Writes what [`Contract::key`] returns. `false` if the method names no key; then nothing is written.
    fn write_key(call: &Self::Call, out: &mut dyn fmt::Write) -> bool;

    /// Calls the method on this implementation. A panic of the implementation is passed on: see
    /// [`observe`](crate::observe).
    fn dispatch(&self, call: Self::Call) -> BoxFuture<'_, Self::Reply>;

    /// Makes the reply to `call` that says that no answer came.
    fn failed(call: &Self::Call, failure: TransportFailure) -> Self::Reply;

    /// Classifies a reply. Never [`Outcome::Panic`], since a panic leaves no reply.
    fn outcome(reply: &Self::Reply) -> Outcome<(), &(dyn Error + 'static)>;

    /// Returns `true` if the reply says that nothing was done, and nothing will be, as
    /// [`ContractError::is_not_done`] does. It tells nothing of an earlier attempt at the same call.
    fn is_not_done(reply: &Self::Reply) -> bool;

    /// Makes a carrier an implementation of the trait.
    fn via(carrier: Arc<dyn Carrier<Self>>) -> Arc<Self>;
}

/// One method of a contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Method {
    /// The name in the trait, and in the JSON of calls and replies.
    pub name: &'static str,
    /// The effect that a call may have.
    pub kind: MethodKind,
    /// `true` if the method names a key, so that [`Contract::key`] returns one for its calls.
    pub keyed: bool,
    /// `true` for a write that is declared `idempotent`: the same call again has no further effect.
    pub idempotent: bool,
}

impl Method {
    /// Returns `true` if a call may be sent again when no answer came: reads, and writes that are declared idempotent.
    pub fn may_be_repeated(&self) -> bool {
        self.kind == MethodKind::Read || self.idempotent
    }
}

/// The effect that calling a method may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MethodKind {
    /// None: a call may be repeated, shadowed and recorded freely.
    Read,
    /// A change: no wrapper shadows such a call unless told to, or repeats it unless it is declared idempotent.
    Write,
}

/// An error that can express that no answer came, as the error of every method of a contract must.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't say that no answer came, so it can't be the error of a contract's method",
    label = "the error of a contract's method implements `seam::ContractError`",
    note = "give it a variant that holds a `seam::TransportFailure`; then implement for it \
            `From<seam::TransportFailure>` \
            (makes that variant), `std::error::Error`, and `seam::ContractError` \
            (`transport` returns what the variant holds)"
)]
pub trait ContractError: Error + From<TransportFailure> + Send + Sync + 'static {
    /// The transport failure if no answer came; `None` if this error is an answer.
    ///
    /// `E::from(failure).transport()` must return that failure, except for one that
    /// [is unsent](TransportFailure::is_unsent): an error that has a word for "nothing was done" uses that.
    fn transport(&self) -> Option<&TransportFailure>;

    /// Returns `true` if this error says that the service could not take the call now, so that nothing was done.
    ///
    /// Unless it is overridden, only a failure that [is unsent](TransportFailure::is_unsent) says so.
    fn is_not_done(&self) -> bool {
        self.transport().is_some_and(TransportFailure::is_unsent)
    }
}

/// The error of methods that never refuse a call: no answer is all that can go wrong.
impl ContractError for TransportFailure {
    fn transport(&self) -> Option<&TransportFailure> {
        Some(self)
    }
}
