use std::{
    fs,
    path::{Path, PathBuf},
};

use super::History;

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
    let wrong = |reason: String| format!("{} is no saved history: {reason}", file.display());
    let text = fs::read_to_string(file).map_err(|error| wrong(error.to_string()))?;
    serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))
}

/// Saves it under this name; gives the file.
pub(super) fn save(folder: &Path, name: &str, history: &History) -> Result<PathBuf, String> {
    let file = folder.join(format!("{name}.json"));
    let text = serde_json::to_string_pretty(history).map_err(|error| error.to_string())?;
    let written = fs::write(&file, format!("{text}\n"));
    written.map_err(|error| format!("{} can't be written: {error}", file.display()))?;
    Ok(file)
}
