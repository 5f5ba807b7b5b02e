use std::{io, net::SocketAddr, time::Duration};

use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    time::sleep,
};

use crate::complaint::complain;

/// Pause after a failed accept or bind, as happens when the process is out of file descriptors.
const PAUSE: Duration = Duration::from_millis(10);
const BACKLOG: u32 = 1024;

/// The listening address of a proxy, which may be closed for a while.
#[derive(Debug)]
pub(crate) struct Door {
    address: SocketAddr,
    state: State,
}

#[derive(Debug)]
enum State {
    Open(TcpListener),
    /// Bound and not listening: whoever connects is refused, and whoever asks for a free port gets another one.
    Closed(TcpSocket),
    /// Not bound, since that failed; tried again.
    Lost,
}

impl Door {
    pub(crate) async fn open(address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        Ok(Self {
            address: listener.local_addr()?,
            state: State::Open(listener),
        })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits for the next connection while the address is open, and for ever while it is closed.
    pub(crate) async fn accept(&self) -> TcpStream {
        loop {
            match &self.state {
                State::Open(listener) => match listener.accept().await {
                    Ok((client, _)) => return client,
                    Err(error) => {
                        complain("no connection can be accepted", &error);
                        sleep(PAUSE).await;
                    }
                },
                State::Closed(_) | State::Lost => std::future::pending().await,
            }
        }
    }

    /// Closes or opens the address. Tries until it succeeds; may be dropped before that and called again.
    pub(crate) async fn turn(&mut self, closed: bool) {
        loop {
            let turned = match (std::mem::replace(&mut self.state, State::Lost), closed) {
                (state @ State::Open(_), false) | (state @ State::Closed(_), true) => Ok(state),
                (State::Closed(socket), false) => socket.listen(BACKLOG).map(State::Open),
                (State::Lost, false) => self.bind().and_then(|socket| socket.listen(BACKLOG)).map(State::Open),
                (State::Open(listener), true) => {
                    drop(listener);
                    self.bind().map(State::Closed)
                }
                (State::Lost, true) => self.bind().map(State::Closed),
            };
            match turned {
                Ok(state) => {
                    self.state = state;
                    return;
                }
                Err(error) => {
                    complain("the address can't be kept while it is closed, or opened again", &error);
                    sleep(PAUSE).await;
                }
            }
        }
    }

    fn bind(&self) -> io::Result<TcpSocket> {
        let socket = match self.address {
            SocketAddr::V4(_) => TcpSocket::new_v4()?,
            SocketAddr::V6(_) => TcpSocket::new_v6()?,
        };
        // Connections that were accepted at this address are still open or not forgotten by the system.
        socket.set_reuseaddr(true)?;
        socket.bind(self.address)?;
        Ok(socket)
    }
}
