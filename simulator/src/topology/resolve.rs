//! Turns a file as written into a topology whose names all refer to something.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use toml::Spanned;

use super::{
    Endpoint, Flaw, Node, Topology, TopologyError,
    file::{NodeTable, TopologyFile},
    fill::Scope,
    order,
};

/// Bytes of a name, as in a label of DNS: names become parts of paths, which have limits of their own.
const LONGEST_NAME: usize = 63;
const BUILT_IN: [&str; 4] = ["data", "node", "port", "link"];

/// A flaw with its position in the file, in bytes.
pub(super) type Located = (usize, Flaw);

pub(super) fn resolve(text: &str, file: &Path, overrides: &[(String, String)]) -> Result<Topology, TopologyError> {
    let mut written: TopologyFile = toml::from_str(text).map_err(|source| TopologyError::Syntax {
        file: file.to_owned(),
        source: Box::new(source),
    })?;
    for (name, value) in overrides {
        match written.variables.get_mut(name) {
            Some(variable) => *variable = Spanned::new(variable.span(), value.clone()),
            None => {
                let known = written.variables.into_keys().collect();
                return Err(TopologyError::UnknownOverride {
                    file: file.to_owned(),
                    name: name.clone(),
                    known,
                });
            }
        }
    }
    let (nodes, roles) = check(&written).map_err(|(at, flaw)| {
        let line = 1 + text.bytes().take(at).filter(|byte| *byte == b'\n').count();
        TopologyError::Flawed {
            file: file.to_owned(),
            line,
            flaw,
        }
    })?;
    Ok(Topology {
        name: written.name.into_inner(),
        file: file.to_owned(),
        roles,
        nodes,
    })
}

fn check(written: &TopologyFile) -> Result<(Vec<Node>, BTreeMap<String, Endpoint>), Located> {
    fit(written.name.get_ref()).map_err(|flaw| (written.name.span().start, flaw))?;
    if written.node.is_empty() {
        return Err((0, Flaw::NoNodes));
    }
    for (name, value) in &written.variables {
        if BUILT_IN.contains(&name.as_str()) {
            return Err((value.span().start, Flaw::BuiltInVariable(name.clone())));
        }
    }
    let mut names = Names {
        ports: BTreeMap::new(),
        variables: &written.variables,
    };
    for (name, table) in &written.node {
        fit(name).map_err(|flaw| (table.span().start, flaw))?;
        names.ports.insert(name.clone(), ports(name, table)?);
    }
    let mut tables: Vec<_> = written.node.iter().collect();
    tables.sort_by_key(|(_, table)| table.span().start);
    let nodes = tables
        .iter()
        .map(|(name, table)| names.node(name, table))
        .collect::<Result<Vec<_>, _>>()?;
    if let Some(path) = order::cycle(&nodes) {
        let at = written.node.get(&path[0]).map_or(0, |table| table.span().start);
        return Err((at, Flaw::Cycle { path }));
    }
    Ok((nodes, roles(written, &names)?))
}

fn roles(written: &TopologyFile, names: &Names<'_>) -> Result<BTreeMap<String, Endpoint>, Located> {
    let mut roles = BTreeMap::new();
    for (role, target) in &written.roles {
        let at = target.span().start;
        let (node, port) = match target.get_ref().split_once('.') {
            Some((node, port)) => (node, Some(port)),
            None => (target.get_ref().as_str(), None),
        };
        let endpoint = names.endpoint(node, port, node).map_err(|flaw| (at, flaw))?;
        if names.ports.contains_key(role) && *role != endpoint.node {
            return Err((
                at,
                Flaw::RoleIsNode {
                    role: role.clone(),
                    target: endpoint.to_string(),
                },
            ));
        }
        roles.insert(role.clone(), endpoint);
    }
    Ok(roles)
}

fn fit(name: &str) -> Result<(), Flaw> {
    let tail_fits = name
        .bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    let is_short = name.len() <= LONGEST_NAME;
    if is_short && tail_fits && name.starts_with(|first: char| first.is_ascii_lowercase()) {
        Ok(())
    } else {
        Err(Flaw::BadName {
            name: name.to_owned(),
            most: LONGEST_NAME,
        })
    }
}

fn ports(node: &str, table: &Spanned<NodeTable>) -> Result<Vec<String>, Located> {
    let Some(named) = &table.get_ref().ports else {
        // Nobody calls a program that has ended before its callers start.
        return Ok(if table.get_ref().once {
            Vec::new()
        } else {
            vec!["main".to_owned()]
        });
    };
    for port in named {
        fit(port.get_ref()).map_err(|flaw| (port.span().start, flaw))?;
    }
    once(node, "ports", named.iter())?;
    Ok(named.iter().map(|port| port.get_ref().clone()).collect())
}

fn once<'a>(node: &str, what: &'static str, names: impl Iterator<Item = &'a Spanned<String>>) -> Result<(), Located> {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name.get_ref()) {
            let flaw = Flaw::Doubled {
                node: node.to_owned(),
                what,
                name: name.get_ref().clone(),
            };
            return Err((name.span().start, flaw));
        }
    }
    Ok(())
}

/// Meanings of the names in a file.
pub(super) struct Names<'f> {
    pub(super) ports: BTreeMap<String, Vec<String>>,
    pub(super) variables: &'f BTreeMap<String, Spanned<String>>,
}

impl Names<'_> {
    fn node(&self, name: &str, spanned: &Spanned<NodeTable>) -> Result<Node, Located> {
        let table = spanned.get_ref();
        let linked = || table.needs.iter().chain(&table.links);
        once(name, "needs and links", linked())?;
        let mut links = Vec::new();
        for callee in linked() {
            let ports = self
                .ports_of(callee.get_ref())
                .map_err(|flaw| (callee.span().start, flaw))?;
            if ports.is_empty() && table.links.iter().any(|link| link.get_ref() == callee.get_ref()) {
                return Err((callee.span().start, Flaw::NoPort(callee.get_ref().clone())));
            }
            links.extend(ports.iter().map(|port| Endpoint {
                node: callee.get_ref().clone(),
                port: port.clone(),
            }));
        }
        let scope = Scope::new(self, name, &links);
        let program = scope.program(spanned)?;
        let args = scope.templates(&table.args)?;
        let env = table.env.iter();
        let env = env.map(|(key, value)| Ok((key.clone(), scope.template(value)?)));
        let env = env.collect::<Result<_, Located>>()?;
        Ok(Node {
            name: name.to_owned(),
            program,
            args,
            env,
            needs: table.needs.iter().map(|needed| needed.get_ref().clone()).collect(),
            ports: self
                .ports_of(name)
                .map_err(|flaw| (spanned.span().start, flaw))?
                .to_vec(),
            ready: scope.ready(table)?,
            once: table.once,
            links,
        })
    }

    pub(super) fn ports_of(&self, node: &str) -> Result<&[String], Flaw> {
        self.ports
            .get(node)
            .map(Vec::as_slice)
            .ok_or_else(|| Flaw::UnknownNode {
                name: node.to_owned(),
                known: self.ports.keys().cloned().collect(),
            })
    }

    pub(super) fn endpoint(&self, node: &str, port: Option<&str>, prefix: &str) -> Result<Endpoint, Flaw> {
        let ports = self.ports_of(node)?;
        let known = || ports.to_vec();
        let port = match (port, ports) {
            (Some(name), _) if ports.iter().any(|port| port == name) => name.to_owned(),
            (Some(name), _) => {
                return Err(Flaw::UnknownPort {
                    node: node.to_owned(),
                    name: name.to_owned(),
                    known: known(),
                });
            }
            (None, [only]) => only.clone(),
            (None, []) => return Err(Flaw::NoPort(node.to_owned())),
            (None, _) => {
                return Err(Flaw::WhichPort {
                    node: node.to_owned(),
                    prefix: prefix.to_owned(),
                    known: known(),
                });
            }
        };
        Ok(Endpoint {
            node: node.to_owned(),
            port,
        })
    }
}
