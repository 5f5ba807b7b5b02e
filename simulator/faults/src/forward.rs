use std::{
    io,
    sync::atomic::{
        AtomicBool, AtomicU64,
        Ordering::{Relaxed, SeqCst},
    },
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpStream,
        tcp::{ReadHalf, WriteHalf},
    },
};

use crate::{Upstream, counters::Counters, proxy::complain};

/// Size of a connection's first buffer, in bytes. Most connections carry small messages; a read that fills the
/// buffer makes it grow up to `LARGEST_BUFFER`, beyond which throughput on loopback no longer rises.
const SMALLEST_BUFFER: usize = 16 * 1024;
const LARGEST_BUFFER: usize = 256 * 1024;

/// Error numbers of a process, and of a machine, that is out of descriptors.
const EMFILE: i32 = 24;
const ENFILE: i32 = 23;

const METHODS: [&[u8]; 9] = [
    b"GET ",
    b"POST ",
    b"PUT ",
    b"DELETE ",
    b"PATCH ",
    b"HEAD ",
    b"OPTIONS ",
    b"CONNECT ",
    b"TRACE ",
];

/// Forwards one connection until both sides have ended it, or one side breaks.
pub(crate) async fn forward(mut client: TcpStream, upstream: &Upstream, counters: &Counters) {
    let Some(mut server) = dial(upstream).await else {
        counters.refused.fetch_add(1, Relaxed);
        // A reset, not an orderly end, which the client could read as an empty reply.
        let _ = client.set_zero_linger();
        return;
    };
    let _ = client.set_nodelay(true);
    if carry(&mut client, &mut server, counters).await.is_err() {
        // A reset on one side arrives as a reset on the other.
        let _ = client.set_zero_linger();
        let _ = server.set_zero_linger();
    }
}

async fn dial(upstream: &Upstream) -> Option<TcpStream> {
    let server = match TcpStream::connect(upstream.get()?).await {
        Ok(server) => server,
        Err(error) => {
            if matches!(error.raw_os_error(), Some(EMFILE | ENFILE)) {
                complain("no upstream can be dialled", &error);
            }
            return None;
        }
    };
    server.set_nodelay(true).ok()?;
    Some(server)
}

async fn carry(client: &mut TcpStream, server: &mut TcpStream, counters: &Counters) -> io::Result<()> {
    let (from_client, to_client) = client.split();
    let (from_server, to_server) = server.split();
    let at_message_start = AtomicBool::new(true);
    let upwards = pump(from_client, to_server, &counters.bytes_to_upstream, |piece| {
        if at_message_start.swap(false, SeqCst) && METHODS.iter().any(|method| piece.starts_with(method)) {
            counters.requests.fetch_add(1, Relaxed);
        }
    });
    let downwards = pump(from_server, to_client, &counters.bytes_to_client, |_| {
        at_message_start.store(true, SeqCst)
    });
    tokio::try_join!(upwards, downwards)?;
    Ok(())
}

/// Copies until the end of `from`, then ends `to`. The other direction may continue.
async fn pump(
    mut from: ReadHalf<'_>,
    mut to: WriteHalf<'_>,
    bytes: &AtomicU64,
    mut seen: impl FnMut(&[u8]),
) -> io::Result<()> {
    let mut buffer = vec![0; SMALLEST_BUFFER];
    loop {
        let read = from.read(&mut buffer).await?;
        if read == 0 {
            // Fails if the other side is gone already; this direction has ended all the same.
            let _ = to.shutdown().await;
            return Ok(());
        }
        seen(&buffer[..read]);
        to.write_all(&buffer[..read]).await?;
        bytes.fetch_add(read as u64, Relaxed);
        if read == buffer.len() && read < LARGEST_BUFFER {
            buffer = vec![0; (read * 4).min(LARGEST_BUFFER)];
        }
    }
}
