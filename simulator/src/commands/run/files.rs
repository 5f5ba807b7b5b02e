use std::{
    fs::{self, OpenOptions},
    io,
    path::Path,
};

/// Writes a file, and the folder for it where there is none.
///
/// # Errors
/// When it can't be written; the text names it.
pub(super) fn write(file: &Path, text: &str) -> Result<(), String> {
    folder_for(file)
        .and_then(|()| fs::write(file, text))
        .map_err(|error| not_written(file, &error))
}

/// Checks that a file can be written, and leaves everything as it was.
///
/// # Errors
/// As [`write`], unless the disk fills up only then.
pub(super) fn can_be_written(file: &Path) -> Result<(), String> {
    // A pipe or a device may wait for its other end.
    if fs::metadata(file).is_ok_and(|it| !it.is_file() && !it.is_dir()) {
        return Ok(());
    }
    let missing = |folder: &&Path| !folder.as_os_str().is_empty() && !folder.exists();
    let missing: Vec<&Path> = file.ancestors().skip(1).take_while(missing).collect();
    let is_there = file.exists();
    let open = || OpenOptions::new().append(true).create(true).open(file);
    let opened = folder_for(file).and_then(|()| open());
    if opened.is_ok() && !is_there {
        let _ = fs::remove_file(file);
    }
    for folder in missing {
        let _ = fs::remove_dir(folder);
    }
    opened.map(drop).map_err(|error| {
        let lack = not_written(file, &error);
        format!("{lack}; nothing was started: name a place that can be written")
    })
}

fn folder_for(file: &Path) -> io::Result<()> {
    file.parent().map_or(Ok(()), fs::create_dir_all)
}

fn not_written(file: &Path, error: &io::Error) -> String {
    format!("the report can't be written to {}: {error}", file.display())
}
