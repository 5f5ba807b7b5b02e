//! Dependencies are compiled once: the commands of README.md, and `seam` when it builds nodes, select the same
//! features. So does `cargo build -p` of a service: the binary that is shipped is the one that was tested.

use std::{
    collections::BTreeSet,
    process::{Command, Stdio},
};

use simulator::backend::package_variables;

use crate::workspace::{root, rust_files};

/// The nodes of the platform's topologies.
const NODES: [&str; 9] = [
    "orders",
    "payments",
    "inventory",
    "notifications",
    "monolith",
    "payment-provider",
    "mail-sink",
    "push-sink",
    "database-locker",
];

/// The services, which are packages too.
const SERVICES: [&str; 5] = ["orders", "payments", "inventory", "notifications", "monolith"];

/// The output of a cargo command that may change no version.
fn cargo(arguments: &[&str]) -> String {
    let mut cargo = Command::new(env!("CARGO"));
    for name in package_variables() {
        cargo.env_remove(name);
    }
    let output = cargo
        .args(arguments)
        .arg("--locked")
        .current_dir(root())
        .stdin(Stdio::null())
        .output();
    let output = output.expect("cargo starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo {arguments:?} fails:\n{said}");
    String::from_utf8(output.stdout).expect("cargo prints UTF-8")
}

/// Files of compiled dependencies that a cargo command uses. Cargo puts a hash into each name that differs with
/// the features.
fn dependencies(arguments: &[&str]) -> BTreeSet<String> {
    let messages = cargo(&[arguments, &["--message-format", "json"]].concat());
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

/// The crates that a build of these packages compiles, each with its version and features.
fn crates(packages: &[&str]) -> BTreeSet<String> {
    let tree = [
        "tree",
        "--edges",
        "normal,build",
        "--prefix",
        "none",
        "--format",
        "{p} {f}",
    ];
    let lines = cargo(&[&tree[..], packages].concat());
    let crates = lines.lines().map(|line| line.trim_end_matches(" (*)").to_owned());
    crates.collect()
}

#[test]
fn a_service_that_is_built_alone_has_the_features_with_which_the_suites_run_it() {
    let tested = crates(&["--workspace"]);
    for service in SERVICES {
        let alone = crates(&["--package", service]);
        assert!(alone.len() > 100, "{service} names {} crates", alone.len());
        // `seam/testing` adds a module and changes no other, as the test below says.
        let is_other = |line: &&String| !tested.contains(*line) && !line.starts_with("seam v");
        let other: Vec<&String> = alone.iter().filter(is_other).collect();
        assert!(
            other.is_empty(),
            "`cargo build -p {service}` compiles these crates with other features than the suites run it with; \
             name the features that the suites add in services/unified/Cargo.toml:\n{other:#?}"
        );
    }
}

#[test]
fn the_feature_testing_adds_modules_and_changes_no_other_code() {
    let mut found = 0;
    for folder in ["contracts", "services"] {
        for file in rust_files(&root().join(folder)) {
            let text = std::fs::read_to_string(&file).expect("a source is UTF-8");
            let lines: Vec<&str> = text.lines().map(str::trim).collect();
            for (at, _) in lines
                .iter()
                .enumerate()
                .filter(|(_, line)| line.contains("feature = \"testing\""))
            {
                let next = lines.get(at + 1).copied().unwrap_or_default();
                let is_module = next.trim_start_matches("pub ").starts_with("mod ") && next.ends_with(';');
                let is_export = next.starts_with("pub use ") || next.starts_with("pub(crate) use ");
                assert!(
                    is_module || is_export,
                    "{}:{}: {next:?} is neither a module nor an export",
                    file.display(),
                    at + 2
                );
                found += 1;
            }
        }
    }
    assert!(
        found >= 3,
        "the feature is met {found} times; is it spelt otherwise now?"
    );
}
