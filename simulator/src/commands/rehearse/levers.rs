use std::{sync::Arc, time::Duration};

use futures::{FutureExt, future::LocalBoxFuture};
use seam::{
    Contract,
    handover::{CopyReport, Copying, HANDOVER_BODY, Handover, HandoverClient, Switched, switch},
    http::{Socket, SocketLimits},
    launch::{Position, Side, Status},
};

use crate::{
    backend::Running,
    commands::launch::Client,
    rehearsal::{Operators, Plan},
    topology::Topology,
};

/// Time limit of one request to the launch. A node that is dead for a moment must not hold the walk up.
const LIMIT: Duration = Duration::from_secs(5);

/// The levers of a platform that is up, over HTTP.
pub(super) struct Levers {
    launch: Client,
    name: String,
    control: Arc<dyn Handover>,
    candidate: Arc<dyn Handover>,
}

impl Levers {
    /// The levers that a plan names, on nodes that are up.
    pub(super) fn new(plan: &Plan, topology: &Topology, running: &Running, token: &str) -> Result<Self, String> {
        let url = |role: &str| {
            let address = topology.role(role).and_then(|endpoint| running.address_of(&endpoint));
            address
                .map(|address| format!("http://{address}"))
                .ok_or_else(|| format!("{role} has no address in topology {}", topology.name()))
        };
        let side = |role: &str| {
            let limits = SocketLimits {
                body: HANDOVER_BODY,
                ..SocketLimits::default()
            };
            let socket = Socket::new(&url(role)?, limits).map_err(|error| error.to_string())?;
            let client = HandoverClient::new(socket, &plan.module, token);
            let client = client.ok_or_else(|| format!("{:?} is no name of a module", plan.module))?;
            Ok::<_, String>(<dyn Handover>::via(Arc::new(client)))
        };
        let launch = Client::judging_by(&url(&plan.launch_node)?, token.to_owned(), &plan.claim, LIMIT);
        let [from, to] = &plan.sides;
        Ok(Self {
            launch: launch.map_err(|failure| failure.to_string())?,
            name: plan.launch.clone(),
            control: side(from)?,
            candidate: side(to)?,
        })
    }

    /// The giving side and the receiving one.
    fn ordered(&self, from: Side) -> (&dyn Handover, &dyn Handover) {
        match from {
            Side::Control => (&*self.control, &*self.candidate),
            Side::Candidate => (&*self.candidate, &*self.control),
        }
    }
}

impl Operators for Levers {
    fn status(&self) -> LocalBoxFuture<'_, Result<Status, String>> {
        let status = async {
            self.launch
                .status(&self.name)
                .await
                .map_err(|failure| failure.to_string())
        };
        status.boxed_local()
    }

    fn turn<'a>(&'a self, before: &'a Status, position: Position) -> LocalBoxFuture<'a, Result<Status, String>> {
        let turn = async move {
            self.launch
                .turn(before, position)
                .await
                .map_err(|failure| failure.to_string())
        };
        turn.boxed_local()
    }

    fn copy(&self, from: Side) -> LocalBoxFuture<'_, Result<CopyReport, String>> {
        async move {
            let (from, to) = self.ordered(from);
            let copied = Copying::default().run(from, to, |_| ()).await;
            copied.map_err(|error| error.to_string())
        }
        .boxed_local()
    }

    fn switch(&self, from: Side) -> LocalBoxFuture<'_, Result<Switched, String>> {
        async move {
            let (from, to) = self.ordered(from);
            let switched = switch(Copying::default(), from, to).await;
            switched.map_err(|error| error.to_string())
        }
        .boxed_local()
    }
}
