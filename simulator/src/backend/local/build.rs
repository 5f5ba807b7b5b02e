use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    ffi::OsString,
    path::PathBuf,
    process::Stdio,
    sync::Arc,
    time::Instant,
};

use serde::Deserialize;
use tokio::io::AsyncReadExt;

use super::group::{Launch, Launcher};
use crate::{
    backend::{Event, Profile, UpError},
    progress::Progress,
    topology::{Program, Topology},
};

/// Executable of each node that is a cargo binary, by the node's name.
pub(super) type Executables = BTreeMap<String, PathBuf>;

/// Cargo binaries of a topology, built already.
#[derive(Debug, Clone)]
pub struct Built(pub(super) Arc<Executables>);

/// Environment variables that cargo sets for a program that it runs, about the program's package.
///
/// Remove them before calling cargo from such a program. The build scripts of some crates read them, so that
/// cargo would rebuild those crates, and all that depend on them, each time it is called from elsewhere.
pub fn package_variables() -> impl Iterator<Item = OsString> {
    const OTHERS: [&str; 3] = ["CARGO_BIN_NAME", "CARGO_CRATE_NAME", "CARGO_PRIMARY_PACKAGE"];
    let names = env::vars_os().map(|(name, _)| name);
    names.filter(|name| {
        let name = name.to_string_lossy();
        name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") || OTHERS.contains(&&*name)
    })
}

/// Package and binary, as cargo reports them.
type Binary = (String, String);

/// Builds every cargo binary of the topology with one call of cargo. Cargo's own progress goes to stderr.
pub(super) async fn build(
    topology: &Topology,
    profile: Profile,
    launcher: &Launcher,
    progress: &dyn Progress<Event>,
) -> Result<Executables, UpError> {
    let wanted: Vec<(&str, &str, &str)> = topology
        .nodes()
        .iter()
        .filter_map(|node| match &node.program {
            Program::Cargo { package, bin } => Some((node.name.as_str(), package.as_str(), bin.as_str())),
            Program::Command { .. } | Program::Outside { .. } => None,
        })
        .collect();
    if wanted.is_empty() {
        return Ok(Executables::new());
    }
    let bins: BTreeSet<&str> = wanted.iter().map(|(_, _, bin)| *bin).collect();
    let binaries: Vec<String> = bins.into_iter().map(str::to_owned).collect();
    let began = Instant::now();
    progress.report(&Event::Building {
        profile,
        binaries: binaries.clone(),
    });
    let built = cargo(topology, profile, launcher, binaries).await?;
    let executable_of = |(node, package, bin): (&str, &str, &str)| {
        let file = built.get(&(package.to_owned(), bin.to_owned()));
        let file = file.ok_or_else(|| UpError::NoBinary {
            node: node.to_owned(),
            package: package.to_owned(),
            bin: bin.to_owned(),
            folder: topology.folder(),
        })?;
        Ok((node.to_owned(), file.clone()))
    };
    let executables = wanted.into_iter().map(executable_of).collect::<Result<_, UpError>>()?;
    progress.report(&Event::Built { took: began.elapsed() });
    Ok(executables)
}

async fn cargo(
    topology: &Topology,
    profile: Profile,
    launcher: &Launcher,
    binaries: Vec<String>,
) -> Result<BTreeMap<Binary, PathBuf>, UpError> {
    // Selecting the whole workspace gives dependencies the same features as `cargo build --workspace` and `cargo test
    // --workspace` do, so they are not built a second time.
    let mut args: Vec<String> = ["build", "--workspace", "--message-format", "json-render-diagnostics"]
        .map(str::to_owned)
        .into();
    args.extend(binaries.iter().flat_map(|bin| ["--bin".to_owned(), bin.clone()]));
    if profile == Profile::Release {
        args.push("--release".to_owned());
    }
    let launch = Launch {
        program: env::var_os("CARGO").unwrap_or_else(|| "cargo".into()),
        args,
        env: Vec::new(),
        folder: &topology.folder(),
        stdout: Stdio::piped(),
        stderr: Stdio::inherit(),
    };
    let no_cargo = |source| UpError::NoCargo {
        binaries: binaries.clone(),
        source,
    };
    let mut group = launcher.launch(launch).await.map_err(no_cargo)?;
    let mut messages = String::new();
    if let Some(mut stdout) = group.stdout() {
        stdout.read_to_string(&mut messages).await.map_err(no_cargo)?;
    }
    let status = group.wait().await.map_err(no_cargo)?;
    if !status.success() {
        return Err(UpError::Build { profile, binaries });
    }
    Ok(messages.lines().filter_map(executable).collect())
}

fn executable(line: &str) -> Option<(Binary, PathBuf)> {
    #[derive(Deserialize)]
    struct Artifact {
        package_id: String,
        target: Target,
        executable: Option<PathBuf>,
    }
    #[derive(Deserialize)]
    struct Target {
        name: String,
        kind: Vec<String>,
    }
    let artifact: Artifact = serde_json::from_str(line).ok()?;
    if !artifact.target.kind.iter().any(|kind| kind == "bin") {
        return None;
    }
    let package = package_name(&artifact.package_id)?.to_owned();
    Some(((package, artifact.target.name), artifact.executable?))
}

/// Name of the package in a package id: `path+file:///folder/name#0.1.0` or `path+file:///folder#name@0.1.0`.
fn package_name(id: &str) -> Option<&str> {
    let (source, version) = id.split_once('#')?;
    match version.split_once('@') {
        Some((name, _)) => Some(name),
        None => source.rsplit('/').next(),
    }
}

#[cfg(test)]
mod tests {
    use super::package_name;

    #[test]
    fn a_package_id_says_its_name_in_either_form() {
        assert_eq!(
            package_name("path+file:///shop/services/payments#0.1.0"),
            Some("payments")
        );
        assert_eq!(package_name("path+file:///shop/pay#payments@0.1.0"), Some("payments"));
    }
}
