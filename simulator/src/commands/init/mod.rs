//! `seam init`: writes a first topology and scenario for a folder.

mod compose;
mod draft;
mod project;

use std::{
    fs::{self, File},
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
};

use clap::Args;

use super::{check, output};
use crate::{exit, scenario::Scenario, topology::Topology};
use draft::{Draft, fit_name};

/// Write a first topology and scenario for a folder.
#[derive(Clone, Debug, Args)]
#[command(
    after_help = "It writes topologies/NAME.toml and scenarios/NAME.toml in the folder, and never over a file \
    that is there. It takes a Procfile, or else the binaries of a cargo workspace and the scripts of a package.json; \
    with --from, the services of a compose file. What it can't take over is said, and noted in the topology."
)]
pub(crate) struct InitArgs {
    /// The folder
    #[arg(default_value = ".")]
    folder: PathBuf,
    /// Take the services of this compose file, a path from here
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    /// Name of the topology and the scenario; that of the folder where not given
    #[arg(long)]
    name: Option<String>,
}

/// Runs `seam init` and returns the exit code, one of [`crate::exit`].
pub(crate) fn run(args: &InitArgs) -> u8 {
    match attempt(args) {
        Ok(()) => exit::PASS,
        Err(error) => output::could_not_run("init", &error),
    }
}

fn attempt(args: &InitArgs) -> Result<(), String> {
    let folder = fs::canonicalize(&args.folder)
        .ok()
        .filter(|folder| folder.is_dir())
        .ok_or_else(|| format!("{} is no folder; create it first", args.folder.display()))?;
    let topologies = folder.join("topologies");
    let (draft, from) = match &args.from {
        Some(file) => (compose::draft(file, &topologies)?, shown(file)),
        None => {
            let (draft, from) = project::draft(&folder, "..")?;
            (draft, from.join(" and "))
        }
    };
    let name = name(args, &folder)?;
    let topology = (topologies.join(format!("{name}.toml")), draft.topology(&name, &from));
    let scenario = draft.scenario(&name);
    let scenario = scenario.map(|text| (folder.join("scenarios").join(format!("{name}.toml")), text));
    let files: Vec<&(PathBuf, String)> = [&topology].into_iter().chain(&scenario).collect();
    let is_new = !topologies.exists();
    // Paths lead from there, so it has to be there when they are checked.
    fs::create_dir_all(&topologies).map_err(|error| format!("{} can't be made: {error}", topologies.display()))?;
    let written = sound(&draft, &topology, scenario.as_ref()).and_then(|()| write_all(&files));
    if written.is_err() && is_new {
        let _ = fs::remove_dir(&topologies);
    }
    written?;
    for line in &draft.lost {
        output::note(&format!("not taken over: {line}"));
    }
    for (file, _) in files {
        output::print_line(&format!("wrote {}", file.display()))?;
    }
    if scenario.is_none() {
        output::note("no scenario: no node has a port, so there is nothing to ask");
    }
    output::note(&format!(
        "next: read what is marked in the topology, then `seam up {name}` in {}",
        folder.display()
    ));
    Ok(())
}

/// The name of a file, or its path where it has none.
fn shown(file: &Path) -> String {
    let name = file.file_name().map_or(file.as_os_str(), |name| name);
    name.to_string_lossy().into_owned()
}

fn name(args: &InitArgs, folder: &Path) -> Result<String, String> {
    match &args.name {
        Some(name) if fit_name(name, &[]) == *name => Ok(name.clone()),
        Some(name) => Err(format!(
            "'{name}' is no name of a topology; use at most 50 lower-case letters, digits and dashes, a letter first"
        )),
        None => Ok(fit_name(&folder.file_name().unwrap_or_default().to_string_lossy(), &[])),
    }
}

/// Refuses what `seam check` would refuse, before anything is written.
fn sound(draft: &Draft, topology: &(PathBuf, String), scenario: Option<&(PathBuf, String)>) -> Result<(), String> {
    if !draft.nodes.iter().any(draft::Node::is_written) {
        return Err(format!(
            "there is nothing that `local` could run or reach; nothing is written. {}",
            draft.lost.join("; ")
        ));
    }
    let refused = |error: String| format!("what it would write is not sound, so nothing is written: {error}");
    let checked = Topology::parse(&topology.1, &topology.0, &[]).map_err(|error| refused(error.to_string()))?;
    let Some((file, text)) = scenario else {
        return Ok(());
    };
    let scenario = Scenario::parse(text, file).map_err(|error| refused(error.to_string()))?;
    match check::misfits(&scenario, &checked, true).first() {
        Some(misfit) => Err(refused(misfit.clone())),
        None => Ok(()),
    }
}

/// Writes all files, or none if one of them is there already or can't be written.
fn write_all(files: &[&(PathBuf, String)]) -> Result<(), String> {
    let mut written: Vec<&Path> = Vec::new();
    for (file, text) in files {
        if let Err(error) = write_new(file, text) {
            for file in written {
                // Best effort: the error that is told is the one that matters.
                let _ = fs::remove_file(file);
            }
            return Err(match error.kind() {
                ErrorKind::AlreadyExists => format!(
                    "{} is there already, and nothing is written over it; give another --name",
                    file.display()
                ),
                _ => format!("{} can't be written: {error}", file.display()),
            });
        }
        written.push(file);
    }
    Ok(())
}

fn write_new(file: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut new = File::create_new(file)?;
    new.write_all(text.as_bytes())
        .inspect_err(|_| drop(fs::remove_file(file)))
}
