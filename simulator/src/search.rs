//! The places where topologies and scenarios are looked for.

use std::path::{Path, PathBuf};

use thiserror::Error;

/// A topology or scenario that is not there.
#[derive(Debug, Error)]
#[error("{}", self.text())]
pub struct NotFound {
    /// The kind: `topologies` or `scenarios`.
    pub kind: &'static str,
    /// The name or path that was asked for.
    pub wanted: String,
    /// The folder from which it was looked for.
    pub from: PathBuf,
    /// The folders that were looked in. Empty if there is none that could have it.
    pub looked: Vec<PathBuf>,
    /// The names that are there.
    pub known: Vec<String>,
}

impl NotFound {
    fn text(&self) -> String {
        let Self { kind, wanted, from, .. } = self;
        if is_path(wanted) {
            let known = match self.known.as_slice() {
                [] => String::new(),
                known => format!("; {kind} that go by their names here are {}", known.join(", ")),
            };
            return format!("there is no file '{wanted}' in {}{known}", from.display());
        }
        let there_is = self.there_is();
        format!("there is no '{wanted}' among the {kind}; {there_is}; a path to a .toml file works too")
    }

    fn there_is(&self) -> String {
        let Self { kind, known, .. } = self;
        if self.looked.is_empty() {
            let from = self.from.display();
            return format!("there is no folder {kind} or simulator/{kind} in {from}, nor above it in its workspace");
        }
        let known = if known.is_empty() {
            "none".to_owned()
        } else {
            known.join(", ")
        };
        let looked: Vec<String> = self.looked.iter().map(|folder| folder.display().to_string()).collect();
        format!("known are {known}; looked in {}", looked.join(", "))
    }
}

/// Finds the file of a topology or a scenario. A text with a slash or a `.toml` ending is a path and taken as it is.
/// A bare name is looked for as `simulator/KIND/NAME.toml`, then `KIND/NAME.toml`, in the current folder and those
/// above it up to the root of the workspace (the first that holds a `.git`, or a `Cargo.toml` with a `[workspace]`).
///
/// # Errors
/// When there is no such file; says where it was looked for and what is there.
pub fn find(kind: &'static str, name_or_path: &str) -> Result<PathBuf, NotFound> {
    let here = std::env::current_dir().unwrap_or_default();
    find_from(&here, kind, name_or_path)
}

/// As [`find`], from another folder than the current one.
///
/// # Errors
/// As [`find`].
pub fn find_from(here: &Path, kind: &'static str, name_or_path: &str) -> Result<PathBuf, NotFound> {
    let folders = folders(here, kind);
    let candidates: Vec<PathBuf> = if is_path(name_or_path) {
        vec![here.join(name_or_path)]
    } else {
        folders
            .iter()
            .map(|folder| folder.join(format!("{name_or_path}.toml")))
            .collect()
    };
    candidates
        .into_iter()
        .find(|file| file.is_file())
        .ok_or_else(|| NotFound {
            kind,
            wanted: name_or_path.to_owned(),
            from: here.to_owned(),
            known: folders.iter().flat_map(|folder| names_in(folder)).collect(),
            looked: folders.into_iter().filter(|folder| folder.is_dir()).collect(),
        })
}

fn is_path(name_or_path: &str) -> bool {
    name_or_path.contains('/') || name_or_path.ends_with(".toml")
}

/// The folders in which files of a kind are looked for by name, in this order. Some may not be there.
pub(crate) fn folders(here: &Path, kind: &str) -> Vec<PathBuf> {
    let above = up_to_root(here).into_iter();
    above
        .flat_map(|folder| [folder.join("simulator").join(kind), folder.join(kind)])
        .collect()
}

/// The folders in which runs of topologies are: `.seam` here and above up to the root of the workspace, and in the
/// folders `topologies` and `simulator/topologies` of each. Some may not be there.
pub(crate) fn run_places(here: &Path) -> Vec<PathBuf> {
    let root = workspace_root(here).unwrap_or_else(|| here.to_owned());
    let above = here.ancestors().take_while(|folder| folder.starts_with(&root));
    let places = above.flat_map(|folder| ["", "topologies", "simulator/topologies"].map(|place| folder.join(place)));
    places.map(|place| place.join(".seam")).collect()
}

/// The root of the workspace in which `here` stands, if it stands in one.
pub fn workspace_root(here: &Path) -> Option<PathBuf> {
    here.ancestors().find(|folder| is_root(folder)).map(Path::to_owned)
}

fn up_to_root(here: &Path) -> Vec<PathBuf> {
    let mut folders = Vec::new();
    for folder in here.ancestors() {
        folders.push(folder.to_owned());
        if is_root(folder) {
            break;
        }
    }
    folders
}

fn is_root(folder: &Path) -> bool {
    folder.join(".git").exists()
        || std::fs::read_to_string(folder.join("Cargo.toml")).is_ok_and(|manifest| manifest.contains("[workspace]"))
}

fn names_in(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .filter_map(|path| Some(path.file_stem()?.to_string_lossy().into_owned()))
        .collect();
    names.sort();
    names
}
