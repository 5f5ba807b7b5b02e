use std::{
    collections::BTreeMap,
    fs::{self, DirBuilder, File},
    io::{self, Write},
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::{SystemTime, UNIX_EPOCH},
};

use rustix::fs::{FlockOperation, flock};

use super::{
    Options, UpError,
    kept::{self, Removed},
};
use crate::{search, topology::Topology};

/// Folder of one run: `data/NODE/` belongs to a node, unless its data outlives the run; `logs/NODE.log` holds its
/// output. Only the owner may enter it, since nodes of any kind write the data of customers there.
#[derive(Debug)]
pub(super) struct RunFolder {
    path: PathBuf,
    id: String,
    /// Folders of data that outlives the run, by the names of the nodes.
    named: BTreeMap<String, Named>,
    /// Says that the run is not over: see [`kept`].
    lock: File,
}

/// A folder of data that outlives the run, held against other runs.
#[derive(Debug)]
struct Named {
    path: PathBuf,
    lock: File,
}

impl RunFolder {
    pub(super) fn create(topology: &Topology, options: &Options) -> Result<Self, UpError> {
        let runs = options.runs.clone().unwrap_or_else(|| default_runs(topology));
        let failed = |source| UpError::RunFolder {
            folder: runs.clone(),
            source,
        };
        // Absolute, since nodes run in another folder than `seam`.
        fs::create_dir_all(&runs).map_err(failed)?;
        let runs = fs::canonicalize(&runs).map_err(failed)?;
        ignored_by_git(&runs).map_err(failed)?;
        let named = named(topology, &runs)?;
        let failed = |source| UpError::RunFolder {
            folder: runs.clone(),
            source,
        };
        Self::create_in(&runs, topology, named).map_err(failed)
    }

    fn create_in(runs: &Path, topology: &Topology, named: BTreeMap<String, Named>) -> io::Result<Self> {
        let millis = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_millis());
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let mut private = DirBuilder::new();
        private.mode(0o700);
        // Nobody may take the new folder for one of a run that is over.
        let _alone = kept::alone(runs)?;
        loop {
            // Two runs of one process may begin in the same millisecond, in different folders; and whatever has the id
            // of a run in its environment is killed when that run ends.
            let id = format!(
                "{}-{millis}-{}-{}",
                topology.name(),
                process::id(),
                NEXT.fetch_add(1, Relaxed)
            );
            let path = runs.join(&id);
            match private.create(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
                Ok(()) => {
                    let lock = kept::hold(File::open(&path)?)?;
                    let lock = lock.ok_or_else(|| io::Error::other("another process holds the new folder"))?;
                    private.create(path.join("logs"))?;
                    private.create(path.join("data"))?;
                    for node in topology.nodes().iter().filter(|node| !named.contains_key(&node.name)) {
                        private.create(path.join("data").join(&node.name))?;
                    }
                    return Ok(Self { path, id, named, lock });
                }
            }
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn data(&self, node: &str) -> PathBuf {
        match self.named.get(node) {
            Some(named) => named.path.clone(),
            None => self.path.join("data").join(node),
        }
    }

    pub(super) fn log(&self, node: &str) -> PathBuf {
        self.path.join("logs").join(format!("{node}.log"))
    }

    /// Keeps the folder from being removed by others, for longer than this value lives.
    pub(super) fn held(&self) -> io::Result<File> {
        self.lock.try_clone()
    }

    /// Lets others have the data that outlives the run. No node may run any more.
    pub(super) fn release_data(&self) {
        for named in self.named.values() {
            // Refused, it is released when this value goes.
            let _ = flock(&named.lock, FlockOperation::Unlock);
        }
    }

    pub(super) fn remove(&self) -> io::Result<()> {
        fs::remove_dir_all(&self.path)
    }
}

/// The folders of data that outlives the run: `data/NAME` beside the folder of the runs. Each is locked as long as the
/// run lasts.
fn named(topology: &Topology, runs: &Path) -> Result<BTreeMap<String, Named>, UpError> {
    let place = runs.with_file_name("data");
    let mut named = BTreeMap::new();
    for (node, name) in topology
        .nodes()
        .iter()
        .filter_map(|node| Some((node, node.data.as_ref()?)))
    {
        let path = place.join(name);
        let failed = |source| UpError::RunFolder {
            folder: path.clone(),
            source,
        };
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&path)
            .map_err(failed)?;
        let lock = kept::data_lock(&path).and_then(kept::hold).map_err(failed)?;
        let lock = lock.ok_or_else(|| UpError::DataInUse {
            node: node.name.clone(),
            name: name.clone(),
            folder: path.clone(),
        })?;
        named.insert(node.name.clone(), Named { path, lock });
    }
    Ok(named)
}

/// Has git ignore a `.seam` with all that is in it, unless somebody wrote a `.gitignore` there.
fn ignored_by_git(runs: &Path) -> io::Result<()> {
    let Some(seam) = runs.parent().filter(|folder| folder.ends_with(".seam")) else {
        return Ok(());
    };
    match File::create_new(seam.join(".gitignore")).and_then(|mut file| file.write_all(b"*\n")) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// Removes the oldest runs beyond the limits of the options.
pub(super) fn prune(topology: &Topology, options: &Options) -> Removed {
    let runs = options.runs.clone().unwrap_or_else(|| default_runs(topology));
    // A folder that can't be read is said by the run that is to be made in it.
    kept::prune(&runs, options.keep).unwrap_or_default()
}

/// Folder of the runs of a topology, where the options name no other.
pub(crate) fn default_runs(topology: &Topology) -> PathBuf {
    let folder = fs::canonicalize(topology.folder()).unwrap_or_else(|_| topology.folder());
    search::workspace_root(&folder)
        .unwrap_or(folder)
        .join(".seam")
        .join("runs")
}
