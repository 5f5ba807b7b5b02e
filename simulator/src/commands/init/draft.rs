//! A topology in the making, and its text.

use std::{collections::BTreeMap, fmt::Write};

use toml::Value;

/// A key of a node, with its value as TOML writes it.
type Key = (&'static str, String);

/// A node as it will be written.
#[derive(Debug, Clone, Default)]
pub(super) struct Node {
    pub(super) name: String,
    /// Lines above the table.
    pub(super) comments: Vec<String>,
    pub(super) runs: Runs,
    pub(super) folder: Option<String>,
    pub(super) once: bool,
    /// `None` for the one port `main`.
    pub(super) ports: Option<Vec<String>>,
    pub(super) fixed_ports: BTreeMap<String, u16>,
    pub(super) public_ports: BTreeMap<String, u16>,
    pub(super) instances: Option<u16>,
    pub(super) needs: Vec<String>,
    pub(super) links: Vec<String>,
    pub(super) ready: Option<Ready>,
    pub(super) within_ms: Option<u64>,
    pub(super) restarts: Option<u32>,
    pub(super) stop_signal: Option<String>,
    pub(super) stop_within_ms: Option<u64>,
    pub(super) env_files: Vec<String>,
    pub(super) env: BTreeMap<String, String>,
}

/// Program of a node.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) enum Runs {
    /// Nothing that `local` can run: the node is not written, but its comments are.
    #[default]
    Nothing,
    Cargo {
        package: String,
        bin: String,
    },
    Command(Vec<String>),
    Address(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ready {
    Http { port: Option<String>, path: String },
    Command(Vec<String>),
}

/// A topology as it will be written.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub(super) nodes: Vec<Node>,
    /// Sentences on what could not be taken over.
    pub(super) lost: Vec<String>,
}

impl Node {
    pub(super) fn is_written(&self) -> bool {
        self.runs != Runs::Nothing
    }

    /// Names of its ports.
    pub(super) fn port_names(&self) -> Vec<String> {
        match &self.ports {
            Some(ports) => ports.clone(),
            None if self.once => Vec::new(),
            None => vec!["main".to_owned()],
        }
    }

    fn write(&self, text: &mut String) {
        text.push('\n');
        for comment in &self.comments {
            let _ = writeln!(text, "# {comment}");
        }
        if !self.is_written() {
            return;
        }
        let _ = writeln!(text, "[node.{}]", self.name);
        for (name, value) in self
            .program()
            .into_iter()
            .chain(self.ports_and_check())
            .chain(self.others())
        {
            let _ = writeln!(text, "{name} = {value}");
        }
        if !self.env.is_empty() {
            let _ = writeln!(text, "\n[node.{}.env]", self.name);
            for (name, value) in &self.env {
                let _ = writeln!(text, "{} = {}", bare_or_quoted(name), quoted(value));
            }
        }
    }

    fn program(&self) -> Vec<Key> {
        let mut keys = match &self.runs {
            Runs::Nothing => Vec::new(),
            Runs::Cargo { package, bin } => {
                let value = format!("{{ package = {}, bin = {} }}", quoted(package), quoted(bin));
                vec![("cargo", value)]
            }
            Runs::Command(words) => vec![("command", list(words))],
            Runs::Address(address) => vec![("address", quoted(address))],
        };
        keys.extend(self.folder.iter().map(|folder| ("folder", quoted(folder))));
        keys.extend(self.once.then(|| ("once", "true".to_owned())));
        keys
    }

    fn ports_and_check(&self) -> Vec<Key> {
        let mut keys = Vec::new();
        keys.extend(self.ports.iter().map(|ports| ("ports", list(ports))));
        for (name, ports) in [("fixed_ports", &self.fixed_ports), ("public_ports", &self.public_ports)] {
            if !ports.is_empty() {
                let each: Vec<String> = ports
                    .iter()
                    .map(|(port, number)| format!("{port} = {number}"))
                    .collect();
                keys.push((name, format!("{{ {} }}", each.join(", "))));
            }
        }
        keys.extend(self.instances.map(|instances| ("instances", instances.to_string())));
        keys.extend(self.ready_text().map(|ready| ("ready", ready)));
        keys
    }

    fn others(&self) -> Vec<Key> {
        let mut keys = Vec::new();
        for (name, list_of) in [
            ("needs", &self.needs),
            ("links", &self.links),
            ("env_files", &self.env_files),
        ] {
            keys.extend((!list_of.is_empty()).then(|| (name, list(list_of))));
        }
        let restarts = self.restarts.map(|restarts| format!("{{ on_failure = {restarts} }}"));
        keys.extend(restarts.map(|restart| ("restart", restart)));
        let signal = self
            .stop_signal
            .iter()
            .map(|signal| format!("signal = {}", quoted(signal)));
        let within = self.stop_within_ms.iter().map(|within| format!("within_ms = {within}"));
        let stop: Vec<String> = signal.chain(within).collect();
        keys.extend((!stop.is_empty()).then(|| ("stop", format!("{{ {} }}", stop.join(", ")))));
        keys
    }

    fn ready_text(&self) -> Option<String> {
        let within = self.within_ms.map(|within| format!("within_ms = {within}"));
        let check = self.ready.as_ref().map(|ready| match ready {
            Ready::Http { port: None, path } => format!("http = {}", quoted(path)),
            Ready::Http { port: Some(port), path } => format!("http = {}, port = {}", quoted(path), quoted(port)),
            Ready::Command(words) => format!("command = {}", list(words)),
        });
        let parts: Vec<String> = check.into_iter().chain(within).collect();
        (!parts.is_empty()).then(|| format!("{{ {} }}", parts.join(", ")))
    }
}

impl Draft {
    /// The topology's file.
    pub(super) fn topology(&self, name: &str, from: &str) -> String {
        let mut text = format!("# Made by `seam init` from {from}. Guide: simulator/TOPOLOGY.md of seam.\n");
        for line in &self.lost {
            let _ = writeln!(text, "# Not taken over: {line}");
        }
        let _ = writeln!(text, "name = {}", quoted(name));
        for node in &self.nodes {
            node.write(&mut text);
        }
        text
    }

    /// The scenario's file, which asks every node that is ready by HTTP, or else the first one with a port; `None` if
    /// no node has a port.
    pub(super) fn scenario(&self, name: &str) -> Option<String> {
        let has_port = |node: &&Node| node.is_written() && !node.port_names().is_empty();
        let asked = |node: &&Node| matches!(node.ready, Some(Ready::Http { .. }));
        let mut chosen: Vec<&Node> = self.nodes.iter().filter(has_port).collect();
        if chosen.iter().any(asked) {
            chosen.retain(asked);
        } else {
            chosen.truncate(1);
        }
        let first = chosen.first()?;
        let mut text = format!(
            "# Made by `seam init`. Each journey asks for a page; replace that with what your users do.\n\
             name = {0}\nabout = \"Every page that users ask for is answered.\"\ntopology = {0}\n\
             killable = [{1}]\n\n[workload]\ncount = 40\nconcurrency = 4\n",
            quoted(name),
            quoted(&first.name),
        );
        for node in &chosen {
            text += &step(node);
        }
        let _ = write!(
            text,
            "\n# A fault: {0} is killed when half of the journeys have begun, and started again.\n\
             # [[fault]]\n# kind = \"kill\"\n# node = {1}\n# at = 0.5\n",
            first.name,
            quoted(&first.name)
        );
        for node in chosen {
            let (name, saved) = (&node.name, saved(node));
            let _ = write!(
                text,
                "\n[[invariant]]\nname = \"every journey had an answer of {name}\"\n\
                 violations = \"SELECT journey FROM journey WHERE json_type(doc, '$.{saved}') IS NULL\"\n\
                 checked = \"SELECT count(*) FROM journey\"\n"
            );
        }
        Some(text)
    }
}

fn step(node: &Node) -> String {
    let path = match &node.ready {
        Some(Ready::Http { path, .. }) => path.as_str(),
        _ => "/",
    };
    // A placeholder of a scenario is another thing than one of a topology.
    let path = quoted(&path.replace("${", "$${"));
    let (name, saved) = (&node.name, saved(node));
    format!(
        "\n[[step]]\nname = \"ask {name}\"\nnode = {}\npath = {path}\nexpect = [200]\nsave = {{ {saved} = \"\" }}\n",
        quoted(name)
    )
}

/// Variable that holds the answer of a node.
fn saved(node: &Node) -> String {
    format!("answer_of_{}", node.name.replace('-', "_"))
}

/// A text as TOML writes it.
fn quoted(text: &str) -> String {
    Value::String(text.to_owned()).to_string()
}

fn list(texts: &[String]) -> String {
    let texts: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
    format!("[{}]", texts.join(", "))
}

fn bare_or_quoted(key: &str) -> String {
    let is_bare = !key.is_empty()
        && key
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
    if is_bare { key.to_owned() } else { quoted(key) }
}

/// A text in which `${` means itself.
pub(super) fn literal(text: &str) -> String {
    text.replace("${", "$${")
}

/// A name as topologies take it; `taken` has those that are others' already.
pub(super) fn fit_name(name: &str, taken: &[String]) -> String {
    let fit = |letter: char| {
        let letter = letter.to_ascii_lowercase();
        if letter.is_ascii_alphanumeric() { letter } else { '-' }
    };
    let name: String = name.chars().map(fit).collect();
    let name = name.trim_start_matches(|first: char| !first.is_ascii_lowercase());
    let name: String = name.trim_end_matches('-').chars().take(50).collect();
    let name = if name.is_empty() { "node".to_owned() } else { name };
    let numbered = (2..).map(|number| format!("{name}-{number}"));
    let free = std::iter::once(name.clone())
        .chain(numbered)
        .find(|name| !taken.contains(name));
    free.unwrap_or(name)
}
