use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use tokio::net::TcpStream;

/// Target of forwarded connections: addresses that may change, or none. Clones share them. Several addresses are
/// instances of one thing: each new connection goes to the next of them.
#[derive(Debug, Clone, Default)]
pub struct Upstream(Arc<Targets>);

#[derive(Debug, Default)]
struct Targets {
    addresses: RwLock<Vec<SocketAddr>>,
    /// Host and port that each connection looks up, in place of the addresses.
    name: RwLock<Option<String>>,
    next: AtomicUsize,
}

impl Upstream {
    /// Makes an upstream without an address.
    pub fn away() -> Self {
        Self::default()
    }

    /// Makes an upstream at this address.
    pub fn at(address: SocketAddr) -> Self {
        let upstream = Self::default();
        upstream.set(Some(address));
        upstream
    }

    /// Makes an upstream at a host and a port, such as `redis:6379`, which each new connection looks up.
    pub fn named(name: impl Into<String>) -> Self {
        let upstream = Self::default();
        upstream.set_name(name);
        upstream
    }

    /// Looks up this host and port for each new connection from now on, in place of all addresses.
    pub fn set_name(&self, name: impl Into<String>) {
        *self.0.name.write().unwrap_or_else(PoisonError::into_inner) = Some(name.into());
    }

    /// Makes this the only address, or removes all with `None`. New connections are forwarded there; open ones stay as
    /// they are.
    pub fn set(&self, address: Option<SocketAddr>) {
        *self.0.name.write().unwrap_or_else(PoisonError::into_inner) = None;
        self.change(|addresses| *addresses = address.into_iter().collect());
    }

    /// Adds an address, unless it is there already.
    pub fn add(&self, address: SocketAddr) {
        self.change(|addresses| {
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        });
    }

    /// Removes an address, if it is there.
    pub fn remove(&self, address: SocketAddr) {
        self.change(|addresses| addresses.retain(|other| *other != address));
    }

    /// Returns the address for a new connection: each in its turn if there are several; `None` if there is none.
    pub fn get(&self) -> Option<SocketAddr> {
        let addresses = self.0.addresses.read().unwrap_or_else(PoisonError::into_inner);
        match addresses.as_slice() {
            [] => None,
            [only] => Some(*only),
            several => Some(several[self.0.next.fetch_add(1, Relaxed) % several.len()]),
        }
    }

    /// Connects to the address or name for a new connection; `None` if there is none.
    pub(crate) async fn connect(&self) -> Option<io::Result<TcpStream>> {
        let name = self.0.name.read().unwrap_or_else(PoisonError::into_inner).clone();
        let connected = match name {
            Some(name) => TcpStream::connect(name).await,
            None => TcpStream::connect(self.get()?).await,
        };
        Some(connected.and_then(unless_to_itself))
    }

    fn change(&self, change: impl FnOnce(&mut Vec<SocketAddr>)) {
        change(&mut self.0.addresses.write().unwrap_or_else(PoisonError::into_inner));
    }
}

/// Refuses a connection that leads back to itself, as the system makes one if it chooses the wanted port as the port of
/// the caller: nobody listens there, and every byte would come back as if it were an answer.
///
/// # Errors
/// [`io::ErrorKind::ConnectionRefused`] for such a connection, and what the system says if it can't tell its ends.
pub fn unless_to_itself(connected: TcpStream) -> io::Result<TcpStream> {
    if connected.local_addr()? == connected.peer_addr()? {
        return Err(io::Error::new(
            io::ErrorKind::ConnectionRefused,
            "nobody listens there: the connection led back to itself",
        ));
    }
    Ok(connected)
}

#[cfg(test)]
mod tests {
    use tokio::net::{TcpListener, TcpSocket};

    use super::*;

    #[tokio::test]
    async fn a_connection_that_leads_back_to_itself_is_refused() {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
        let address = socket.local_addr().unwrap();
        let itself = socket.connect(address).await.unwrap();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let real = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();

        let refused = unless_to_itself(itself).unwrap_err();

        assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
        assert!(unless_to_itself(real).is_ok());
    }

    #[test]
    fn several_addresses_take_turns_and_one_that_is_removed_gets_nothing() {
        let at = |port: u16| SocketAddr::from(([127, 0, 0, 1], port));
        let upstream = Upstream::at(at(1));
        upstream.add(at(2));
        upstream.add(at(2));
        let got: Vec<u16> = (0..4).filter_map(|_| Some(upstream.get()?.port())).collect();
        assert_eq!(got, [1, 2, 1, 2]);

        upstream.remove(at(1));
        assert_eq!([upstream.get(), upstream.get()], [Some(at(2)); 2]);
        upstream.remove(at(2));
        assert_eq!(upstream.get(), None);
    }
}
