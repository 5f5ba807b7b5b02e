use std::{error::Error, fmt::Debug, sync::Arc};

use serde::{Serialize, de::DeserializeOwned};

use crate::{BoxFuture, Carrier, Outcome, TransportFailure};

/// A trait whose calls are values. [`contract`](macro@crate::contract) implements it for `dyn YourTrait`; nobody else should.
///
/// Whatever is written over `C: Contract + ?Sized` serves every contract: see [`Carrier`].
pub trait Contract: Send + Sync + 'static {
    /// An enum: a variant for each method, with the arguments as fields.
    type Call: Clone + Debug + PartialEq + Serialize + DeserializeOwned + Send + Sync + 'static;
    /// An enum: a variant for each method, with what the method returned.
    type Reply: Clone + Debug + PartialEq + Serialize + DeserializeOwned + Send + Sync + 'static;

    /// The name given in `#[seam::contract(name = "...")]`.
    const NAME: &'static str;
    /// Every method, in the order of the trait.
    const METHODS: &'static [Method];

    /// The method that is called.
    fn method(call: &Self::Call) -> &'static Method;

    /// What the call is about, as `#[read(key = ...)]` or `#[write(key = ...)]` says; none where the method names no key.
    fn key(call: &Self::Call) -> Option<String>;

    /// Calls the method on this implementation. A panic of the implementation goes through; see [`observe`](crate::observe).
    fn dispatch(&self, call: Self::Call) -> BoxFuture<'_, Self::Reply>;

    /// The reply to `call` that says "no answer came".
    fn failed(call: &Self::Call, failure: TransportFailure) -> Self::Reply;

    /// What kind of reply it is. Never [`Outcome::Panic`]: a panic leaves no reply.
    fn outcome(reply: &Self::Reply) -> Outcome<(), &(dyn Error + 'static)>;

    /// The trait again, over anything that carries its calls.
    fn via(carrier: Arc<dyn Carrier<Self>>) -> Arc<Self>;
}

/// One method of a contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Method {
    /// Its name in the trait, and in the JSON of calls and replies.
    pub name: &'static str,
    /// What a repetition would do.
    pub kind: MethodKind,
    /// Whether [`Contract::key`] is known for its calls.
    pub keyed: bool,
}

/// What calling a method may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MethodKind {
    /// Changes nothing: may be repeated, shadowed and recorded freely.
    Read,
    /// May change something: never repeated or shadowed by a wrapper on its own account.
    Write,
}

/// An error that can say "no answer came", as every method of a contract must be able to.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't say that no answer came, so it can't be the error of a contract's method",
    label = "the error of a contract's method implements `seam::ContractError`",
    note = "give it a variant that holds a `seam::TransportFailure`; then implement for it `From<seam::TransportFailure>` \
            (makes that variant), `std::error::Error`, and `seam::ContractError` (`transport` returns what the variant holds)"
)]
pub trait ContractError: Error + From<TransportFailure> + Send + Sync + 'static {
    /// The failure, where this error says "no answer came"; none where it is an answer.
    ///
    /// `E::from(failure).transport()` is that failure.
    fn transport(&self) -> Option<&TransportFailure>;
}

/// For methods that are never refused: all that can go wrong is that no answer comes.
impl ContractError for TransportFailure {
    fn transport(&self) -> Option<&TransportFailure> {
        Some(self)
    }
}
