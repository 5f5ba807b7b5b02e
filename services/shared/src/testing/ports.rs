use std::net::{SocketAddr, TcpListener};

use super::until;

/// An address for somebody who is not there yet, or comes and goes.
pub fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// Listens there, once whoever listened there before is gone.
pub async fn listen(address: SocketAddr) -> TcpListener {
    until(&format!("{address} is free"), async || TcpListener::bind(address).ok()).await
}
