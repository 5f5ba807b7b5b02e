//! Turns a file as written into a topology whose names all refer to something.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use toml::Spanned;

use super::{
    Backend, Endpoint, Flaw, Node, Secrets, Topology, TopologyError, assemble, backend,
    file::{NodeTable, TopologyFile},
    fill::Scope,
    names::Names,
    order,
    sources::Sources,
};

/// Bytes of a name, as in a label of DNS: names become parts of paths, which have limits of their own.
const LONGEST_NAME: usize = 63;
pub(super) const BUILT_IN: [&str; 7] = ["data", "env", "host", "instance", "link", "node", "port"];

/// A flaw with its position in the file, in bytes.
pub(super) type Located = (usize, Flaw);

/// Reads a topology with all that it includes. `Err` holds every flaw that was found, at least one.
pub(super) fn resolve(
    text: &str,
    file: &Path,
    chosen: Backend,
    overrides: &[(String, String)],
) -> Result<Topology, Vec<TopologyError>> {
    let (sources, mut written) = Sources::read(text, file).map_err(|error| vec![error])?;
    let any_node = !written.node.is_empty();
    let mut flaws = backend::choose(&mut written, chosen);
    if any_node && written.node.is_empty() {
        flaws.push((0, Flaw::NoNodesOn(chosen)));
    }
    for (name, value) in overrides {
        match written.variables.get_mut(name) {
            Some(variable) => *variable = Spanned::new(variable.span(), value.clone()),
            None => {
                let known = written.variables.into_keys().collect();
                return Err(vec![TopologyError::UnknownOverride {
                    file: file.to_owned(),
                    name: name.clone(),
                    known,
                }]);
            }
        }
    }
    let flawed = |flaws: Vec<Located>| {
        let error = |(at, flaw)| sources.flawed(at, flaw);
        flaws.into_iter().map(error).collect::<Vec<_>>()
    };
    if !flaws.is_empty() {
        return Err(flawed(flaws));
    }
    let (nodes, roles, profiles, secrets) = check(&written, &sources).map_err(flawed)?;
    Ok(Topology {
        name: written.name.map(Spanned::into_inner).unwrap_or_default(),
        file: file.to_owned(),
        backend: chosen,
        roles,
        nodes,
        profiles,
        secrets,
    })
}

type Checked = (
    Vec<Node>,
    BTreeMap<String, Endpoint>,
    BTreeMap<String, Vec<String>>,
    Secrets,
);

fn check(written: &TopologyFile, sources: &Sources) -> Result<Checked, Vec<Located>> {
    let mut flaws = Vec::new();
    match &written.name {
        Some(name) => keep(
            &mut flaws,
            fit(name.get_ref()).map_err(|flaw| (name.span().start, flaw)),
        ),
        None => keep(&mut flaws, Err((0, Flaw::NoName))),
    };
    if written.node.is_empty() {
        flaws.push((0, Flaw::NoNodes));
    }
    for (name, value) in &written.variables {
        if BUILT_IN.contains(&name.as_str()) {
            flaws.push((value.span().start, Flaw::BuiltInVariable(name.clone())));
        }
    }
    let mut names = Names {
        ports: BTreeMap::new(),
        variables: &written.variables,
        secret: written.secret.iter().map(|name| name.get_ref().as_str()).collect(),
    };
    for (name, table) in &written.node {
        keep(&mut flaws, fit(name).map_err(|flaw| (table.span().start, flaw)));
        let ports = keep(&mut flaws, ports(name, table));
        // As written, so that a flawed port does not make every use of it another flaw.
        let written = || {
            table
                .get_ref()
                .ports
                .iter()
                .flatten()
                .map(|port| port.get_ref().clone())
        };
        names
            .ports
            .insert(name.clone(), ports.unwrap_or_else(|| written().collect()));
    }
    let secrets = keep(&mut flaws, secrets(written, &names)).unwrap_or_default();
    let mut tables: Vec<_> = written.node.iter().collect();
    tables.sort_by_key(|(_, table)| table.span().start);
    let mut nodes = Vec::new();
    for (name, table) in &tables {
        nodes.extend(assemble::nodes(&names, name, table, sources, &mut flaws));
    }
    let roles = keep(&mut flaws, roles(written, &names)).unwrap_or_default();
    let profiles = profiles(written, &names, &mut flaws);
    keep(&mut flaws, unique(&nodes, written));
    flaws.sort_by_key(|(at, _)| *at);
    // Last, as it is a flaw of several lines.
    if let Some(path) = order::cycle(&nodes) {
        let at = written.node.get(&path[0]).map_or(0, |table| table.span().start);
        flaws.push((at, Flaw::Cycle { path }));
    }
    if flaws.is_empty() {
        return Ok((nodes, roles, profiles, secrets));
    }
    Err(flaws)
}

/// Notes a flaw, if there is one.
pub(super) fn keep<T>(flaws: &mut Vec<Located>, result: Result<T, Located>) -> Option<T> {
    result.map_err(|flaw| flaws.push(flaw)).ok()
}

/// Refuses two nodes with one name, such as `web-2` beside the second instance of `web`, or one folder for data.
fn unique(nodes: &[Node], written: &TopologyFile) -> Result<(), Located> {
    let at = |node: &Node| written.node.get(&node.service).map_or(0, |table| table.span().start);
    let (mut names, mut folders) = (BTreeSet::new(), BTreeSet::new());
    for node in nodes {
        if !names.insert(&node.name) || (node.name != node.service && written.node.contains_key(&node.name)) {
            return Err((at(node), Flaw::SameName(node.name.clone())));
        }
        if let Some(data) = node.data.as_ref().filter(|data| !folders.insert(*data)) {
            return Err((at(node), Flaw::SameData(data.clone())));
        }
    }
    Ok(())
}

/// Values of the secret variables.
fn secrets(written: &TopologyFile, names: &Names<'_>) -> Result<Secrets, Located> {
    let scope = Scope::new(names, "", &[]);
    let value = |name: &Spanned<String>| {
        let at = |flaw| (name.span().start, flaw);
        let known = || names.variables.keys().cloned().collect();
        let value = names.variables.get(name.get_ref()).ok_or_else(|| {
            at(Flaw::UnknownSecret {
                name: name.get_ref().clone(),
                known: known(),
            })
        })?;
        let text = scope.template(value).ok().and_then(|template| template.text());
        let text = text.ok_or_else(|| at(Flaw::SecretIsPlace(name.get_ref().clone())))?;
        Ok((name.get_ref().clone(), text))
    };
    written
        .secret
        .iter()
        .map(value)
        .collect::<Result<Vec<_>, _>>()
        .map(Secrets::new)
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

/// Nodes of each profile.
fn profiles(written: &TopologyFile, names: &Names<'_>, flaws: &mut Vec<Located>) -> BTreeMap<String, Vec<String>> {
    let mut profiles = BTreeMap::new();
    for (name, table) in &written.profile {
        let at = table.span().start;
        keep(flaws, fit(name).map_err(|flaw| (at, flaw)));
        let nodes = &table.get_ref().nodes;
        if nodes.is_empty() {
            flaws.push((at, Flaw::EmptyProfile(name.clone())));
        }
        for node in nodes {
            let known = names.ports_of(node.get_ref());
            keep(flaws, known.map_err(|flaw| (node.span().start, flaw)));
        }
        let nodes = nodes.iter().map(|node| node.get_ref().clone());
        profiles.insert(name.clone(), nodes.collect());
    }
    profiles
}

pub(super) fn fit(name: &str) -> Result<(), Flaw> {
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

pub(super) fn once<'a>(
    node: &str,
    what: &'static str,
    names: impl Iterator<Item = &'a Spanned<String>>,
) -> Result<(), Located> {
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
