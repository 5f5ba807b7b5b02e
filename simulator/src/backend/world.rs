use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use bytes::Bytes;
use faults::Counts;
use futures::{FutureExt, future::LocalBoxFuture};
use http::header::CONTENT_TYPE;
use seam::{
    Context,
    http::{AnswerWithin, Socket, SocketLimits, Transport, extract},
};
use serde_json::Value;

use super::{
    Running,
    logs::{each_line, length},
    support::{links_of, support},
};
use crate::{
    backend,
    steps::{
        Death, Errand, Fault, FaultKind, LinkCounts, LinkTraffic, LogPart, Matches, Met, NoAnswer, NotLaid, Request,
        Response, Support, Target, World,
    },
    topology::{Endpoint, Link, LogPattern, Topology},
};

/// The largest body that is read, in bytes: observations of a long run are one body.
const LARGEST_BODY: usize = 1 << 30;

/// Headers by which an answer says that it repeats an earlier one.
const REPLAYED: [&str; 2] = ["idempotency-replayed", "idempotent-replayed"];

/// The time to reach a node's address, which is on this machine.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);

/// The roles of a topology that is up, asked over real sockets through their stable addresses, and the real clock. It
/// lays no faults.
pub(crate) struct Sockets {
    /// The node that plays each role, and the way to it.
    roles: BTreeMap<String, (String, Socket)>,
    /// Every node by its own name: a fault may hit one that nobody can ask, or one of several instances.
    nodes: BTreeSet<String>,
    topology: String,
    begun: Instant,
}

impl Sockets {
    /// Makes a socket for each role of `topology`, which `running` has brought up.
    ///
    /// # Errors
    /// When a role has no address.
    pub(crate) fn new(topology: &Topology, running: &Running) -> Result<Self, String> {
        let mut sockets: BTreeMap<Endpoint, Socket> = BTreeMap::new();
        let mut roles = BTreeMap::new();
        for role in topology.roles() {
            let Some(endpoint) = topology.role(role) else {
                continue;
            };
            let socket = match sockets.get(&endpoint) {
                Some(socket) => socket.clone(),
                None => socket_to(&endpoint, running)?,
            };
            sockets.insert(endpoint.clone(), socket.clone());
            roles.insert(role.to_owned(), (endpoint.node, socket));
        }
        Ok(Self {
            roles,
            nodes: topology.nodes().iter().map(|node| node.name.clone()).collect(),
            topology: topology.name().to_owned(),
            begun: Instant::now(),
        })
    }

    async fn exchange(&self, role: &str, request: &Request, within: Duration) -> Result<Response, NoAnswer> {
        let (_, socket) = self
            .roles
            .get(role)
            .ok_or_else(|| NoAnswer(format!("nothing that plays {role} has a port")))?;
        let mut sent = http_request(request).map_err(|error| NoAnswer(error.to_string()))?;
        sent.extensions_mut().insert(AnswerWithin(within));
        // The client has made it of the headers that a step sets, and knows its ids by it.
        let context = Context::try_current().unwrap_or_else(|| extract(sent.headers()));
        let answer = context.scope(socket.send(sent)).await;
        let answer = answer.map_err(|failure| NoAnswer(failure.reason))?;
        let says = |name| answer.headers().get(name).is_some_and(|value| value != "false");
        Ok(Response {
            replayed: REPLAYED.into_iter().any(says),
            status: answer.status().as_u16(),
            body: serde_json::from_slice(answer.body()).unwrap_or(Value::Null),
        })
    }
}

impl World for Sockets {
    fn node_of(&self, role: &str) -> Result<String, String> {
        let played = self.roles.get(role).map(|(node, _)| node);
        played.or_else(|| self.nodes.get(role)).cloned().ok_or_else(|| {
            let known: BTreeSet<&str> = self.roles.keys().chain(&self.nodes).map(String::as_str).collect();
            let known: Vec<&str> = known.into_iter().collect();
            format!("topology {} has: {}", self.topology, known.join(", "))
        })
    }

    fn now(&self) -> Duration {
        self.begun.elapsed()
    }

    fn pause(&self, time: Duration) -> LocalBoxFuture<'_, ()> {
        tokio::time::sleep(time).boxed_local()
    }

    fn send<'a>(
        &'a self,
        role: &'a str,
        request: &'a Request,
        within: Duration,
    ) -> LocalBoxFuture<'a, Result<Response, NoAnswer>> {
        self.exchange(role, request, within).boxed_local()
    }
}

/// A topology that is up, as the scenario engine sees it: [`Sockets`], and faults on its nodes.
pub(crate) struct LocalWorld<'a> {
    sockets: Sockets,
    topology: &'a Topology,
    running: &'a Running,
    /// Number of times that each node had become ready when the world was made.
    readied: BTreeMap<String, u64>,
    /// Traffic around each node when a fault of it was laid, by the names of the faults.
    before: RefCell<BTreeMap<String, Around>>,
}

/// Traffic around a node so far, and the lines that it has printed.
#[derive(Clone, Copy)]
struct Around {
    /// Connections, those of them that are open, and requests.
    traffic: Option<(u64, u64, u64)>,
    lines: u64,
}

impl<'a> LocalWorld<'a> {
    /// The world of `topology`, which `running` has brought up.
    ///
    /// # Errors
    /// When a role has no address.
    pub(crate) fn new(topology: &'a Topology, running: &'a Running) -> Result<Self, String> {
        Ok(Self {
            sockets: Sockets::new(topology, running)?,
            topology,
            running,
            readied: running.readied(),
            before: RefCell::default(),
        })
    }

    fn around(&self, node: &str) -> Around {
        let mut lines = 0;
        for log in self.running.logs(node) {
            // One that can't be read has no lines that anybody knows of.
            let _ = each_line(&log, |_, _| lines += 1);
        }
        Around {
            traffic: self.running.around(node),
            lines,
        }
    }

    /// The address of each role, as variables such as `SEAM_URL_ORDERS`.
    fn addresses(&self) -> Vec<(String, String)> {
        let address = |role: &str| {
            let address = self.running.address_of(&self.topology.role(role)?)?;
            let name = role.to_uppercase().replace('-', "_");
            Some((format!("SEAM_URL_{name}"), format!("http://{address}")))
        };
        self.topology.roles().into_iter().filter_map(address).collect()
    }

    /// Lays the faults of links: all of them, or none.
    fn lay_on_links(&self, fault: &Fault) -> Result<(), NotLaid> {
        let links = links_of(self.topology, fault).map_err(NotLaid::Refused)?;
        for (number, (link, laid)) in links.iter().enumerate() {
            let faults = self.running.faults(link);
            let faults = faults.ok_or_else(|| NotLaid::Failed(format!("{link} has no proxy")))?;
            if let Err(error) = faults.lay((*laid).clone()) {
                links.iter().take(number).for_each(|(link, laid)| {
                    // It was laid a moment ago, so it can be lifted.
                    let _ = self.running.faults(link).map(|faults| faults.lift(laid.name()));
                });
                return Err(NotLaid::Failed(format!("{link}: {error}")));
            }
        }
        Ok(())
    }

    fn lift_from_links(&self, fault: &Fault) -> Result<(), String> {
        for (link, laid) in links_of(self.topology, fault)? {
            let faults = self.running.faults(&link);
            let faults = faults.ok_or_else(|| format!("{link} has no proxy"))?;
            faults.lift(laid.name()).map_err(|error| format!("{link}: {error}"))?;
        }
        Ok(())
    }
}

impl World for LocalWorld<'_> {
    fn node_of(&self, role: &str) -> Result<String, String> {
        self.sockets.node_of(role)
    }

    fn now(&self) -> Duration {
        self.sockets.now()
    }

    fn pause(&self, time: Duration) -> LocalBoxFuture<'_, ()> {
        self.sockets.pause(time)
    }

    fn send<'a>(
        &'a self,
        role: &'a str,
        request: &'a Request,
        within: Duration,
    ) -> LocalBoxFuture<'a, Result<Response, NoAnswer>> {
        self.sockets.send(role, request, within)
    }

    fn deaths(&self) -> Vec<Death> {
        let begun = self.sockets.begun;
        let death = |death: backend::Death| Death {
            node: death.node,
            how: death.how,
            at: death.at.saturating_duration_since(begun),
            last_lines: death.tail,
        };
        self.running.deaths().into_iter().map(death).collect()
    }

    fn log_lengths(&self, role: &str) -> Vec<u64> {
        let logs = self.node_of(role).map(|node| self.running.logs(&node));
        logs.unwrap_or_default().iter().map(|log| length(log)).collect()
    }

    fn log_matches(
        &self,
        role: &str,
        pattern: &LogPattern,
        parts: Option<&[LogPart]>,
        first: usize,
    ) -> Result<Matches, String> {
        let node = self.node_of(role)?;
        let mut matches = Matches::default();
        for (instance, log) in self.running.logs(&node).into_iter().enumerate() {
            let read = each_line(&log, |line, place| {
                let is_in = |part: &LogPart| part.has(instance, place.clone());
                if parts.is_some_and(|parts| !parts.iter().any(is_in)) {
                    return;
                }
                matches.lines += 1;
                if pattern.matches(line) {
                    matches.matching += 1;
                    let kept = matches.first.len() < first;
                    matches.first.extend(kept.then(|| line.to_owned()));
                }
            });
            read.map_err(|error| format!("{} can't be read: {error}", log.display()))?;
        }
        Ok(matches)
    }

    fn run<'a>(&'a self, errand: &'a Errand) -> LocalBoxFuture<'a, Result<(), String>> {
        let mut env = self.addresses();
        env.extend(errand.env.iter().cloned());
        let what = (errand.words.as_slice(), errand.folder.as_path());
        self.running.run(&errand.name, what, env).boxed_local()
    }

    fn support(&self, fault: &Fault) -> Support {
        support(self.topology, fault)
    }

    fn traffic(&self, fault: &Fault) -> Vec<LinkTraffic> {
        let links = links_of(self.topology, fault).unwrap_or_default();
        let traffic = |(link, laid): (Link, &faults::Fault)| {
            let record = self.running.faults(&link)?.record();
            let tally = record.tallies.get(laid.name()).copied().unwrap_or_default();
            Some(LinkTraffic {
                link: link.to_string(),
                met: tally.met,
                fired: tally.fired,
                spared: tally.not_drawn,
                masked: tally.masked,
                unfit: tally.unfit,
            })
        };
        links.into_iter().filter_map(traffic).collect()
    }

    fn met(&self, fault: &Fault) -> Option<Met> {
        let Target::Node(node) = &fault.target else { return None };
        let before = self.before.borrow().get(&fault.name).copied()?;
        let now = self.around(node);
        Some(match (before.traffic, now.traffic) {
            (Some((connections, open, requests)), Some(now)) => Met::Traffic {
                connections: open + now.0.saturating_sub(connections),
                requests: now.2.saturating_sub(requests),
            },
            _ => Met::Unseen {
                unseen: format!(
                    "met nothing that can be seen, as {node} has no links; it had printed {} lines before, and {} \
                     since",
                    before.lines,
                    now.lines.saturating_sub(before.lines)
                ),
            },
        })
    }

    fn links(&self) -> Vec<LinkCounts> {
        let counts = |(link, counts): (Link, Counts)| LinkCounts {
            link: link.to_string(),
            connections: counts.connections,
            requests: counts.requests,
        };
        self.running.traffic_of_links().into_iter().map(counts).collect()
    }

    fn ready_again<'a>(&'a self, node: &'a str) -> LocalBoxFuture<'a, ()> {
        self.running.ready_after(node, &self.readied).boxed_local()
    }

    fn lay<'a>(&'a self, fault: &'a Fault) -> LocalBoxFuture<'a, Result<(), NotLaid>> {
        async move {
            let Target::Node(node) = &fault.target else {
                return self.lay_on_links(fault);
            };
            if fault.kind != FaultKind::Crash {
                // A node that passed its point was at work.
                self.before.borrow_mut().insert(fault.name.clone(), self.around(node));
            }
            let laid = match fault.kind {
                FaultKind::Kill => self.running.kill(node).await,
                FaultKind::Crash => self.running.crash(node).await,
                FaultKind::Pause => self.running.pause(node).await,
                FaultKind::Stop | FaultKind::Restart => self.running.stop(node).await,
                FaultKind::DiskFull => self.running.fill_disk(node, true).await,
                _ => {
                    let refused = format!("node {node} can't have such a fault here");
                    return Err(NotLaid::Refused(refused));
                }
            };
            laid.map_err(|error| NotLaid::Failed(error.to_string()))
        }
        .boxed_local()
    }

    fn withdraw(&self, fault: &Fault) -> bool {
        match &fault.target {
            Target::Node(node) if fault.kind == FaultKind::Crash => self.running.spare(node),
            _ => true,
        }
    }

    fn lift<'a>(&'a self, fault: &'a Fault) -> LocalBoxFuture<'a, Result<(), String>> {
        async move {
            let Target::Node(node) = &fault.target else {
                return self.lift_from_links(fault);
            };
            let lifted = match fault.kind {
                FaultKind::Pause => self.running.resume(node).await,
                FaultKind::DiskFull => self.running.fill_disk(node, false).await,
                _ => self.running.restart(node).await.map(drop),
            };
            lifted.map_err(|error| error.to_string())
        }
        .boxed_local()
    }
}

fn socket_to(endpoint: &Endpoint, running: &Running) -> Result<Socket, String> {
    let address = running
        .address_of(endpoint)
        .ok_or_else(|| format!("{endpoint} has no address"))?;
    let limits = SocketLimits {
        connect: CONNECT_WITHIN,
        body: LARGEST_BODY,
        ..SocketLimits::default()
    };
    Socket::new(&format!("http://{address}"), limits).map_err(|error| error.to_string())
}

fn http_request(request: &Request) -> Result<http::Request<Bytes>, http::Error> {
    let mut builder = http::Request::builder()
        .method(request.method.as_str())
        .uri(request.path.as_str());
    for (name, value) in &request.headers {
        builder = builder.header(name, value);
    }
    match &request.body {
        Some(body) => builder
            .header(CONTENT_TYPE, "application/json")
            .body(body.to_string().into()),
        None => builder.body(Bytes::new()),
    }
}
