use std::sync::Arc;

use crate::{BoxFuture, Contract};

/// A way to carry a call to an implementation and to bring the reply back.
///
/// A wrapper around a service is a carrier: written once over `C: Contract + ?Sized`, it serves every contract.
/// It runs in the task and the [`Context`](crate::Context) of the caller; a carrier that spawns a task hands
/// the context on with [`Context::scope`](crate::Context::scope).
pub trait Carrier<C: Contract + ?Sized>: Send + Sync {
    /// Carries `call` and returns the reply, whose variant must belong to the called method. Any other variant
    /// is taken for a transport failure.
    fn carry(&self, call: C::Call) -> BoxFuture<'_, C::Reply>;
}

impl<C: Contract + ?Sized, K: Carrier<C> + ?Sized> Carrier<C> for Arc<K> {
    fn carry(&self, call: C::Call) -> BoxFuture<'_, C::Reply> {
        (**self).carry(call)
    }
}

/// An implementation of every contract whose calls `K` carries.
#[derive(Clone, Copy, Debug)]
pub struct Via<K>(pub K);
