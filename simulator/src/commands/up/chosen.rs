//! The topology that is meant where none is named.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use crate::search;

/// What tells a topology from other files, and whether it is the one that is meant among several.
#[derive(Deserialize)]
struct Head {
    name: Option<String>,
    #[serde(default)]
    default: bool,
    node: Option<toml::Table>,
    include: Option<Vec<String>>,
    workload: Option<toml::Table>,
}

/// A file that is a topology, or may be one that is not right.
struct Candidate {
    file: PathBuf,
    is_default: bool,
}

/// Returns the file of the only topology in the nearest place that has any, or the one of several that says
/// `default = true`. The places are the folder itself, and `simulator/topologies` and `topologies` in it and in those
/// above it, up to the root of the workspace.
///
/// # Errors
/// When there is none, or none of several is the default.
pub(super) fn chosen(here: &Path) -> Result<PathBuf, String> {
    let places = [here.to_owned()].into_iter().chain(search::folders(here, "topologies"));
    for place in places {
        let all = candidates(&place).map_err(|error| format!("{} can't be read: {error}", place.display()))?;
        let mut defaults = all.iter().filter(|it| it.is_default);
        return match (all.as_slice(), defaults.next(), defaults.next()) {
            ([], ..) => continue,
            ([only], ..) | (_, Some(only), None) => Ok(only.file.clone()),
            (several, first, _) => {
                let names: Vec<String> = several.iter().map(|it| shown(&it.file, place == here)).collect();
                let way = match first {
                    None => format!(
                        "name one, as in `seam up {}`, or write default = true into one",
                        names[0]
                    ),
                    Some(_) => "more than one of them says default = true; name one, or leave that in one".to_owned(),
                };
                let (place, names) = (place.display(), names.join(", "));
                Err(format!("{place} has several topologies, {names}: {way}"))
            }
        };
    }
    Err(format!(
        "no topology is named, and there is none in {}, nor in a folder topologies or simulator/topologies there or \
         above it in its workspace; name a file, or write a first one with `seam init`",
        here.display()
    ))
}

/// The topologies in a folder, in the order of their names; none if it is not there.
fn candidates(folder: &Path) -> io::Result<Vec<Candidate>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut files = Vec::new();
    for entry in entries {
        let file = entry?.path();
        if file.extension().is_some_and(|extension| extension == "toml") && file.is_file() {
            files.push(file);
        }
    }
    files.sort();
    Ok(files.into_iter().filter_map(candidate).collect())
}

fn candidate(file: PathBuf) -> Option<Candidate> {
    let text = fs::read_to_string(&file).ok()?;
    let Ok(head) = toml::from_str::<Head>(&text) else {
        // One with a mistake is meant too, and refused for it.
        let is_meant = text.lines().any(|line| line.trim_start().starts_with("[node."));
        return is_meant.then_some(Candidate {
            file,
            is_default: false,
        });
    };
    let is_topology = head.name.is_some() && head.workload.is_none() && (head.node.is_some() || head.include.is_some());
    is_topology.then_some(Candidate {
        file,
        is_default: head.default,
    })
}

/// The text by which `seam up` takes a topology: its path from the current folder, or its name.
fn shown(file: &Path, is_here: bool) -> String {
    let part = if is_here { file.file_name() } else { file.file_stem() };
    part.unwrap_or_default().to_string_lossy().into_owned()
}
