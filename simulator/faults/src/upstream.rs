use std::{
    net::SocketAddr,
    sync::{Arc, PoisonError, RwLock},
};

/// Target of forwarded connections: an address that may change, or none. Clones share the address.
#[derive(Debug, Clone, Default)]
pub struct Upstream(Arc<RwLock<Option<SocketAddr>>>);

impl Upstream {
    /// Makes an upstream without an address.
    pub fn away() -> Self {
        Self::default()
    }

    /// Makes an upstream at this address.
    pub fn at(address: SocketAddr) -> Self {
        Self(Arc::new(RwLock::new(Some(address))))
    }

    /// Changes the address, or removes it with `None`. New connections are forwarded there; open ones stay as they
    /// are.
    pub fn set(&self, address: Option<SocketAddr>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = address;
    }

    /// Returns the present address; `None` if it has none.
    pub fn get(&self) -> Option<SocketAddr> {
        *self.0.read().unwrap_or_else(PoisonError::into_inner)
    }
}
