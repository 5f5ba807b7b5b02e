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
    backend::{Event, Options, Profile, UpError},
    progress::Progress,
    topology::{Backend, Program, Topology},
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

/// A node that wants a binary.
#[derive(Clone, Copy)]
struct Wanted<'a> {
    node: &'a str,
    package: &'a str,
    bin: &'a str,
    /// Feature with which it has fail points, if it is to have them.
    feature: Option<&'a str>,
}

/// Flags of the compiler with which a program needs no file of its system, the C library included.
const STATIC: &str = "-Ctarget-feature=+crt-static";

/// Builds the cargo binaries of the topology with one call of cargo, and with another one those that are to have fail
/// points. Those for containers are static. Cargo's own progress goes to stderr.
pub(super) async fn build(
    topology: &Topology,
    options: &Options,
    launcher: &Launcher,
    progress: &dyn Progress<Event>,
) -> Result<Executables, UpError> {
    let in_containers = topology.backend() == Backend::Containers;
    let nodes = topology.nodes().iter();
    let built = nodes.filter(|node| !in_containers || node.image.is_none());
    let wanted = built.filter_map(|node| match &node.program {
        Program::Cargo {
            package,
            bin,
            fail_points,
        } => Some(Wanted {
            node: &node.name,
            package,
            bin,
            feature: fail_points
                .as_deref()
                .filter(|_| options.fail_points.contains_key(&node.name)),
        }),
        Program::Command { .. } | Program::Image | Program::Outside { .. } => None,
    });
    let (with_points, without): (Vec<_>, Vec<_>) = wanted.partition(|wanted| wanted.feature.is_some());
    let builder = Builder {
        topology,
        profile: options.profile,
        launcher,
    };
    let mut executables = Executables::new();
    for wanted in [with_points, without] {
        executables.extend(builder.build(&wanted, progress).await?);
    }
    Ok(executables)
}

/// Cargo, as it is called for a topology.
struct Builder<'a> {
    topology: &'a Topology,
    profile: Profile,
    launcher: &'a Launcher,
}

impl Builder<'_> {
    async fn build(&self, wanted: &[Wanted<'_>], progress: &dyn Progress<Event>) -> Result<Executables, UpError> {
        if wanted.is_empty() {
            return Ok(Executables::new());
        }
        let bins: BTreeSet<&str> = wanted.iter().map(|wanted| wanted.bin).collect();
        let features: BTreeSet<&str> = wanted.iter().filter_map(|wanted| wanted.feature).collect();
        let binaries: Vec<String> = bins.into_iter().map(str::to_owned).collect();
        let began = Instant::now();
        progress.report(&Event::Building {
            profile: self.profile,
            binaries: binaries.clone(),
        });
        let built = self.binaries(&binaries, &features).await?;
        let executable_of = |wanted: &Wanted<'_>| {
            let file = built.get(&(wanted.package.to_owned(), wanted.bin.to_owned()));
            let file = file.ok_or_else(|| UpError::NoBinary {
                node: wanted.node.to_owned(),
                package: wanted.package.to_owned(),
                bin: wanted.bin.to_owned(),
                folder: self.topology.folder(),
            })?;
            Ok((wanted.node.to_owned(), file.clone()))
        };
        let executables = wanted.iter().map(executable_of).collect::<Result<_, UpError>>()?;
        progress.report(&Event::Built { took: began.elapsed() });
        Ok(executables)
    }

    async fn binaries(
        &self,
        binaries: &[String],
        features: &BTreeSet<&str>,
    ) -> Result<BTreeMap<Binary, PathBuf>, UpError> {
        let profile = self.profile;
        let failed = || UpError::Build {
            profile,
            binaries: binaries.to_vec(),
        };
        // Selecting the whole workspace gives dependencies the same features as `cargo build --workspace` and `cargo
        // test --workspace` do, so they are not built a second time.
        let mut args = words(&["build", "--workspace", "--message-format", "json-render-diagnostics"]);
        args.extend(binaries.iter().flat_map(|bin| words(&["--bin", bin])));
        args.extend(features.iter().flat_map(|feature| words(&["--features", feature])));
        if profile == Profile::Release {
            args.push("--release".to_owned());
        }
        let mut env = Vec::new();
        let mut target = None;
        if self.topology.backend() == Backend::Containers {
            let (more, folder) = self.for_containers(binaries).await?.ok_or_else(failed)?;
            args.extend(more);
            env.extend(flags());
            target = Some((folder.clone(), folder));
        } else if !features.is_empty() {
            target = Some(self.folders(binaries).await?.ok_or_else(failed)?);
        }
        if let Some((target, build)) = target {
            let place = if features.is_empty() {
                target
            } else {
                // What is compiled is shared; the binaries are in a folder of their own, where the next build without
                // the features does not replace them.
                env.push(("CARGO_BUILD_BUILD_DIR".to_owned(), build));
                format!("{target}/fail-points")
            };
            args.extend(words(&["--target-dir", &place]));
        }
        let messages = self.cargo(args, env, binaries).await?.ok_or_else(failed)?;
        Ok(messages.lines().filter_map(executable).collect())
    }

    /// Arguments for static binaries, and a folder of their own: the flags differ, so that nothing could be shared with
    /// other builds. `None` if cargo says too little.
    async fn for_containers(&self, binaries: &[String]) -> Result<Option<(Vec<String>, String)>, UpError> {
        let version = self.cargo(words(&["-vV"]), Vec::new(), binaries).await?;
        let host = version
            .as_deref()
            .and_then(|said| said.lines().find_map(|line| line.strip_prefix("host: ")));
        let (Some(host), Some((target, _))) = (host, self.folders(binaries).await?) else {
            return Ok(None);
        };
        // With a target named, the flags are not those of build scripts and macros, which could not be loaded. Flags in
        // the environment would replace these: see `flags`.
        let flags = format!("target.{host}.rustflags=[\"{STATIC}\"]");
        let args = words(&["--target", host, "--config", &flags]);
        Ok(Some((args, format!("{target}/containers"))))
    }

    /// Folders of what cargo gives and of what it compiles. `None` if cargo does not say them.
    async fn folders(&self, binaries: &[String]) -> Result<Option<(String, String)>, UpError> {
        let metadata = words(&["metadata", "--no-deps", "--format-version", "1"]);
        let metadata = self.cargo(metadata, Vec::new(), binaries).await?;
        Ok(metadata.as_deref().and_then(folders))
    }

    /// Runs cargo to its end, and returns what it printed; `None` if it failed.
    async fn cargo(
        &self,
        args: Vec<String>,
        env: Vec<(String, String)>,
        binaries: &[String],
    ) -> Result<Option<String>, UpError> {
        let launch = Launch {
            program: env::var_os("CARGO").unwrap_or_else(|| "cargo".into()),
            args,
            env,
            folder: &self.topology.folder(),
            stdout: Stdio::piped(),
            stderr: Stdio::inherit(),
        };
        let no_cargo = |source| UpError::NoCargo {
            binaries: binaries.to_vec(),
            source,
        };
        let mut group = self.launcher.launch(launch).await.map_err(no_cargo)?;
        let mut printed = String::new();
        if let Some(mut stdout) = group.stdout() {
            stdout.read_to_string(&mut printed).await.map_err(no_cargo)?;
        }
        let status = group.wait().await.map_err(no_cargo)?;
        Ok(status.success().then_some(printed))
    }
}

/// The variable with flags of the compiler that `seam` was started with, if there is one, for static binaries.
fn flags() -> Option<(String, String)> {
    let given = |name: &str| env::var(name).ok().map(|flags| (name.to_owned(), flags));
    let (name, flags) = given("CARGO_ENCODED_RUSTFLAGS").or_else(|| given("RUSTFLAGS"))?;
    let separator = if name == "RUSTFLAGS" { ' ' } else { '\u{1f}' };
    Some((name, format!("{flags}{separator}{STATIC}")))
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// Folders of what cargo gives and of what it compiles, from what `cargo metadata` prints. Before 1.91 they are one.
fn folders(metadata: &str) -> Option<(String, String)> {
    #[derive(Deserialize)]
    struct Metadata {
        target_directory: String,
        build_directory: Option<String>,
    }
    let metadata: Metadata = serde_json::from_str(metadata).ok()?;
    let build = metadata
        .build_directory
        .unwrap_or_else(|| metadata.target_directory.clone());
    Some((metadata.target_directory, build))
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
