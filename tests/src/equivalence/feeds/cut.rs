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

use super::Site;

/// Breaks one connection in the middle of a reply, once it is armed.
#[derive(Debug, Default)]
pub struct Cut(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    left: Option<usize>,
    made: u64,
}

impl Cut {
    /// The next replies pass for so many bytes; then the connection that carries one is cut.
    pub(super) fn arm(&self, bytes: usize) {
        self.with(|state| state.left = Some(bytes));
    }

    /// How often a connection was cut.
    pub(super) fn made(&self) -> u64 {
        self.with(|state| state.made)
    }

    /// How much of a piece of a reply may pass before the cut; `None`: all of it, and no cut.
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

/// A way over TCP to wherever the module listens now, that can be cut. Gone when dropped, with its connections.
#[derive(Debug)]
pub(super) struct Way {
    address: SocketAddr,
    accepting: JoinHandle<()>,
}

impl Way {
    /// Must be called within a tokio runtime.
    pub(super) fn to(site: &Arc<Site>, cut: &Arc<Cut>) -> io::Result<Self> {
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let listener = TcpListener::from_std(listener)?;
        Ok(Self {
            address: listener.local_addr()?,
            accepting: tokio::spawn(accept(listener, Arc::clone(site), Arc::clone(cut))),
        })
    }

    pub(super) fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Way {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, site: Arc<Site>, cut: Arc<Cut>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((client, _)) => drop(connections.spawn(carry(client, site.address(), Arc::clone(&cut)))),
                // Out of file descriptors: some are free again soon.
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
    // Whoever ends first ends the other: the client never half-closes, and a server that does has nothing more to say.
    let ended = tokio::select! {
        ended = tokio::io::copy(&mut from_client, &mut to_server) => ended.map(drop),
        ended = replies(&mut from_server, &mut to_client, &cut) => ended,
    };
    if ended.is_err() {
        let _ = (client.set_zero_linger(), server.set_zero_linger());
    }
}

/// Copies replies to the client; an error if they break off.
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
