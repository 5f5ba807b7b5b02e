//! What runs leave behind: their folders, and data that outlives them.
//!
//! The folder of a run is locked as long as the run uses it, and locked by whoever removes it, so that two `seam` at
//! once never remove each other's. Looking at all folders, and making a new one, happens under a lock of the folder
//! that holds them.

use std::{
    fs::{self, DirEntry, File},
    io,
    path::{Path, PathBuf},
};

use rustix::{
    fs::{FlockOperation, flock},
    io::Errno,
};

/// Limits of what is kept of runs that are over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keep {
    /// Runs in all; 20 by default.
    pub runs: usize,
    /// Bytes on disk of all of them; 2 GiB by default. The newest run is kept whatever its size.
    pub bytes: u64,
}

impl Default for Keep {
    fn default() -> Self {
        Self {
            runs: 20,
            bytes: 2 << 30,
        }
    }
}

/// Things that were removed, and the bytes on disk that this freed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Removed {
    pub(crate) number: usize,
    pub(crate) bytes: u64,
}

/// Folder that nobody uses. It is locked as long as this value lives.
#[derive(Debug)]
pub(crate) struct Unused {
    pub(crate) name: String,
    /// Bytes on disk.
    pub(crate) bytes: u64,
    path: PathBuf,
    _lock: File,
}

/// Folders of one kind in one place.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// The newest first, or by name.
    pub(crate) unused: Vec<Unused>,
    /// Names of those that a run uses, or that somebody else removes.
    pub(crate) used: Vec<String>,
}

impl Unused {
    /// Removes the folder with all that is in it.
    ///
    /// # Errors
    /// When something in it can't be removed; the text names the folder.
    pub(crate) fn remove(self) -> Result<u64, String> {
        let failed = |error| format!("{} can't be removed: {error}", self.path.display());
        fs::remove_dir_all(&self.path).map_err(failed)?;
        Ok(self.bytes)
    }
}

/// Holds the folder that holds all runs, until dropped. Waits for others, who hold it for a moment only.
pub(super) fn alone(runs: &Path) -> io::Result<File> {
    let folder = File::open(runs)?;
    flock(&folder, FlockOperation::LockExclusive)?;
    Ok(folder)
}

/// Locks a file or a folder, unless somebody else holds it.
pub(super) fn hold(file: File) -> io::Result<Option<File>> {
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(Some(file)),
        Err(Errno::WOULDBLOCK) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Removes the oldest runs beyond these limits. What can't be removed stays, and is tried again by the next run.
///
/// # Errors
/// When the folder can't be read.
pub(super) fn prune(runs: &Path, keep: Keep) -> io::Result<Removed> {
    let mut removed = Removed::default();
    for run in surplus(runs_in(runs)?.unused, keep) {
        if let Ok(bytes) = run.remove() {
            removed.number += 1;
            removed.bytes += bytes;
        }
    }
    Ok(removed)
}

/// Runs that are over and go beyond the limits; `over` has the newest first.
fn surplus(over: Vec<Unused>, keep: Keep) -> Vec<Unused> {
    let (mut kept, mut bytes) = (0, 0u64);
    let mut surplus = Vec::new();
    for run in over {
        let fits = kept == 0 || bytes.saturating_add(run.bytes) <= keep.bytes;
        // Once one does not fit, none that is older is kept: what stays is the last runs, without gaps.
        if surplus.is_empty() && kept < keep.runs && fits {
            kept += 1;
            bytes = bytes.saturating_add(run.bytes);
        } else {
            surplus.push(run);
        }
    }
    surplus
}

/// The runs in a folder, the newest first. What is not named as a run is left out.
///
/// # Errors
/// When the folder can't be read. One that is not there has no runs.
pub(crate) fn runs_in(runs: &Path) -> io::Result<Found> {
    if !runs.is_dir() {
        return Ok(Found::default());
    }
    let _alone = alone(runs)?;
    let mut dated: Vec<((u128, u64), String, PathBuf)> = folders(runs)?
        .into_iter()
        .filter_map(|(name, path)| Some((begun(&name)?, name, path)))
        .collect();
    dated.sort();
    let newest_first = dated.into_iter().rev();
    Ok(found(newest_first.map(|(_, name, path)| (name, path)), |folder| {
        File::open(folder)
    }))
}

/// The data that outlives runs, by name. `data` is the folder that holds all of it.
///
/// # Errors
/// When the folder can't be read. One that is not there has none.
pub(crate) fn data_in(data: &Path) -> io::Result<Found> {
    if !data.is_dir() {
        return Ok(Found::default());
    }
    let mut named = folders(data)?;
    named.sort();
    Ok(found(named, data_lock))
}

/// Opens the file that is locked by the run that uses this data. It is beside the data, and stays when that is removed:
/// somebody may be waiting for it.
pub(super) fn data_lock(data: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(data.with_added_extension("lock"))
}

fn found(folders: impl IntoIterator<Item = (String, PathBuf)>, lock: impl Fn(&Path) -> io::Result<File>) -> Found {
    let mut found = Found::default();
    for (name, path) in folders {
        match lock(&path).and_then(hold) {
            Ok(Some(lock)) => found.unused.push(Unused {
                bytes: size(&path),
                name,
                path,
                _lock: lock,
            }),
            // Gone meanwhile, or held.
            _ if !path.exists() => {}
            _ => found.used.push(name),
        }
    }
    found
}

/// The folders in a folder, links left out.
fn folders(within: &Path) -> io::Result<Vec<(String, PathBuf)>> {
    let is_folder = |entry: &DirEntry| entry.file_type().is_ok_and(|kind| kind.is_dir());
    let named = |entry: DirEntry| Some((entry.file_name().into_string().ok()?, entry.path()));
    Ok(fs::read_dir(within)?
        .flatten()
        .filter(is_folder)
        .filter_map(named)
        .collect())
}

/// The order of a run by its id, `TOPOLOGY-MILLISECONDS-PROCESS-NUMBER`; `None` for another name.
fn begun(id: &str) -> Option<(u128, u64)> {
    let mut words = id.rsplitn(4, '-');
    let number = words.next()?.parse().ok()?;
    let _process: u32 = words.next()?.parse().ok()?;
    let millis = words.next()?.parse().ok()?;
    words.next().map(|_| (millis, number))
}

/// Bytes on disk of all that is below a path. Links are not followed.
fn size(path: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt;
    let Ok(metadata) = fs::symlink_metadata(path) else {
        return 0;
    };
    let own = metadata.blocks() * 512;
    if !metadata.is_dir() {
        return own;
    }
    let within = fs::read_dir(path).into_iter().flatten().flatten();
    within.map(|entry| size(&entry.path())).fold(own, u64::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(place: &Path, id: &str, bytes: usize) {
        let folder = place.join(id);
        fs::create_dir_all(folder.join("data")).unwrap();
        fs::write(folder.join("data/rows"), vec![1; bytes]).unwrap();
    }

    fn names(place: &Path) -> Vec<String> {
        let mut names: Vec<String> = folders(place).unwrap().into_iter().map(|(name, _)| name).collect();
        names.sort();
        names
    }

    #[test]
    fn the_last_runs_are_kept_by_number_and_nothing_else_is_touched() {
        let place = tempfile::tempdir().unwrap();
        let place = place.path();
        for id in [
            "a-b-9-1-0",
            "shop-10-1-0",
            "shop-10-1-1",
            "shop-200-1-0",
            "mine",
            "shop-x-1-0",
        ] {
            run(place, id, 10);
        }
        let held = hold(File::open(place.join("a-b-9-1-0")).unwrap()).unwrap();
        assert!(held.is_some());

        let removed = prune(
            place,
            Keep {
                runs: 1,
                bytes: 1 << 40,
            },
        )
        .unwrap();

        assert_eq!(names(place), ["a-b-9-1-0", "mine", "shop-200-1-0", "shop-x-1-0"]);
        assert!(removed.number == 2 && removed.bytes > 0, "{removed:?}");
        drop(held);
        prune(
            place,
            Keep {
                runs: 0,
                bytes: 1 << 40,
            },
        )
        .unwrap();
        assert_eq!(names(place), ["mine", "shop-x-1-0"]);
    }

    #[test]
    fn the_last_runs_are_kept_by_size_and_the_newest_whatever_its_size() {
        let place = tempfile::tempdir().unwrap();
        let place = place.path();
        let keep = |bytes| Keep { runs: 20, bytes };
        run(place, "s-1-1-0", 10);
        run(place, "s-2-1-0", 300_000);
        run(place, "s-3-1-0", 300_000);
        // The oldest would fit, and goes nevertheless: the one after it does not.
        assert_eq!(prune(place, keep(400_000)).unwrap().number, 2);
        assert_eq!(names(place), ["s-3-1-0"]);
        assert_eq!(prune(place, keep(1)).unwrap(), Removed::default());
    }
}
