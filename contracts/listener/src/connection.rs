use std::{pin::pin, sync::Arc};

use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use crate::{
    io::Watched,
    limits::HEAD_BYTES,
    places::Place,
    service::{Service, Shared},
};

/// Serves one connection until either side ends it, its place is given away, or the server stops.
pub(crate) async fn run(stream: TcpStream, place: Place, shared: Arc<Shared>, stopping: CancellationToken) {
    let watch = &place.watch;
    let io = Watched::new(stream, Arc::clone(watch));
    let service = Service {
        shared,
        watch: Arc::clone(watch),
    };
    // No limit of hyper's own: its limit on heads runs while a kept connection is silent too, which may be longer.
    let mut http = http1::Builder::new();
    http.half_close(true).max_buf_size(HEAD_BYTES);
    let mut connection = pin!(http.serve_connection(TokioIo::new(io), service));
    let mut is_ending = false;
    loop {
        tokio::select! {
            // An error is the client's: it broke off, or its request can't be parsed, and hyper has said so.
            _ = connection.as_mut() => return,
            () = watch.is_cut() => return,
            () = stopping.cancelled(), if !is_ending => {
                if watch.has_no_request() {
                    return;
                }
                is_ending = true;
                connection.as_mut().graceful_shutdown();
            }
        }
    }
}
