//! A service of a compose file, and the node that it becomes.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    super::draft::{Node, Ready, Runs, literal},
    Project,
    health::{health, milliseconds},
    port_name,
    ports::{Port, ports},
    text::{linked, template, with_defaults},
};

/// Images of programs that keep data, or that their image sets up: what they run without it is unknown. Each with its
/// usual port.
const SERVERS: [(&str, u16); 14] = [
    ("postgres", 5432),
    ("postgis", 5432),
    ("mysql", 3306),
    ("mariadb", 3306),
    ("mongo", 27017),
    ("redis", 6379),
    ("valkey", 6379),
    ("memcached", 11211),
    ("rabbitmq", 5672),
    ("nats", 4222),
    ("elasticsearch", 9200),
    ("nginx", 80),
    ("mailhog", 1025),
    ("minio", 9000),
];

/// Keys that are read, or say nothing about a process of this machine.
const READ: [&str; 19] = [
    "build",
    "image",
    "command",
    "entrypoint",
    "ports",
    "expose",
    "environment",
    "env_file",
    "depends_on",
    "healthcheck",
    "restart",
    "stop_signal",
    "stop_grace_period",
    "deploy",
    "scale",
    "links",
    "working_dir",
    "volumes",
    "profiles",
];

/// A service before it becomes a node.
pub(super) struct Service {
    /// Name of its node.
    pub(super) node: String,
    pub(super) ports: Vec<Port>,
    /// True if others wait for its end.
    pub(super) once: bool,
    lost: Vec<String>,
    written: Value,
}

impl Service {
    pub(super) fn new(node: String, written: Value) -> Self {
        let (ports, lost) = ports(&written);
        Self {
            node,
            ports,
            once: false,
            lost,
            written,
        }
    }

    /// Name of the image without its registry and tag.
    fn image(&self) -> Option<&str> {
        let image = self.written["image"].as_str()?;
        let last = image.rsplit('/').next()?;
        last.split([':', '@']).next()
    }

    pub(super) fn usual_port(&self) -> Option<Port> {
        let image = self.image().filter(|_| self.is_elsewhere())?;
        let (_, container) = SERVERS.iter().find(|(server, _)| *server == image)?;
        Some(Port {
            container: *container,
            published: None,
        })
    }

    /// True if it is not a program that `local` could start from what the file says.
    pub(super) fn is_elsewhere(&self) -> bool {
        self.words().is_empty()
    }

    /// The words of its command; none if only an image knows them.
    fn words(&self) -> Vec<String> {
        let is_server = self
            .image()
            .is_some_and(|image| SERVERS.iter().any(|(server, _)| *server == image));
        let words = |key: &str| match &self.written[key] {
            Value::String(text) => shlex::split(text).unwrap_or_default(),
            Value::Array(words) => words.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            _ => Vec::new(),
        };
        let words = [words("entrypoint"), words("command")].concat();
        let is_program = words
            .first()
            .is_some_and(|first| !first.starts_with('-') && !first.is_empty());
        if is_program && !is_server { words } else { Vec::new() }
    }

    fn port_name(&self, container: u16) -> Option<String> {
        let port = self.ports.iter().find(|port| port.container == container)?;
        Some(if self.ports.len() > 1 {
            port_name(*port)
        } else {
            "main".to_owned()
        })
    }
}

impl Project {
    /// The node of a service, and sentences on what it does not take over.
    pub(super) fn node(&self, name: &str, service: &Service) -> (Node, Vec<String>) {
        let mut lost: Vec<String> = service.lost.clone();
        let mut node = Node {
            name: service.node.clone(),
            ..Node::default()
        };
        self.depends(service, &mut node, &mut lost);
        if service.is_elsewhere() {
            self.elsewhere(name, service, &mut node, &mut lost);
        } else {
            self.program(service, &mut node, &mut lost);
        }
        let keys = service.written.as_object().into_iter().flatten();
        for (key, _) in keys.filter(|(key, _)| !READ.contains(&key.as_str()) && !key.starts_with("x-")) {
            lost.push(format!("`{key}`: `local` has nothing of the kind"));
        }
        let lost = lost.into_iter().map(|line| format!("{name}: {line}")).collect();
        (node, lost)
    }

    /// A program of this machine.
    fn program(&self, service: &Service, node: &mut Node, lost: &mut Vec<String>) {
        let written = &service.written;
        let mut words = Vec::new();
        for word in service.words() {
            let (word, uses) = linked(&template(&word, "command", lost), &self.addresses());
            self.note_links(uses.linked, node);
            words.push(word);
        }
        if let Some(image) = written["image"].as_str().filter(|_| written["build"].is_null()) {
            let program = words.first().map_or("", String::as_str);
            node.comments.push(format!(
                "`local` runs `{program}` of this machine, not that of the image {image}."
            ));
        }
        node.runs = Runs::Command(words);
        node.folder = Some(self.folder_of(written, lost));
        node.once = service.once;
        self.environment(service, node, lost);
        self.listens(service, node);
        let health = health(written, lost);
        if !node.once {
            let several = service.ports.len() > 1;
            let ready = health
                .check
                .and_then(|check| check.ready(|port| service.port_name(port), several));
            node.ready = ready;
            node.within_ms = health.within_ms;
        }
        self.life(written, node, lost);
        if !written["profiles"].is_null() {
            lost.push("`profiles`: name its nodes in a [profile.NAME] of the topology".to_owned());
        }
    }

    /// What another tool runs: an address that a variable of the environment may change.
    fn elsewhere(&self, name: &str, service: &Service, node: &mut Node, lost: &mut Vec<String>) {
        node.needs.clear();
        node.links.clear();
        let what = match (service.written["image"].as_str(), service.written["build"].is_null()) {
            (_, false) => "it is built by a Dockerfile, and the file gives no command".to_owned(),
            (Some(image), true) => format!("it is the image {}", with_defaults(image)),
            (None, true) => "the file gives neither image, build nor command".to_owned(),
        };
        node.comments
            .push(format!("{name}: {what}, and `local` runs no image."));
        for line in self.dockerfile(&service.written) {
            node.comments.push(line);
        }
        let Some(port) = service.ports.first().filter(|_| !service.once) else {
            node.comments
                .push("Give it a `command` to have it as a node:".to_owned());
            node.comments.push(format!("[node.{}]", node.name));
            node.comments.push("command = [\"PROGRAM\"]".to_owned());
            lost.push(format!("{what}; it is a comment in the topology, with what to do"));
            return;
        };
        let number = port.published.unwrap_or(port.container);
        let variable = node.name.to_uppercase().replace('-', "_") + "_ADDRESS";
        node.comments.push(format!(
            "Run it yourself and say where in {variable}, or give it a `command` instead of the `address`."
        ));
        node.runs = Runs::Address(format!("${{env.{variable}:-127.0.0.1:{number}}}"));
        let health = health(&service.written, &mut Vec::new());
        let ready = health
            .check
            .and_then(|check| check.ready(|other| service.port_name(other), false));
        node.ready = ready.filter(|ready| matches!(ready, Ready::Http { .. }));
        if node.ready.is_some() {
            node.within_ms = health.within_ms;
        }
        if service.ports.len() > 1 {
            lost.push(format!("its ports but {}: an address has one", port.container));
        }
        lost.push(format!(
            "{what}; the topology has its address, 127.0.0.1:{number} unless {variable} is set"
        ));
    }

    /// The program that a Dockerfile beside it names, as lines of a comment.
    fn dockerfile(&self, written: &Value) -> Vec<String> {
        let Some(context) = context(written) else {
            return Vec::new();
        };
        let file = written["build"]["dockerfile"].as_str().unwrap_or("Dockerfile");
        super::super::project::programs_of(&self.folder.join(context).join(file))
    }

    /// The folder in which the service's files are on this machine.
    fn folder_of(&self, written: &Value, lost: &mut Vec<String>) -> String {
        if let Some(context) = context(written) {
            return literal(&self.path(&with_defaults(context)));
        }
        let inside = written["working_dir"].as_str().unwrap_or("/");
        let mounts = written["volumes"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str);
        let mount = mounts
            .filter_map(|mount| mount.split_once(':'))
            .find_map(|(host, target)| {
                let target = target.split(':').next().unwrap_or(target);
                let rest = inside.strip_prefix(target)?;
                host.starts_with('.')
                    .then(|| format!("{host}/{}", rest.trim_start_matches('/')))
            });
        if mount.is_none() && !written["working_dir"].is_null() {
            lost.push(format!(
                "`working_dir` {inside}, which is in the image; it runs beside the compose file"
            ));
        }
        literal(&self.path(mount.as_deref().unwrap_or(".").trim_end_matches('/')))
    }

    fn environment(&self, service: &Service, node: &mut Node, lost: &mut Vec<String>) {
        let own_port = match service.ports.as_slice() {
            [only] => Some(only.container.to_string()),
            _ => None,
        };
        for (name, value) in environment(&service.written["environment"]) {
            let Some(value) = value else {
                // It passes through from the environment of `seam`.
                continue;
            };
            if name == "PORT" && Some(with_defaults(&value)) == own_port {
                node.env.insert(name, "${port}".to_owned());
                continue;
            }
            let (value, uses) = linked(&template(&value, &name, lost), &self.addresses());
            self.note_links(uses.linked, node);
            for other in uses.unclear {
                lost.push(format!(
                    "`{name}` names {other}, whose host `local` does not know; `${{link.NODE}}` is host:port in one"
                ));
            }
            node.env.insert(name, value);
        }
        let files = match &service.written["env_file"] {
            Value::Array(files) => files.clone(),
            Value::Null => Vec::new(),
            one => vec![one.clone()],
        };
        for file in files {
            let path = file
                .as_str()
                .or_else(|| file["path"].as_str())
                .unwrap_or_default()
                .to_owned();
            if self.folder.join(&path).is_file() {
                node.env_files.push(self.path(&path));
            } else {
                lost.push(format!("the env file {path}, which is not there"));
            }
        }
    }

    fn note_links(&self, linked: Vec<String>, node: &mut Node) {
        for service in linked {
            let name = self
                .services
                .get(&service)
                .map_or(service, |service| service.node.clone());
            if !node.links.contains(&name) && name != node.name {
                node.links.push(name);
            }
        }
    }

    /// Ports of a program.
    fn listens(&self, service: &Service, node: &mut Node) {
        let told = node.env.get("PORT").is_some_and(|port| port == "${port}");
        if service.ports.is_empty() {
            if !node.once {
                node.ports = Some(Vec::new());
            }
            return;
        }
        if service.ports.len() > 1 || node.once {
            node.ports = Some(
                service
                    .ports
                    .iter()
                    .filter_map(|port| service.port_name(port.container))
                    .collect(),
            );
        }
        for port in &service.ports {
            let Some(name) = service.port_name(port.container) else {
                continue;
            };
            if !told {
                node.fixed_ports.insert(name.clone(), port.container);
            }
            if let Some(published) = port.published.filter(|number| told || *number != port.container) {
                node.public_ports.insert(name, published);
            }
        }
        if !told {
            node.comments.push(
                "Its port is fixed; if the program takes it from a variable or an argument, give ${port} there \
                 instead."
                    .to_owned(),
            );
        }
    }

    fn depends(&self, service: &Service, node: &mut Node, lost: &mut Vec<String>) {
        let named: Vec<&str> = match &service.written["depends_on"] {
            Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
            Value::Object(names) => names.keys().map(String::as_str).collect(),
            _ => Vec::new(),
        };
        for name in named {
            match self.services.get(name) {
                Some(other) if !node.needs.contains(&other.node) => node.needs.push(other.node.clone()),
                Some(_) => {}
                None => lost.push(format!("`depends_on` {name}, which is no service of this file")),
            }
        }
    }

    /// Instances, restarts and end.
    fn life(&self, written: &Value, node: &mut Node, lost: &mut Vec<String>) {
        let replicas = [&written["deploy"]["replicas"], &written["scale"]]
            .into_iter()
            .find_map(Value::as_u64);
        match replicas {
            None | Some(1) => {}
            Some(count @ 2..=100) if node.fixed_ports.is_empty() => node.instances = u16::try_from(count).ok(),
            Some(count) => lost.push(format!(
                "{count} instances: they can't share a fixed port, and 100 are the most"
            )),
        }
        match written["restart"].as_str() {
            None | Some("no") => {}
            Some(policy) => match policy.strip_prefix("on-failure") {
                Some(limit) => node.restarts = Some(limit.trim_start_matches(':').parse().unwrap_or(3)),
                None => lost.push(format!(
                    "restart {policy}: a death is a finding here; `restart` allows some"
                )),
            },
        }
        let signal = written["stop_signal"]
            .as_str()
            .map(|signal| signal.trim_start_matches("SIG"));
        match signal {
            Some("TERM" | "INT" | "QUIT" | "HUP" | "USR1" | "USR2" | "KILL") => {
                node.stop_signal = signal.map(str::to_owned);
            }
            Some(other) => lost.push(format!("stop_signal {other}")),
            None => {}
        }
        node.stop_within_ms = written["stop_grace_period"].as_str().and_then(milliseconds);
        if !written["volumes"].is_null() {
            lost.push("`volumes`: it sees the files of this machine; `data` is a folder that outlives runs".to_owned());
        }
    }
}

/// Folder from which an image is built.
fn context(written: &Value) -> Option<&str> {
    let context = written["build"]
        .as_str()
        .or_else(|| written["build"]["context"].as_str());
    context.filter(|context| !context.contains("://"))
}

/// Variables of a service, each with its value unless it passes through.
fn environment(written: &Value) -> BTreeMap<String, Option<String>> {
    let text = |value: &Value| match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    };
    match written {
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), text(value))).collect(),
        Value::Array(lines) => lines
            .iter()
            .filter_map(Value::as_str)
            .map(|line| match line.split_once('=') {
                Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
                None => (line.to_owned(), None),
            })
            .collect(),
        _ => BTreeMap::new(),
    }
}
