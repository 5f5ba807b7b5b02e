use std::{
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
};

use tokio::net::TcpSocket;

use super::until;

/// Most connections that wait to be accepted.
const BACKLOG: u32 = 1024;

/// A port of this machine for a server that starts later, or that comes and goes.
///
/// Until the server listens, nobody else gets the port and connections are refused: a test that runs at the same
/// time can't answer in its place. Dropping it frees the port.
#[derive(Debug)]
pub struct Port {
    address: SocketAddr,
    held: Option<TcpSocket>,
}

impl Port {
    /// Holds a free port.
    pub fn hold() -> Self {
        let socket = bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        Self {
            address: socket.local_addr().unwrap(),
            held: Some(socket),
        }
    }

    /// The address with the port.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Listens at the port, once an earlier listener is gone.
    pub async fn listen(&mut self) -> TcpListener {
        if self.held.is_none() {
            self.take_back().await;
        }
        let socket = self.held.take().unwrap();
        socket.listen(BACKLOG).unwrap().into_std().unwrap()
    }

    /// Holds the port again, once an earlier listener is gone.
    pub async fn take_back(&mut self) {
        let address = self.address;
        let socket = until(&format!("{address} is free"), async || bind(address).ok()).await;
        self.held = Some(socket);
    }
}

fn bind(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    // Connections of an earlier listener linger and must not keep the port from being bound.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpStream;

    use super::Port;

    #[tokio::test]
    async fn a_port_takes_connections_only_while_somebody_listens() {
        let mut port = Port::hold();
        let address = port.address();
        let takes_connections = async || TcpStream::connect(address).await.is_ok();
        assert!(!takes_connections().await, "nobody listens yet");

        let listener = port.listen().await;
        assert_eq!(listener.local_addr().unwrap(), address);
        assert!(takes_connections().await);

        drop(listener);
        port.take_back().await;
        assert!(!takes_connections().await, "it is held again");
        let _listener = port.listen().await;
        assert!(takes_connections().await);
    }
}
