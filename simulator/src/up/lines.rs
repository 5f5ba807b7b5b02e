use std::{
    collections::BTreeMap,
    io::{self, Write},
    net::SocketAddr,
};

use serde::Serialize;

use super::Display;
use crate::backend::{NodeState, NodeStatus, local::Running};

const TAIL_LINES: usize = 10;

/// Prints a line for each change of a node's state: for pipes and machines.
#[derive(Debug)]
pub(super) struct Lines {
    json: bool,
    last: BTreeMap<String, NodeState>,
}

/// One line of `seam up --json`.
#[derive(Debug, Serialize)]
struct Line<'a> {
    node: &'a str,
    state: &'a str,
    /// How it died.
    #[serde(skip_serializing_if = "Option::is_none")]
    how: Option<&'a str>,
    /// By the names of its ports.
    addresses: BTreeMap<&'a str, SocketAddr>,
    pid: Option<u32>,
    requests: u64,
}

impl Lines {
    pub(super) fn json() -> Self {
        Self {
            json: true,
            last: BTreeMap::new(),
        }
    }

    pub(super) fn text() -> Self {
        Self {
            json: false,
            last: BTreeMap::new(),
        }
    }
}

impl Display for Lines {
    fn show(&mut self, running: &Running) -> io::Result<()> {
        let mut out = io::stdout().lock();
        let first = self.last.is_empty();
        for node in running.nodes() {
            if self.last.get(&node.name) == Some(&node.state) {
                continue;
            }
            let line = if self.json { json(&node)? } else { text(&node) };
            writeln!(out, "{line}")?;
            if let NodeState::Died(how) = &node.state {
                report_death(running, &node.name, how);
            }
            self.last.insert(node.name, node.state);
        }
        if first && self.json {
            writeln!(
                out,
                "{}",
                serde_json::json!({ "up": true, "run": running.id(), "folder": running.folder() })
            )?;
        } else if first {
            writeln!(
                out,
                "up; Ctrl-C stops it; logs in {}",
                running.folder().join("logs").display()
            )?;
        }
        out.flush()
    }
}

fn report_death(running: &Running, node: &str, how: &str) {
    eprintln!("{node} died ({how}); its last lines:");
    for line in running.log_tail(node, TAIL_LINES) {
        eprintln!("    {line}");
    }
    eprintln!("  the whole log: {}", running.log(node).display());
}

fn json(node: &NodeStatus) -> io::Result<String> {
    let (state, how) = match &node.state {
        NodeState::Died(how) => ("died".to_owned(), Some(how.as_str())),
        other => (other.to_string(), None),
    };
    let line = Line {
        node: &node.name,
        state: &state,
        how,
        addresses: node
            .addresses
            .iter()
            .map(|(port, address)| (port.as_str(), *address))
            .collect(),
        pid: node.pid,
        requests: node.requests,
    };
    Ok(serde_json::to_string(&line)?)
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
    let pid = node.pid.map(|pid| format!(", pid {pid}")).unwrap_or_default();
    format!("{}: {}, {}{pid}", node.name, node.state, addresses.join(", "))
}
