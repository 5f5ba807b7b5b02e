use std::{
    collections::BTreeMap,
    path::PathBuf,
    process::{Command, Output, Stdio},
    sync::Mutex,
};

use simulator::backend::package_variables;

/// The `seam` command: built by cargo in the profile of the test, run from the root of the workspace.
pub fn seam() -> Command {
    binary("seam")
}

/// A binary of the workspace: built by cargo in the profile of the test, run from the root of the workspace.
///
/// # Panics
/// If cargo can't build it, since the suite then has nothing to test.
pub fn binary(bin: &str) -> Command {
    static BUILT: Mutex<BTreeMap<String, PathBuf>> = Mutex::new(BTreeMap::new());
    let mut built = BUILT.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let path = built.entry(bin.to_owned()).or_insert_with(|| build(bin));
    let mut command = Command::new(path);
    command.current_dir(workspace()).stdin(Stdio::null());
    command
}

/// Asserts that the command exited with code 0.
///
/// # Panics
/// If it exited with another code; the message holds everything that it printed.
pub fn assert_passed(output: &Output) {
    let (said, progress) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert_eq!(output.status.code(), Some(0), "{said}\n{progress}");
}

fn workspace() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

fn build(bin: &str) -> PathBuf {
    let mut cargo = Command::new(env!("CARGO"));
    for name in package_variables() {
        cargo.env_remove(name);
    }
    // The whole workspace, as `seam` itself builds nodes: a single package selects other features and rebuilds
    // its dependencies.
    cargo.args([
        "build",
        "--locked",
        "--workspace",
        "--bin",
        bin,
        "--message-format",
        "json",
    ]);
    if !cfg!(debug_assertions) {
        cargo.arg("--release");
    }
    let output = cargo.current_dir(workspace()).output().expect("cargo starts");
    assert!(
        output.status.success(),
        "{bin} does not build:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter(|message| message["target"]["name"] == bin)
        .find_map(|message| message["executable"].as_str().map(PathBuf::from))
        .expect("cargo names the executable it built")
}
