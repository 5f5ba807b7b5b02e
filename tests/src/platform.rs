use std::{
    io::{BufRead, BufReader},
    process::{Child, Stdio},
};

use serde_json::Value;

/// A topology kept up by `seam up` until it is dropped.
#[derive(Debug)]
pub struct Platform {
    seam: Child,
    ready: Value,
}

impl Platform {
    /// Brings the topology up and waits until it is ready.
    ///
    /// # Panics
    /// If it does not come up; stderr holds the output of `seam`.
    pub fn up(topology: &str) -> Self {
        let mut command = crate::seam();
        command.args(["up", topology, "--json"]);
        if !cfg!(debug_assertions) {
            command.arg("--release");
        }
        let mut seam = command.stdout(Stdio::piped()).spawn().expect("seam starts");
        let lines = BufReader::new(seam.stdout.take().expect("stdout is piped")).lines();
        let ready = lines
            .map_while(Result::ok)
            .filter_map(|line| serde_json::from_str::<Value>(&line).ok())
            .find(|line| line["event"] == "ready")
            .expect("seam says that the topology is ready");
        Self { seam, ready }
    }

    /// Milliseconds from the first start of a node to the readiness of the last one, without builds.
    pub fn ready_in_ms(&self) -> u64 {
        self.ready["ready_in_ms"].as_u64().expect("seam says how long it took")
    }

    /// Names and process ids of the nodes.
    pub fn processes(&self) -> Vec<(String, u64)> {
        let nodes = self.ready["nodes"].as_array().expect("nodes are listed");
        nodes
            .iter()
            .filter_map(|node| Some((node["name"].as_str()?.to_owned(), node["pid"].as_u64()?)))
            .collect()
    }

    /// The address of a node, as host and port.
    pub fn address(&self, node: &str) -> String {
        let nodes = self.ready["nodes"].as_array().expect("nodes are listed");
        let node = nodes
            .iter()
            .find(|listed| listed["name"] == node)
            .expect("the node is listed");
        node["address"].as_str().expect("the node has an address").to_owned()
    }
}

impl Drop for Platform {
    fn drop(&mut self) {
        // SIGTERM: seam takes its nodes down with it. If seam is gone already, so are they.
        let _ = std::process::Command::new("kill")
            .arg(self.seam.id().to_string())
            .status();
        let _ = self.seam.wait();
    }
}
