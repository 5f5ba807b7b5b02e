use std::sync::{Arc, Mutex, PoisonError};

use super::{CallOf, Model, ReplyOf};
use crate::{BoxFuture, Carrier, Contract};

/// The model as an implementation: a fast double for whoever needs the contract, and a subject that nothing can be wrong with.
pub struct Modelled<M> {
    state: Mutex<M>,
}

impl<M: Model> Modelled<M> {
    /// The contract, in this state.
    pub fn begin(state: M) -> Arc<M::Contract> {
        M::Contract::via(Arc::new(Self {
            state: Mutex::new(state),
        }))
    }
}

impl<M: Model + Sync> Carrier<M::Contract> for Modelled<M> {
    fn carry(&self, call: CallOf<M>) -> BoxFuture<'_, ReplyOf<M>> {
        let reply = self.state.lock().unwrap_or_else(PoisonError::into_inner).apply(&call);
        Box::pin(std::future::ready(reply))
    }
}

impl<M> std::fmt::Debug for Modelled<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Modelled")
    }
}
