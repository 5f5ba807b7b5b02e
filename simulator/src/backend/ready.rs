use std::{collections::BTreeMap, net::SocketAddr, time::Duration};

use bytes::Bytes;
use http::{Request, Response, header::CONNECTION};
use seam::http::{Socket, SocketLimits, Transport};
use tokio::{net::TcpStream, time::timeout};

use crate::topology::ReadyProbe;

/// Time limit of one readiness check, connecting included.
const REPLY_WITHIN: Duration = Duration::from_secs(2);
/// Bytes of a negative reply's body that are kept to explain it.
const REASON_BYTES: usize = 2_000;

/// Checks once whether a node is ready. `addresses` are the real ones of its ports, by name. `Err` says what came
/// back instead of a yes.
pub(super) async fn ask(probe: &ReadyProbe, addresses: &BTreeMap<String, SocketAddr>) -> Result<(), String> {
    let address = addresses.get(probe.port());
    let address = *address.ok_or_else(|| format!("port '{}' has no address", probe.port()))?;
    match probe {
        ReadyProbe::Http { path, .. } => get(address, path).await,
        ReadyProbe::Tcp { .. } => connect(address).await,
    }
}

async fn connect(address: SocketAddr) -> Result<(), String> {
    match timeout(REPLY_WITHIN, TcpStream::connect(address)).await {
        Ok(connected) => connected.map(drop).map_err(|error| error.to_string()),
        Err(_) => Err(format!("no connection within {} s", REPLY_WITHIN.as_secs())),
    }
}

async fn get(address: SocketAddr, path: &str) -> Result<(), String> {
    let limits = SocketLimits {
        connect: REPLY_WITHIN,
        answer: REPLY_WITHIN,
        ..SocketLimits::default()
    };
    // Each check has a connection of its own and closes it: a node that serves one connection at a time must not
    // be kept from its callers by one that idles.
    let socket = Socket::new(&format!("http://{address}"), limits).map_err(|error| error.to_string())?;
    let request = Request::get(path).header(CONNECTION, "close").body(Bytes::new());
    let request = request.map_err(|error| error.to_string())?;
    let response = socket.send(request).await.map_err(|failure| failure.reason)?;
    if response.status().is_success() {
        return Ok(());
    }
    Err(in_one_line(&response))
}

fn in_one_line(response: &Response<Bytes>) -> String {
    let body = response.body();
    let body = String::from_utf8_lossy(&body[..body.len().min(REASON_BYTES)]);
    let words: Vec<&str> = body.split_whitespace().collect();
    let line = format!("{:?} {} {}", response.version(), response.status(), words.join(" "));
    line.trim_end().to_owned()
}
