//! Labels of all that the engine holds for `seam`.

use std::{collections::HashMap, fs, path::Path};

/// Id of the run.
pub(super) const RUN: &str = "seam.run";
/// Name of the node.
pub(super) const NODE: &str = "seam.node";
/// Folder of the run, without which nothing of the run is wanted.
pub(super) const FOLDER: &str = "seam.folder";
/// Mount namespace in which a folder is to be looked for: in a container another folder has the same path.
pub(super) const MOUNTS: &str = "seam.mounts";
/// Name of the binary that an image holds.
pub(super) const BINARY: &str = "seam.binary";
/// Folder in which cargo put the binary of an image.
pub(super) const BUILT_IN: &str = "seam.built-in";

/// Labels by name.
pub(super) type Labels = HashMap<String, String>;

/// Labels of a thing of a run.
pub(super) fn of_run(run: &str, folder: &Path) -> Labels {
    let labels = [
        (RUN, run.to_owned()),
        (FOLDER, folder.display().to_string()),
        (MOUNTS, mounts()),
    ];
    labels.map(|(name, value)| (name.to_owned(), value)).into()
}

/// Name of the mount namespace of this process; the same for all processes that see the same folders.
pub(super) fn mounts() -> String {
    let name = fs::read_link("/proc/self/ns/mnt");
    name.map_or_else(|_| "unknown".to_owned(), |name| name.display().to_string())
}

/// Filter of the engine for a label, with this value or any.
pub(super) fn filter(name: &str, value: Option<&str>) -> HashMap<String, Vec<String>> {
    let wanted = match value {
        Some(value) => format!("{name}={value}"),
        None => name.to_owned(),
    };
    HashMap::from([("label".to_owned(), vec![wanted])])
}
