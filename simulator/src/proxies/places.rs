//! Addresses as Toxiproxy writes them: a host or nothing, and a port.

use std::net::SocketAddr;

use super::{Refusal, refusal::Kind};

/// Checks that an upstream is a host and a port. It is looked up when a connection needs it.
pub(super) fn check_upstream(text: &str) -> Result<(), Refusal> {
    let port = text.rsplit_once(':').and_then(|(host, port)| {
        let port: u16 = port.parse().ok()?;
        (!host.is_empty() && port > 0).then_some(port)
    });
    match port {
        Some(_) => Ok(()),
        None => Err(Refusal::of_body(format!(
            "upstream {text:?} is no address; wanted host:port, such as localhost:6379"
        ))),
    }
}

/// Looks an address to listen on up. No host means all interfaces.
///
/// # Errors
/// When it is no address, or its host has none.
pub(super) async fn to_listen_on(text: &str) -> Result<SocketAddr, Refusal> {
    let whole = match text.strip_prefix(':') {
        Some(port) => format!("[::]:{port}"),
        None => text.to_owned(),
    };
    let refused = |why: String| {
        let wanted = "wanted host:port, such as 127.0.0.1:26379, where port 0 takes a free one";
        Refusal::new(Kind::Address, format!("listen {text:?}: {why}; {wanted}"))
    };
    let found: Vec<SocketAddr> = match tokio::net::lookup_host(&whole).await {
        Ok(found) => found.collect(),
        Err(error) => return Err(refused(error.to_string())),
    };
    let first = found.iter().find(|address| address.is_ipv4()).or(found.first());
    first
        .copied()
        .ok_or_else(|| refused("the host has no address".to_owned()))
}
