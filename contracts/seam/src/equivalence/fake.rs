use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use super::{CallOf, Model, ReplyOf};
use crate::{BoxFuture, Carrier, Contract};

/// A model as an implementation of its contract: a fast fake for tests of code that needs the contract.
///
/// As a subject of its own suite it always agrees with the model. Calls take effect one at a time.
pub struct Fake<M> {
    state: Mutex<M>,
}

impl<M: Model> Fake<M> {
    /// Returns an implementation that starts in `state`.
    pub fn begin(state: M) -> Arc<M::Contract> {
        M::Contract::via(Arc::new(Self {
            state: Mutex::new(state),
        }))
    }
}

impl<M: Model + Sync> Carrier<M::Contract> for Fake<M> {
    fn carry(&self, call: CallOf<M>) -> BoxFuture<'_, ReplyOf<M>> {
        let reply = self.state.lock().unwrap_or_else(PoisonError::into_inner).apply(&call);
        Box::pin(std::future::ready(reply))
    }
}

impl<M> fmt::Debug for Fake<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fake")
    }
}
