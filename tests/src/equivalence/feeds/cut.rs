use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
};

/// Where connections lead now; `None` if nowhere.
pub(super) type Upstream = Arc<dyn Fn() -> Option<SocketAddr> + Send + Sync>;

/// Breaks one connection in the middle of a reply once it is armed.
#[derive(Debug, Default)]
pub struct Cut(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    left: Option<usize>,
    made: u64,
}

impl Cut {
    /// Lets `bytes` more bytes of replies pass; then cuts the connection that carries the next one.
    pub(super) fn arm(&self, bytes: usize) {
        self.with(|state| state.left = Some(bytes));
    }

    /// Number of connections that were cut.
    pub(super) fn made(&self) -> u64 {
        self.with(|state| state.made)
    }

    /// Bytes of a piece of `bytes` bytes that may pass before the cut; `None` if all may pass and nothing is
    /// cut.
    pub(super) fn within(&self, bytes: usize) -> Option<usize> {
        self.with(|state| {
            let left = state.left?;
            if bytes <= left {
                state.left = Some(left - bytes);
                return None;
            }
            state.left = None;
            state.made += 1;
            Some(left)
        })
    }

    fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A TCP proxy to wherever the other side listens now. Its connections can be cut. Dropping it closes them.
#[derive(Debug)]
pub(super) struct Way {
    address: SocketAddr,
    accepting: JoinHandle<()>,
}

impl Way {
    /// Starts the proxy. Must be called within a tokio runtime.
    pub(super) fn to(upstream: Upstream, cut: &Arc<Cut>) -> io::Result<Self> {
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let listener = TcpListener::from_std(listener)?;
        Ok(Self {
            address: listener.local_addr()?,
            accepting: tokio::spawn(accept(listener, upstream, Arc::clone(cut))),
        })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Way {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, upstream: Upstream, cut: Arc<Cut>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((client, _)) => drop(connections.spawn(carry(client, upstream(), Arc::clone(&cut)))),
                // Out of file descriptors; some will be free again soon.
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Carries one connection until either side ends it or it is cut, which resets both sides.
async fn carry(mut client: TcpStream, server: Option<SocketAddr>, cut: Arc<Cut>) {
    let dialled = match server {
        Some(server) => TcpStream::connect(server).await,
        None => Err(io::ErrorKind::ConnectionRefused.into()),
    };
    let Ok(mut server) = dialled else {
        let _ = client.set_zero_linger();
        return;
    };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (mut from_client, mut to_client) = client.split();
    let (mut from_server, mut to_server) = server.split();
    // The first side that ends also ends the other: the client never half-closes, and a server that does has
    // sent everything.
    let ended = tokio::select! {
        ended = tokio::io::copy(&mut from_client, &mut to_server) => ended.map(drop),
        ended = replies(&mut from_server, &mut to_client, &cut) => ended,
    };
    if ended.is_err() {
        let _ = (client.set_zero_linger(), server.set_zero_linger());
    }
}

/// Copies replies to the client; fails if they are cut.
async fn replies(
    from: &mut (impl AsyncReadExt + Unpin),
    to: &mut (impl AsyncWriteExt + Unpin),
    cut: &Cut,
) -> io::Result<()> {
    let mut buffer = vec![0; 16 << 10];
    loop {
        let read = from.read(&mut buffer).await?;
        if read == 0 {
            return to.shutdown().await;
        }
        if let Some(left) = cut.within(read) {
            to.write_all(&buffer[..left]).await?;
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        to.write_all(&buffer[..read]).await?;
    }
}
