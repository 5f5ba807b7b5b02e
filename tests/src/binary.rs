use std::{
    path::PathBuf,
    process::{Command, Stdio},
    sync::OnceLock,
};

/// The `seam` command, built by cargo in the profile of the test, run from the root of the workspace.
///
/// # Panics
/// If cargo can't build it: the suite has nothing to test then.
pub fn seam() -> Command {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    let mut command = Command::new(BINARY.get_or_init(build));
    command.current_dir(workspace()).stdin(Stdio::null());
    command
}

fn workspace() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

fn build() -> PathBuf {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--locked", "--package", "simulator", "--bin", "seam", "--message-format", "json"]);
    if !cfg!(debug_assertions) {
        cargo.arg("--release");
    }
    let output = cargo.current_dir(workspace()).output().expect("cargo starts");
    assert!(output.status.success(), "seam does not build:\n{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .find_map(|message| message["executable"].as_str().map(PathBuf::from))
        .expect("cargo names the executable it built")
}
