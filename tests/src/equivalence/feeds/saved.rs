use std::{
    fs,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::History;

/// The layout of the file.
const FORMAT: u32 = 1;
/// What the history is about.
const CONTRACT: &str = "event feed";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: u32,
    contract: String,
    history: History,
}

/// The histories that were saved in the folder, in the order of their files' names.
pub(super) fn in_folder(folder: &Path) -> Result<Vec<(PathBuf, History)>, String> {
    let unreadable = |error| format!("{} is not readable: {error}", folder.display());
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        files.push(entry.map_err(unreadable)?.path());
    }
    files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    files.into_iter().map(|file| Ok((file.clone(), load(&file)?))).collect()
}

fn load(file: &Path) -> Result<History, String> {
    let wrong = |reason: String| format!("saved history {}: {reason}", file.display());
    let text = fs::read_to_string(file).map_err(|error| wrong(format!("it can't be read: {error}")))?;
    let none = |error| wrong(format!("it is none: {error}; delete it, or restore it from git"));
    let saved: File = serde_json::from_str(&text).map_err(none)?;
    if saved.format != FORMAT {
        let format = saved.format;
        return Err(wrong(format!(
            "its format is {format}, wanted {FORMAT}; delete it and find it again"
        )));
    }
    if saved.contract != CONTRACT {
        let contract = saved.contract;
        return Err(wrong(format!(
            "it is of contract {contract:?}, wanted {CONTRACT:?}; move it to the folder of that suite"
        )));
    }
    Ok(saved.history)
}

/// Saves it under this name; gives the file.
pub(super) fn save(folder: &Path, name: &str, history: &History) -> Result<PathBuf, String> {
    let file = folder.join(format!("{name}.json"));
    let saved = File {
        format: FORMAT,
        contract: CONTRACT.to_owned(),
        history: history.clone(),
    };
    let text = serde_json::to_string_pretty(&saved).map_err(|error| error.to_string())?;
    let written = fs::write(&file, format!("{text}\n"));
    written.map_err(|error| format!("{} can't be written: {error}", file.display()))?;
    Ok(file)
}
