//! Dependencies are compiled once: the commands of README.md, and `seam` when it builds nodes, select the same
//! features.

use std::{
    collections::BTreeSet,
    process::{Command, Stdio},
};

use simulator::backend::package_variables;

use crate::workspace::root;

/// The nodes of the platform's topologies.
const NODES: [&str; 8] = [
    "orders",
    "payments",
    "inventory",
    "notifications",
    "monolith",
    "payment-provider",
    "mail-sink",
    "push-sink",
];

/// Files of compiled dependencies that a cargo command uses. Cargo puts a hash into each name that differs with
/// the features.
fn dependencies(arguments: &[&str]) -> BTreeSet<String> {
    let mut cargo = Command::new(env!("CARGO"));
    for name in package_variables() {
        cargo.env_remove(name);
    }
    cargo.args(arguments).args(["--locked", "--message-format", "json"]);
    let output = cargo.current_dir(root()).stdin(Stdio::null()).output();
    let output = output.expect("cargo starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo {arguments:?} fails:\n{said}");
    let messages = String::from_utf8_lossy(&output.stdout).into_owned();
    let messages = messages.lines().map(serde_json::from_str::<serde_json::Value>);
    let artifacts = messages
        .map(|message| message.expect("cargo prints JSON"))
        .filter(|message| {
            let package = message["package_id"].as_str().unwrap_or_default();
            message["reason"] == "compiler-artifact" && package.starts_with("registry+")
        });
    let files = artifacts.flat_map(|artifact| artifact["filenames"].as_array().cloned().unwrap_or_default());
    files.filter_map(|file| file.as_str().map(str::to_owned)).collect()
}

/// The second command reuses what the first compiled where both name the same files, whichever of them runs first.
#[test]
fn no_command_compiles_a_dependency_that_the_tests_do_not_use_as_it_is() {
    let tests = dependencies(&["test", "--workspace", "--no-run"]);
    let mut nodes = vec!["build", "--workspace"];
    nodes.extend(NODES.iter().flat_map(|bin| ["--bin", bin]));
    for arguments in [&["build", "--bin", "seam"][..], &nodes] {
        let used = dependencies(arguments);
        assert!(
            used.len() > 100,
            "cargo {arguments:?} names {} dependencies; is its JSON read right?",
            used.len()
        );
        let other: Vec<&String> = used.difference(&tests).collect();
        assert!(
            other.is_empty(),
            "cargo {arguments:?} compiles {} dependencies that the tests compile with other features; give `tests` the \
             features that dev-dependencies add, as a plain dependency:\n{other:#?}",
            other.len()
        );
    }
}
