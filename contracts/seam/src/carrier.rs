use std::sync::Arc;

use crate::{BoxFuture, Contract};

/// Takes a call somewhere and brings the reply back.
///
/// A wrapper around a service is a carrier: written once over `C: Contract + ?Sized`, it serves every contract. It runs in the
/// task and the [`Context`](crate::Context) of the caller; a carrier that spawns a task hands the context on with
/// [`Context::scope`](crate::Context::scope).
pub trait Carrier<C: Contract + ?Sized>: Send + Sync {
    /// The reply to `call`. Its variant belongs to the method called: anything else reads as "no answer came".
    fn carry(&self, call: C::Call) -> BoxFuture<'_, C::Reply>;
}

impl<C: Contract + ?Sized, K: Carrier<C> + ?Sized> Carrier<C> for Arc<K> {
    fn carry(&self, call: C::Call) -> BoxFuture<'_, C::Reply> {
        (**self).carry(call)
    }
}

/// Implements every contract whose calls `K` carries.
#[derive(Clone, Copy, Debug)]
pub struct Via<K>(pub K);
