//! Faults that a topology can bear on its backend. `simulator/FAULTS.md` has the same table.

use faults::LayError;

use crate::{
    steps::{Fault, FaultKind, LinkFault, Support, Target},
    topology::{Backend, Link, Node, Program, Topology},
};

/// Says if a fault can be laid on a topology, before anything of it runs.
pub(crate) fn support(topology: &Topology, fault: &Fault) -> Support {
    match &fault.target {
        Target::Node(role) => match topology.node_for(role) {
            Some(node) => of_node(topology, role, fault.kind, node),
            None => Support::Refused(format!(
                "topology {} has no node or role {role:?}; known are {}",
                topology.name(),
                topology.roles().join(", ")
            )),
        },
        Target::Link(_) | Target::Partition(..) => match links_of(topology, fault)
            .and_then(|links| fit(topology, links))
        {
            Err(reason) => Support::Refused(reason),
            Ok(_) if fault.kind == FaultKind::Partition => Support::Approximated(
                "new connections are accepted and stay silent, where a network would leave them without an answer to \
                 their first packet"
                    .to_owned(),
            ),
            Ok(_) => Support::Supported,
        },
    }
}

fn of_node(topology: &Topology, role: &str, kind: FaultKind, node: &Node) -> Support {
    let name = &node.name;
    let elsewhere = matches!(node.program, Program::Outside { .. });
    let refused = |reason: &str| Support::Refused(reason.to_owned());
    match kind {
        FaultKind::DiskFull if node.once => Support::Refused(format!(
            "node {name} runs once and has ended before the workload starts"
        )),
        FaultKind::DiskFull if topology.backend() == Backend::Containers && !elsewhere => {
            refused("the volume of a container has no limit here; run this on the backend local")
        }
        FaultKind::DiskFull if elsewhere || !cfg!(target_os = "linux") => refused(
            "only a process of this machine on Linux can be refused its writes from here; give the node a small file \
             system as its data folder, and fill that",
        ),
        FaultKind::DiskFull => Support::Approximated(
            "no write to a file succeeds, of its log too, nor over what is there; the error is EFBIG where a disk says \
             ENOSPC, and a program that has not set SIGXFSZ aside is ended by it"
                .to_owned(),
        ),
        FaultKind::DiskReadOnly => refused(
            "what a process has open stays writable for it here, whatever becomes of the permissions; give the node a \
             file system of its own, and mount that read-only",
        ),
        FaultKind::SlowDisk => refused(
            "a process can't be given a slow disk of its own here; lay latency on the link to its database, or pause \
             the node for a short time again and again (every, times)",
        ),
        FaultKind::ClockOffset => refused(
            "all processes of a machine share one clock; give the node an offset of its own in its settings, or run \
             it under a library such as libfaketime",
        ),
        FaultKind::Crash => of_crash(topology, role, node),
        FaultKind::Link | FaultKind::Partition => refused("it is a fault of links, not of a node"),
        _ if node.once => Support::Refused(format!(
            "node {name} runs once and has ended before the workload starts"
        )),
        FaultKind::Pause if elsewhere => Support::Refused(format!(
            "node {name} runs elsewhere and can't be paused from here; lay `timeout` on the links to it"
        )),
        FaultKind::Kill | FaultKind::Stop | FaultKind::Restart if elsewhere => {
            Support::Approximated(format!("node {name} runs elsewhere: only the way to it is cut"))
        }
        FaultKind::Kill | FaultKind::Pause | FaultKind::Stop | FaultKind::Restart => Support::Supported,
    }
}

/// Says if a node can be made to die at a point of its code. Its program is asked for its points later.
fn of_crash(topology: &Topology, role: &str, node: &Node) -> Support {
    let Node { name, service, .. } = node;
    let instances = topology.nodes().iter().filter(|other| other.service == *service);
    let several = instances.count() > 1 && role != *name;
    Support::Refused(match &node.program {
        _ if node.once => format!("node {name} runs once and has ended before the workload starts"),
        _ if node.image.is_some() && topology.backend() == Backend::Containers => {
            format!(
                "node {name} is an image, which has no fail points that are known here; run this on the backend local"
            )
        }
        Program::Image => format!("node {name} is an image, which has no fail points that are known here"),
        _ if several => format!("node {service} has several instances; name one of them, such as {name}"),
        Program::Outside { .. } => format!("node {name} runs elsewhere, where its code is out of reach"),
        Program::Cargo { fail_points: None, .. } => format!(
            "node {name} is built by cargo without fail points; name the feature that it has them with in its \
             topology, such as cargo = {{ package = \"{name}\", fail_points = \"fail-points\" }}"
        ),
        Program::Cargo { .. } | Program::Command { .. } => return Support::Supported,
    })
}

/// Refuses a fault that needs what the document of a callee does not have.
fn fit(topology: &Topology, links: Vec<(Link, &faults::Fault)>) -> Result<(), String> {
    for (link, laid) in links {
        let callee = topology.node(&link.endpoint.node);
        let operations = callee.and_then(|callee| callee.operations.as_deref());
        laid.fits(operations).map_err(|error| {
            let node = &link.endpoint.node;
            let way = match &error {
                LayError::Undescribed { .. } => format!("; give node {node} one, as openapi = \"FILE\""),
                _ => String::new(),
            };
            format!("{link}: {error}{way}")
        })?;
    }
    Ok(())
}

/// Every link of a topology with each fault that is to be laid on it, at least one. A partition needs no link in both
/// directions.
///
/// # Errors
/// When there is no such link; the text names those that there are.
pub(super) fn links_of<'f>(topology: &Topology, fault: &'f Fault) -> Result<Vec<(Link, &'f faults::Fault)>, String> {
    let mut found = Vec::new();
    let mut missing = None;
    for LinkFault { link, fault: laid } in &fault.links {
        match topology.links_called(link) {
            Ok(links) => found.extend(links.into_iter().map(|link| (link, laid))),
            Err(error) => missing = missing.or(Some(error.to_string())),
        }
    }
    match (&fault.target, missing) {
        (Target::Partition(one, other), None | Some(_)) if same(topology, one, other) => Err(format!(
            "{one} and {other} are one node of topology {}, which nothing separates",
            topology.name()
        )),
        (Target::Partition(..), Some(missing)) if found.is_empty() => Err(missing),
        (Target::Link(_) | Target::Node(_), Some(missing)) => Err(missing),
        _ => Ok(found),
    }
}

fn same(topology: &Topology, one: &str, other: &str) -> bool {
    match (topology.node_for(one), topology.node_for(other)) {
        (Some(one), Some(other)) => one.service == other.service,
        _ => false,
    }
}
