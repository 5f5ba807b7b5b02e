use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use seam::meter::ProcessFigures;
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    address::address,
    file::ScoreFile,
    measured::{ratio, requests},
};
use crate::{
    exit,
    topology::{Node, PlaceholderValues, Program, Topology},
};

/// Links in a row on which a request may wait.
const LONGEST: usize = 2;
/// Share of requests, in percent, from which a module is taken to ask another one on every request.
const EVERY: f64 = 90.0;
/// Beginnings of texts that are addresses of databases.
const DATABASES: [&str; 7] = [
    "sqlite:",
    "postgres:",
    "postgresql:",
    "mysql:",
    "mariadb:",
    "mongodb:",
    "mongodb+srv:",
];

/// The findings of a lint, and what it looked at.
#[derive(Debug, Default)]
pub(super) struct Lint {
    findings: Vec<Finding>,
    looked: Vec<String>,
    not_looked: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Finding {
    kind: &'static str,
    what: String,
    mend: &'static str,
}

impl Lint {
    pub(super) fn code(&self) -> u8 {
        match (self.findings.is_empty(), self.looked.is_empty()) {
            (false, _) => exit::FAIL,
            (true, false) => exit::PASS,
            (true, true) => exit::INCONCLUSIVE,
        }
    }

    pub(super) fn text(&self) -> String {
        let findings = self
            .findings
            .iter()
            .map(|it| format!("{}: {}; {}\n", it.kind, it.what, it.mend));
        let looked = self.looked.iter().map(|it| format!("looked at {it}\n"));
        let not_looked = self.not_looked.iter().map(|it| format!("did not look at {it}\n"));
        let end = match (self.findings.len(), self.looked.is_empty()) {
            (0, true) => "nothing could be looked at\n".to_owned(),
            (0, false) => "nothing that makes a distributed monolith was found\n".to_owned(),
            (1, _) => "1 finding\n".to_owned(),
            (count, _) => format!("{count} findings\n"),
        };
        findings.chain(looked).chain(not_looked).chain([end]).collect()
    }

    pub(super) fn json(&self) -> Value {
        json!({ "findings": self.findings, "looked_at": self.looked, "not_looked_at": self.not_looked })
    }
}

/// Looks for what makes a distributed monolith, in a topology and in what was measured.
///
/// # Errors
/// When the file speaks of a link that the topology does not have.
pub(super) fn lint(
    topology: Option<&Topology>,
    file: Option<&ScoreFile>,
    figures: Option<&ProcessFigures>,
) -> Result<Lint, String> {
    let mut lint = Lint::default();
    match topology {
        None => lint
            .not_looked
            .push("databases and links: no topology is named".to_owned()),
        Some(topology) => {
            databases(topology, &mut lint);
            chains(topology, file, &mut lint)?;
        }
    }
    match figures {
        None => lint
            .not_looked
            .push("requests: give --url of a running process".to_owned()),
        Some(figures) => asked_on_every_request(figures, &mut lint),
    }
    Ok(lint)
}

/// Finds databases that two services open. Instances of one service, and nodes of one program, share theirs rightly.
fn databases(topology: &Topology, lint: &mut Lint) {
    let mut owners = BTreeMap::<String, Vec<&Node>>::new();
    for node in topology.nodes() {
        for text in addresses(node) {
            let nodes = owners.entry(address(&text)).or_default();
            if !nodes.iter().any(|known| known.service == node.service) {
                nodes.push(node);
            }
        }
    }
    let services: BTreeSet<&str> = owners.values().flatten().map(|node| node.service.as_str()).collect();
    if services.len() < 2 {
        let reason = format!(
            "databases: {} of the services have the address of one, wanted 2",
            services.len()
        );
        return lint.not_looked.push(reason);
    }
    let mut told = 0;
    for (shown, nodes) in &owners {
        let names: Vec<&str> = nodes.iter().map(|node| node.service.as_str()).collect();
        let (names, is_shared) = (
            names.join(" and "),
            nodes.iter().any(|other| !same_program(nodes[0], other)),
        );
        let shown = topology.secrets().hide(shown);
        // Each program fills in the rest of such an address, or has a database of that name in its own memory.
        let is_told = !shown.contains(['{', '}']) && !shown.contains(":memory:");
        if is_shared && !is_told {
            let reason = format!("what {names} fill into the address of their databases themselves, {shown}");
            lint.not_looked.push(reason);
            continue;
        }
        told += 1;
        if is_shared {
            lint.findings.push(Finding {
                kind: "shared tables",
                what: format!("{names} use one database, {shown}"),
                mend: "give each its own database, or its own role and schema, and have them ask each other",
            });
        }
    }
    if told > 0 {
        lint.looked
            .push(format!("the databases of {} services", services.len()));
    }
}

/// Settings and arguments of a node that are addresses of databases, with its own folder and ports filled in.
fn addresses(node: &Node) -> Vec<String> {
    let data = Path::new("/").join(&node.service);
    let ports = BTreeMap::new();
    let links = node.links.iter().map(|link| (link.clone(), link.to_string())).collect();
    let values = PlaceholderValues {
        data: &data,
        host: "127.0.0.1",
        ports: &ports,
        links: &links,
    };
    let texts = node.env.values().chain(&node.args).map(|text| text.render(&values));
    texts
        .map(|text| text.trim().to_owned())
        .filter(|text| DATABASES.iter().any(|scheme| text.starts_with(scheme)))
        .collect()
}

fn same_program(one: &Node, other: &Node) -> bool {
    if one.service == other.service {
        return true;
    }
    match (&one.program, &other.program) {
        (
            Program::Cargo { package, bin, .. },
            Program::Cargo {
                package: other,
                bin: bin_of_other,
                ..
            },
        ) => package == other && bin == bin_of_other,
        _ => false,
    }
}

/// Finds links in a row that are longer than a request should wait on, each once and in full length.
fn chains(topology: &Topology, file: Option<&ScoreFile>, lint: &mut Lint) -> Result<(), String> {
    let mut callees = BTreeMap::<String, BTreeSet<String>>::new();
    for node in topology.nodes() {
        let others = node.links.iter().map(|link| link.node.clone());
        let others = others.filter(|callee| *callee != node.service);
        callees.entry(node.service.clone()).or_default().extend(others);
    }
    for link in declared(topology, file, lint) {
        let (caller, callee) = link.split_once("->").unwrap_or_default();
        let (caller, callee) = (caller.trim(), callee.trim());
        if !callees.get_mut(caller).is_some_and(|callees| callees.remove(callee)) {
            return Err(format!(
                "asynchronous.{link:?}: the topology {} has no such link; remove the line, or correct it",
                topology.name()
            ));
        }
    }
    if callees.values().all(BTreeSet::is_empty) {
        lint.not_looked
            .push("chains of calls: no request waits on a link of the topology".to_owned());
        return Ok(());
    }
    let mut found = Vec::new();
    for caller in callees.keys() {
        extend(&mut vec![caller.as_str()], &callees, &mut found);
    }
    let is_part = |chain: &Vec<&str>| {
        found
            .iter()
            .any(|other| other.len() > chain.len() && holds(other, chain))
    };
    for chain in found.iter().filter(|chain| !is_part(chain)) {
        lint.findings.push(Finding {
            kind: "long chain",
            what: format!(
                "a request may wait on {} links: {}",
                chain.len() - 1,
                chain.join(" -> ")
            ),
            mend: "have one of them follow events instead (then enter it under [asynchronous] in score.toml), or keep \
                   a copy of what it asks for",
        });
    }
    lint.looked.push("chains of calls".to_owned());
    Ok(())
}

/// The links on which no request waits, if the file has any of this topology. Those of another one are not looked at,
/// and that is said.
fn declared<'a>(topology: &Topology, file: Option<&'a ScoreFile>, lint: &mut Lint) -> impl Iterator<Item = &'a String> {
    let file = file.filter(|file| !file.asynchronous.is_empty());
    let declared = file.filter(|file| is_about(file, topology));
    if let (Some(file), None) = (file, declared) {
        lint.not_looked.push(format!(
            "[asynchronous], whose links are of {}, and not of {}",
            file.topology.as_deref().unwrap_or_default(),
            topology.name()
        ));
    }
    declared.into_iter().flat_map(|file| file.asynchronous.keys())
}

/// True if the links that the file speaks of are those of this topology.
fn is_about(file: &ScoreFile, topology: &Topology) -> bool {
    let named = file.topology.as_deref().unwrap_or_default();
    named == topology.name() || Path::new(named).file_stem() == topology.file().file_stem()
}

/// Collects every way from the end of `way` that comes to no node twice, and is too long.
fn extend<'a>(way: &mut Vec<&'a str>, callees: &'a BTreeMap<String, BTreeSet<String>>, found: &mut Vec<Vec<&'a str>>) {
    let last = way.last().copied().unwrap_or_default();
    let mut is_end = true;
    for callee in callees.get(last).into_iter().flatten() {
        // A topology with very many ways has been found out long before the last of them.
        if !way.contains(&callee.as_str()) && found.len() < 1_000 {
            is_end = false;
            way.push(callee);
            extend(way, callees, found);
            way.pop();
        }
    }
    if is_end && way.len() > LONGEST + 1 {
        found.push(way.clone());
    }
}

fn holds(longer: &[&str], chain: &[&str]) -> bool {
    longer.windows(chain.len()).any(|part| part == chain)
}

/// Finds pairs of modules of which one asks the other on nearly every request.
fn asked_on_every_request(figures: &ProcessFigures, lint: &mut Lint) {
    let all = match requests(figures) {
        Ok(all) => all,
        Err(reason) => return lint.not_looked.push(format!("requests: {reason}")),
    };
    for meter in &figures.meters {
        let share = 100.0 * ratio(meter.requests, all);
        if share >= EVERY {
            lint.findings.push(Finding {
                kind: "asked on every request",
                what: format!(
                    "{} asks {} on {:.0} % of {all} requests",
                    meter.from,
                    meter.to,
                    share.min(100.0)
                ),
                mend: "as a service of its own it would take everything down with it: keep it in the process, or have \
                       its callers keep a copy",
            });
        }
    }
    lint.looked.push(format!("{all} requests"));
}
