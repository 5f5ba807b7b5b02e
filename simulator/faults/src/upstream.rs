use std::{
    net::SocketAddr,
    sync::{Arc, PoisonError, RwLock},
};

/// Where connections are forwarded to: an address that may change, or nowhere. Clones are the same upstream.
#[derive(Debug, Clone, Default)]
pub struct Upstream(Arc<RwLock<Option<SocketAddr>>>);

impl Upstream {
    /// An upstream that is nowhere yet.
    pub fn away() -> Self {
        Self::default()
    }

    /// An upstream at this address.
    pub fn at(address: SocketAddr) -> Self {
        Self(Arc::new(RwLock::new(Some(address))))
    }

    /// Moves it, or with `None` takes it away. Connections accepted from now on are forwarded there; open ones stay as they are.
    pub fn set(&self, address: Option<SocketAddr>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = address;
    }

    /// Where it is now.
    pub fn get(&self) -> Option<SocketAddr> {
        *self.0.read().unwrap_or_else(PoisonError::into_inner)
    }
}
