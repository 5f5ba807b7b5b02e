//! Nodes from the services of a compose file.

mod health;
mod ports;
mod service;
mod text;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use regex::Regex;
use serde_json::{Map, Value};

use super::draft::{Draft, Node, fit_name};
use ports::Port;
use service::Service;
use text::Addresses;

/// Sections of a compose file beside `services` that say nothing which a topology needs.
const PASSED_OVER: [&str; 3] = ["version", "name", "services"];

/// All services of a file, before each becomes a node.
struct Project {
    /// Folder of the compose file.
    folder: PathBuf,
    /// Folder in which the topology will be.
    topologies: PathBuf,
    services: BTreeMap<String, Service>,
}

/// Reads a compose file as the draft of a topology that will be in the folder `topologies`.
///
/// # Errors
/// When it can't be read, is not YAML, or has no services.
pub(super) fn draft(file: &Path, topologies: &Path) -> Result<Draft, String> {
    let text = fs::read_to_string(file).map_err(|error| format!("cannot read {}: {error}", file.display()))?;
    let read: Value =
        serde_saphyr::from_str(&text).map_err(|error| format!("{} is not YAML: {error}", file.display()))?;
    let services = read["services"].as_object().filter(|services| !services.is_empty());
    let services = services.ok_or_else(|| format!("{} has no services, so it is no compose file", file.display()))?;
    let mut lost: Vec<String> = Vec::new();
    let sections = read.as_object().into_iter().flat_map(Map::keys);
    for section in sections.filter(|key| !PASSED_OVER.contains(&key.as_str()) && !key.starts_with("x-")) {
        lost.push(format!("the section `{section}`: `local` has nothing of the kind"));
    }
    let variables = file.with_file_name(".env");
    if variables.is_file() {
        lost.push(format!(
            "{}, from which compose fills in variables: have them in the environment of `seam`",
            variables.display()
        ));
    }
    let project = Project {
        folder: absolute(file.parent().unwrap_or(Path::new(""))),
        topologies: absolute(topologies),
        services: named(services),
    };
    let mut nodes: Vec<Node> = Vec::new();
    for (name, service) in &project.services {
        let (node, said) = project.node(name, service);
        nodes.push(node);
        lost.extend(said);
    }
    settle(&mut nodes, &mut lost);
    Ok(Draft { nodes, lost })
}

/// The services by their names, each with the name of its node and its ports.
fn named(services: &Map<String, Value>) -> BTreeMap<String, Service> {
    let mut taken = Vec::new();
    let mut all = BTreeMap::new();
    for (name, value) in services {
        let node = fit_name(name, &taken);
        taken.push(node.clone());
        all.insert(name.clone(), Service::new(node, value.clone()));
    }
    let texts: Vec<String> = services.values().map(Value::to_string).collect();
    for (name, service) in &mut all {
        if service.ports.is_empty() {
            service.ports = ports_in_texts(name, &texts);
        }
        if service.ports.is_empty() {
            service.ports.extend(service.usual_port());
        }
        // Those that wait for an end wait for a program that runs once.
        let waits_for_end = |other: &Value| other["depends_on"][name]["condition"] == "service_completed_successfully";
        service.once = services.values().any(waits_for_end);
    }
    all
}

/// Ports at which others name a service that does not list any.
fn ports_in_texts(name: &str, texts: &[String]) -> Vec<Port> {
    let Ok(uses) = Regex::new(&format!(r#"(?:["/@\s,;=]){}:(\d{{2,5}})\b"#, regex::escape(name))) else {
        return Vec::new();
    };
    let mut ports: Vec<Port> = Vec::new();
    for found in texts.iter().flat_map(|text| uses.captures_iter(text)) {
        let Ok(container) = found[1].parse() else { continue };
        // An image is written with a colon too.
        if !found[0].starts_with('"') && !ports.iter().any(|port| port.container == container) {
            ports.push(Port {
                container,
                published: None,
            });
        }
    }
    ports
}

impl Project {
    /// What each service is called by others, for texts.
    fn addresses(&self) -> Addresses {
        let of = |service: &Service| {
            let several = service.ports.len() > 1 && !service.is_elsewhere();
            let link = |port: &Port| {
                let node = &service.node;
                let link = if several {
                    format!("${{link.{node}.{}}}", port_name(*port))
                } else {
                    format!("${{link.{node}}}")
                };
                (port.container, link)
            };
            let ports = service.ports.iter();
            let most = if service.is_elsewhere() { 1 } else { ports.len() };
            ports.take(most).map(link).collect()
        };
        self.services
            .iter()
            .map(|(name, service)| (name.clone(), of(service)))
            .collect()
    }

    /// A path of the compose file as the topology writes it.
    fn path(&self, path: &str) -> String {
        relative(&self.topologies, &self.folder.join(path))
    }
}

/// Name of one of several ports.
fn port_name(port: Port) -> String {
    format!("p{}", port.container)
}

/// Takes nodes that are not written out of the needs and links of others, and keeps two programs from one port.
fn settle(nodes: &mut [Node], lost: &mut Vec<String>) {
    let written: Vec<String> = nodes
        .iter()
        .filter(|node| node.is_written())
        .map(|node| node.name.clone())
        .collect();
    let mut numbers: BTreeMap<u16, String> = BTreeMap::new();
    for node in nodes.iter_mut().filter(|node| node.is_written()) {
        let name = node.name.clone();
        for list in [&mut node.needs, &mut node.links] {
            list.retain(|other| {
                let stays = written.contains(other);
                if !stays {
                    lost.push(format!("{name} depends on {other}, which is not a node yet"));
                }
                stays
            });
        }
        node.links.retain(|other| !node.needs.contains(other));
        for number in node.fixed_ports.values() {
            if let Some(other) = numbers.insert(*number, name.clone()) {
                let line = format!("{name} and {other} both listen on port {number}; give one of them another");
                node.comments.push(line.clone());
                lost.push(line);
            }
        }
    }
    for node in nodes.iter_mut() {
        let name = node.name.clone();
        node.public_ports.retain(|_, number| {
            let taken = numbers.get(number).cloned();
            if let Some(other) = &taken {
                lost.push(format!(
                    "{name} is published at {number}, where the program of {other} listens"
                ));
            }
            numbers.entry(*number).or_insert_with(|| name.clone());
            taken.is_none()
        });
    }
}

/// A path without `.` and `..`, from the root.
fn absolute(path: &Path) -> PathBuf {
    let path = std::path::absolute(if path.as_os_str().is_empty() {
        Path::new(".")
    } else {
        path
    });
    plain(&path.unwrap_or_default())
}

fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::ParentDir => drop(plain.pop()),
            std::path::Component::CurDir => {}
            other => plain.push(other),
        }
    }
    plain
}

/// The way from a folder to a path; both are absolute.
fn relative(from: &Path, to: &Path) -> String {
    let to = plain(to);
    let common = from
        .components()
        .zip(to.components())
        .take_while(|(one, other)| one == other)
        .count();
    let up = from.components().skip(common).map(|_| "..".to_owned());
    let down = to
        .components()
        .skip(common)
        .map(|part| part.as_os_str().to_string_lossy().into_owned());
    let way: Vec<String> = up.chain(down).collect();
    if way.is_empty() { ".".to_owned() } else { way.join("/") }
}
