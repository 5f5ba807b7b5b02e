use std::{fmt, sync::Arc};

use crate::{BoxFuture, Carrier, Contract};

/// A carrier to an implementation in this process: `Via(Direct(service))` behaves as `service` does, panics
/// included.
pub struct Direct<C: Contract + ?Sized>(pub Arc<C>);

impl<C: Contract + ?Sized> Carrier<C> for Direct<C> {
    fn carry(&self, call: C::Call) -> BoxFuture<'_, C::Reply> {
        self.0.dispatch(call)
    }
}

impl<C: Contract + ?Sized> Clone for Direct<C> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<C: Contract + ?Sized> fmt::Debug for Direct<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Direct({})", C::NAME)
    }
}
