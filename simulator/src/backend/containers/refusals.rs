//! Nodes that can't run in a container, said before anything starts.

use crate::{
    backend::UpError,
    topology::{Node, Program, Topology},
};

/// Refuses a topology that has a node which no container can run.
///
/// # Errors
/// When there is one; the first in the order of the topology.
pub(super) fn check(topology: &Topology) -> Result<(), UpError> {
    for node in topology.nodes() {
        if let Some(reason) = refusal(node) {
            return Err(UpError::NotOnBackend {
                node: node.name.clone(),
                backend: topology.backend(),
                reason,
            });
        }
    }
    Ok(())
}

fn refusal(node: &Node) -> Option<String> {
    match (&node.program, &node.image) {
        (Program::Outside { .. }, _) => return None,
        (Program::Command { .. }, None) => {
            return Some(
                "its `command` is a program of this machine, which a container does not have; give it an `image` that \
                 has it, or leave it out here with backend = \"local\""
                    .to_owned(),
            );
        }
        _ => {}
    }
    if node.folder.is_some() {
        return Some(
            "it has a `folder` of this machine, which a container does not have; give its image `files`, or leave the \
             folder out"
                .to_owned(),
        );
    }
    if let Some(data) = &node.data {
        return Some(format!(
            "its data \"{data}\" is to outlive the run, and what a container has written goes with the run; leave \
             `data` out, or run on the backend local"
        ));
    }
    let named = node.env.iter().map(|(name, value)| (name.as_str(), value));
    let args = node.args.iter().map(|arg| ("args", arg));
    let (place, _) = named.chain(args).find(|(_, text)| text.listens_on_loopback())?;
    Some(format!(
        "its {place} has it listen on the loopback of its container, where nobody reaches it; write ${{host}} for the \
         address, which is 127.0.0.1 on the backend local"
    ))
}
