use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use bytes::Bytes;
use futures::{FutureExt, future::LocalBoxFuture};
use http::header::CONTENT_TYPE;
use seam::{
    Context,
    http::{AnswerWithin, Socket, SocketLimits, Transport, extract},
};
use serde_json::Value;

use super::Running;
use crate::{
    backend,
    steps::{Death, Fault, FaultKind, NoAnswer, NotLaid, Request, Response, Target, World},
    topology::{Endpoint, Topology},
};

/// The largest body that is read, in bytes: observations of a long run are one body.
const LARGEST_BODY: usize = 1 << 30;

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
        Ok(Response {
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
    running: &'a Running,
}

impl<'a> LocalWorld<'a> {
    /// The world of `topology`, which `running` has brought up.
    ///
    /// # Errors
    /// When a role has no address.
    pub(crate) fn new(topology: &Topology, running: &'a Running) -> Result<Self, String> {
        let sockets = Sockets::new(topology, running)?;
        Ok(Self { sockets, running })
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

    fn lay<'a>(&'a self, fault: &'a Fault) -> LocalBoxFuture<'a, Result<(), NotLaid>> {
        async move {
            let laid = match (fault.kind, &fault.target) {
                (FaultKind::Kill, Target::Node(node)) => self.running.kill(node).await,
            };
            laid.map_err(|error| NotLaid::Failed(error.to_string()))
        }
        .boxed_local()
    }

    fn lift<'a>(&'a self, fault: &'a Fault) -> LocalBoxFuture<'a, Result<(), String>> {
        async move {
            let lifted = match (fault.kind, &fault.target) {
                (FaultKind::Kill, Target::Node(node)) => self.running.restart(node).await.map(drop),
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
