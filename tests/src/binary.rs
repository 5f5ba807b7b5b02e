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

/// The monolith in a build that has these modules alone beside orders, in a folder of its own.
///
/// # Panics
/// If cargo can't build it.
pub fn monolith_with(modules: &[&str]) -> Command {
    let features = modules.join(",");
    let arguments = [
        "--package",
        "monolith",
        "--no-default-features",
        "--features",
        &features,
    ];
    built_beside("without-modules", "monolith", &arguments)
}

/// A service with its fail points, in the folder in which `seam` builds it so.
///
/// # Panics
/// If cargo can't build it.
pub fn with_fail_points(service: &str) -> Command {
    built_beside(
        "fail-points",
        service,
        &["--workspace", "--features", "shared/fail-points"],
    )
}

/// A binary in another build than the usual one, in a folder of its own below the target folder: neither build takes
/// the other's place. What is compiled on the way is shared with all others.
fn built_beside(folder: &str, bin: &str, arguments: &[&str]) -> Command {
    let (target, shared) = folders();
    let own = target.join(folder).display().to_string();
    let arguments = [arguments, &["--target-dir", &own]].concat();
    let mut command = Command::new(built(bin, &arguments, Some(shared)));
    command.current_dir(workspace()).stdin(Stdio::null());
    command
}

/// The folders of what cargo gives and of what it compiles. Before 1.91 they are one.
fn folders() -> (PathBuf, PathBuf) {
    let mut cargo = cargo();
    cargo.args(["metadata", "--no-deps", "--format-version", "1"]);
    let output = cargo.output().expect("cargo starts");
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("cargo prints JSON");
    let target = &metadata["target_directory"];
    let compiled = metadata["build_directory"].as_str().or(target.as_str());
    let folder = |path: Option<&str>| PathBuf::from(path.expect("cargo names its folders"));
    (folder(target.as_str()), folder(compiled))
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

fn cargo() -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    for name in package_variables() {
        cargo.env_remove(name);
    }
    cargo.current_dir(workspace());
    cargo
}

fn build(bin: &str) -> PathBuf {
    // The whole workspace, as `seam` itself builds nodes: a single package selects other features and rebuilds
    // its dependencies.
    built(bin, &["--workspace"], None)
}

/// Builds a binary with these arguments of cargo. What is compiled on the way goes to the folder `shared`, if there is
/// one.
fn built(bin: &str, arguments: &[&str], shared: Option<PathBuf>) -> PathBuf {
    let mut cargo = cargo();
    cargo.args(["build", "--locked", "--bin", bin, "--message-format", "json"]);
    cargo.args(arguments);
    if !cfg!(debug_assertions) {
        cargo.arg("--release");
    }
    if let Some(shared) = shared {
        cargo.env("CARGO_BUILD_BUILD_DIR", shared);
    }
    let output = cargo.output().expect("cargo starts");
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
