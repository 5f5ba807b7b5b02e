use std::sync::Arc;

use shared::events::nats::Broker;

use super::{Cut, cut::Way};
use crate::Nats;

/// The broker of a history, with a prefix of its own.
#[derive(Clone, Debug)]
pub(super) struct Channel {
    pub(super) nats: Arc<Nats>,
    prefix: String,
}

impl Channel {
    pub(super) fn on(nats: &Arc<Nats>) -> Self {
        Self {
            nats: Arc::clone(nats),
            prefix: nats.prefix(),
        }
    }

    /// A client whose connection leads to wherever the broker listens now, and breaks when the cut is due. Must be
    /// called within a runtime.
    pub(super) fn connect(&self, cut: &Arc<Cut>) -> Result<(Broker, Way), String> {
        let nats = Arc::clone(&self.nats);
        let way = Way::to(Arc::new(move || nats.address()), cut);
        let way = way.map_err(|error| format!("no way to the broker: {error}"))?;
        Ok((Broker::new(&format!("nats://{}", way.address()), &self.prefix)?, way))
    }
}
