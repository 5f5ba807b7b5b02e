use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response, header::CONNECTION};
use seam::http::{Socket, SocketLimits, Transport};
use tokio::{net::TcpStream, time::timeout};

use super::{logs::Lines, runner::Instance};
use crate::topology::{LogPattern, ReadyProbe};

/// Time limit of one readiness check, connecting included.
const REPLY_WITHIN: Duration = Duration::from_secs(2);
/// Bytes of a negative reply's body that are kept to explain it.
const REASON_BYTES: usize = 2_000;

/// Pause between two checks.
const ASK_EVERY: Duration = Duration::from_millis(10);
/// Pause between two commands, each of which is a process.
const RUN_EVERY: Duration = Duration::from_millis(100);

/// Readiness check of one start of a node.
pub(super) struct Check<'a> {
    probe: &'a ReadyProbe,
    /// Real addresses of the node's ports, by name.
    addresses: BTreeMap<String, SocketAddr>,
    instance: Arc<dyn Instance>,
    /// Output of the node since this start.
    printed: Lines,
    last_line: Option<String>,
}

impl<'a> Check<'a> {
    pub(super) fn new(
        probe: &'a ReadyProbe,
        addresses: BTreeMap<String, SocketAddr>,
        instance: Arc<dyn Instance>,
        printed: Lines,
    ) -> Self {
        Self {
            probe,
            addresses,
            instance,
            printed,
            last_line: None,
        }
    }

    /// Checks once whether the node is ready. `Err` says what came back instead of a yes.
    pub(super) async fn ask(&mut self) -> Result<(), String> {
        match self.probe {
            ReadyProbe::Http { port, path, statuses } => {
                let address = self.address(port)?;
                hinted(get(address, path, statuses).await, address).await
            }
            ReadyProbe::Tcp { port } => {
                let address = self.address(port)?;
                hinted(connect(address).await, address).await
            }
            ReadyProbe::Log(pattern) => self.read(pattern),
            ReadyProbe::Command { .. } => self.instance.check().await,
            ReadyProbe::Started => Ok(()),
            // Whoever awaits the end of the node sees it first.
            ReadyProbe::Ended => Err("it still runs".to_owned()),
        }
    }

    /// Pause before the next check.
    pub(super) fn pause(&self) -> Duration {
        match self.probe {
            ReadyProbe::Command { .. } => RUN_EVERY,
            _ => ASK_EVERY,
        }
    }

    fn address(&self, port: &str) -> Result<SocketAddr, String> {
        let address = self.addresses.get(port).copied();
        address.ok_or_else(|| format!("port '{port}' has no address"))
    }

    fn read(&mut self, pattern: &LogPattern) -> Result<(), String> {
        for line in self.printed.next() {
            if pattern.matches(&line) {
                return Ok(());
            }
            self.last_line = Some(line);
        }
        let seen = self.last_line.as_ref();
        Err(seen.map_or_else(
            || "it printed no line".to_owned(),
            |line| format!("it printed last: {line}"),
        ))
    }
}

async fn connect(address: SocketAddr) -> Result<(), String> {
    match timeout(REPLY_WITHIN, TcpStream::connect(address)).await {
        Ok(connected) => {
            let connected = connected.and_then(faults::unless_to_itself);
            connected.map(drop).map_err(|error| error.to_string())
        }
        Err(_) => Err(format!("no connection within {} s", REPLY_WITHIN.as_secs())),
    }
}

/// The result of a check, with a hint if the node listens on the loopback of IPv6 only, where no link leads. A node of
/// another machine gets none: who listens here says nothing about it.
async fn hinted(checked: Result<(), String>, address: SocketAddr) -> Result<(), String> {
    let Err(reason) = checked else { return Ok(()) };
    if address.ip() != Ipv4Addr::LOCALHOST {
        return Err(reason);
    }
    let over_ipv6 = (Ipv6Addr::LOCALHOST, address.port()).into();
    if connect(over_ipv6).await.is_err() || connect(address).await.is_ok() {
        return Err(reason);
    }
    let hint = format!("it listens on {over_ipv6} alone, and links lead to {address}: have it listen there");
    Err(format!("{reason}; {hint}"))
}

async fn get(address: SocketAddr, path: &str, wanted: &[u16]) -> Result<(), String> {
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
    let status = response.status();
    if wanted.contains(&status.as_u16()) || (wanted.is_empty() && status.is_success()) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_hint_of_ipv6_is_for_addresses_of_this_machine_alone() {
        let Ok(listener) = tokio::net::TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).await else {
            eprintln!("this machine has no IPv6");
            return;
        };
        let port = listener.local_addr().unwrap().port();
        for (host, is_hinted) in [([127, 0, 0, 1], true), ([127, 0, 0, 2], false)] {
            let address = (host, port).into();
            let said = hinted(connect(address).await, address).await.unwrap_err();
            assert_eq!(said.contains("it listens on [::1]"), is_hinted, "{address}: {said}");
        }
    }
}
