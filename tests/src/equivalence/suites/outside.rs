//! Nodes of the outside world beside one subject, for one sequence.

use std::net::{SocketAddr, TcpListener};

use bytes::Bytes;
use seam::http::{Socket, SocketLimits, Transport};
use serde::de::DeserializeOwned;

/// Listens on a free port of this machine.
pub(super) fn listener() -> Result<TcpListener, String> {
    TcpListener::bind("127.0.0.1:0").map_err(|error| format!("no free port: {error}"))
}

/// Asks a node for everything that it was given.
pub(super) async fn shown<T: DeserializeOwned>(node: SocketAddr, path: &str) -> Result<T, String> {
    let at = |error: String| format!("GET {path} of {node}: {error}");
    let socket = Socket::new(&format!("http://{node}"), SocketLimits::default());
    let socket = socket.map_err(|error| at(error.to_string()))?;
    let request = http::Request::get(path).body(Bytes::new());
    let request = request.map_err(|error| at(error.to_string()))?;
    let answer = socket.send(request).await.map_err(|error| at(error.to_string()))?;
    serde_json::from_slice(answer.body()).map_err(|error| at(error.to_string()))
}
