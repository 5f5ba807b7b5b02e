use std::{
    collections::BTreeMap,
    fs::{self, DirBuilder, File},
    io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::{SystemTime, UNIX_EPOCH},
};

use rustix::{
    fs::{FlockOperation, flock},
    io::Errno,
};

use super::{Options, UpError};
use crate::{search, topology::Topology};

/// Folder of one run: `data/NODE/` belongs to a node, unless its data outlives the run; `logs/NODE.log` holds its
/// output. Only the owner may enter it, since nodes of any kind write the data of customers there.
#[derive(Debug)]
pub(super) struct RunFolder {
    path: PathBuf,
    id: String,
    /// Folders of data that outlives the run, by the names of the nodes.
    named: BTreeMap<String, Named>,
}

/// A folder of data that outlives the run, held against other runs.
#[derive(Debug)]
struct Named {
    path: PathBuf,
    _lock: File,
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
                    private.create(path.join("logs"))?;
                    private.create(path.join("data"))?;
                    for node in topology.nodes().iter().filter(|node| !named.contains_key(&node.name)) {
                        private.create(path.join("data").join(&node.name))?;
                    }
                    return Ok(Self { path, id, named });
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
        let lock = place.join(format!("{name}.lock"));
        let mut options = File::options();
        let lock = options
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(lock)
            .map_err(failed)?;
        match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => drop(named.insert(node.name.clone(), Named { path, _lock: lock })),
            Err(Errno::WOULDBLOCK) => {
                return Err(UpError::DataInUse {
                    node: node.name.clone(),
                    name: name.clone(),
                    folder: path,
                });
            }
            Err(error) => return Err(failed(error.into())),
        }
    }
    Ok(named)
}

/// Folder of the runs of a topology, where the options name no other.
pub(crate) fn default_runs(topology: &Topology) -> PathBuf {
    let folder = fs::canonicalize(topology.folder()).unwrap_or_else(|_| topology.folder());
    search::workspace_root(&folder)
        .unwrap_or(folder)
        .join(".seam")
        .join("runs")
}
