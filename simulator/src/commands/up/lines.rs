use std::{collections::BTreeMap, net::SocketAddr};

use serde::Serialize;

use super::Display;
use crate::{
    backend::{Death, NodeState, NodeStatus, Running},
    commands::live::NodeLine,
    commands::output::{self, Reader},
    topology::Topology,
};

/// The last lines of the log of a dead node that are shown.
const TAIL_LINES: usize = 10;

/// Lines for people who read a pipe: each node, and later each change of a node's state.
#[derive(Debug, Default)]
pub(super) struct TextLines(Changes);

/// A JSON object a line: first one `{"event":"ready",...}` with every node, then a `{"event":"node",...}` for each
/// change of a node's state.
#[derive(Debug)]
pub(super) struct JsonLines {
    topology: String,
    changes: Changes,
}

impl JsonLines {
    pub(super) fn new(topology: &Topology) -> Self {
        Self {
            topology: topology.name().to_owned(),
            changes: Changes::default(),
        }
    }
}

/// The state of each node when last asked, with its process, as a restart may be over before the next look; and the
/// deaths that were reported.
#[derive(Debug, Default)]
struct Changes(BTreeMap<String, (NodeState, Option<u32>)>, usize);

impl Changes {
    fn are_new(&self) -> bool {
        self.0.is_empty()
    }

    /// The nodes whose state has changed since the last look; a death is reported on stderr with its last lines.
    fn since_last(&mut self, running: &Running) -> Vec<NodeStatus> {
        let mut changed = running.nodes();
        let now = |node: &NodeStatus| (node.state.clone(), node.pid);
        changed.retain(|node| self.0.get(&node.name) != Some(&now(node)));
        let deaths = running.deaths();
        deaths
            .iter()
            .skip(self.1)
            .for_each(|death| report_death(running, death));
        self.1 = deaths.len();
        for node in &changed {
            self.0.insert(node.name.clone(), now(node));
        }
        changed
    }
}

/// A node in JSON.
#[derive(Debug, Serialize)]
struct JsonNode {
    name: String,
    state: String,
    /// The manner of its death.
    #[serde(skip_serializing_if = "Option::is_none")]
    how: Option<String>,
    /// The address of its first port.
    address: Option<SocketAddr>,
    /// Its addresses, by the names of its ports.
    addresses: BTreeMap<String, SocketAddr>,
    pid: Option<u32>,
    requests: u64,
}

impl From<NodeStatus> for JsonNode {
    fn from(node: NodeStatus) -> Self {
        let (state, how) = match node.state {
            NodeState::Died(how) => ("died".to_owned(), Some(how)),
            other => (other.to_string(), None),
        };
        Self {
            name: node.name,
            state,
            how,
            address: node.addresses.first().map(|(_, address)| *address),
            addresses: node.addresses.into_iter().collect(),
            pid: node.pid,
            requests: node.requests,
        }
    }
}

impl Display for JsonLines {
    fn show(&mut self, running: &Running) -> Result<Reader, String> {
        #[derive(Serialize)]
        struct Change {
            event: &'static str,
            #[serde(flatten)]
            node: JsonNode,
        }
        let mut lines = String::new();
        let all = self.changes.are_new();
        let nodes = self.changes.since_last(running).into_iter().map(JsonNode::from);
        if all {
            let ready = serde_json::json!({
                "event": "ready",
                "topology": self.topology,
                "ready_in_ms": u64::try_from(running.ready_in().as_millis()).unwrap_or(u64::MAX),
                "run": running.id(),
                "folder": running.folder(),
                "nodes": nodes.collect::<Vec<_>>(),
            });
            lines = format!("{ready}\n");
        } else {
            for node in nodes {
                let change = serde_json::to_string(&Change { event: "node", node });
                lines += &change.map_err(|error| format!("a node is no JSON: {error}"))?;
                lines.push('\n');
            }
        }
        output::print(&lines)
    }
}

impl Display for TextLines {
    fn show(&mut self, running: &Running) -> Result<Reader, String> {
        let all = self.0.are_new();
        let mut lines: String = self
            .0
            .since_last(running)
            .iter()
            .map(|node| text(node) + "\n")
            .collect();
        if all {
            let logs = running.folder().join("logs");
            lines += &format!("up; Ctrl-C stops it; logs in {}\n", logs.display());
        }
        output::print(&lines)
    }
}

fn report_death(running: &Running, death: &Death) {
    output::note(&format!("{} died ({}); its last lines:", death.node, death.how));
    for line in death.tail.iter().skip(death.tail.len().saturating_sub(TAIL_LINES)) {
        output::note(&format!("    {line}"));
    }
    output::note(&format!("  the whole log: {}", running.log(&death.node).display()));
}

/// The same lines from the state of a run.
pub(super) fn of_state(nodes: &[NodeLine]) -> String {
    let line = |node: &NodeLine| {
        let addresses = node.addresses.values().map(ToString::to_string);
        let parts: Vec<String> = [format!("{}: {}", node.name, node.state)]
            .into_iter()
            .chain(addresses)
            .collect();
        parts.join(", ") + "\n"
    };
    nodes.iter().map(line).collect()
}

fn text(node: &NodeStatus) -> String {
    let addresses: Vec<String> = node
        .addresses
        .iter()
        .map(|(port, address)| {
            if node.addresses.len() > 1 {
                format!("{port} {address}")
            } else {
                address.to_string()
            }
        })
        .collect();
    let state = format!("{}: {}", node.name, node.state);
    let pid = node.pid.map(|pid| format!("pid {pid}"));
    let parts: Vec<String> = [state].into_iter().chain(addresses).chain(pid).collect();
    parts.join(", ")
}
