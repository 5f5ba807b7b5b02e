use std::{
    fs::{self, DirBuilder},
    io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    process,
    time::{SystemTime, UNIX_EPOCH},
};

use super::{Options, UpError};
use crate::{search, topology::Topology};

/// Folder of one run: `data/NODE/` belongs to a node, `logs/NODE.log` holds its output. Only the owner may enter it,
/// since nodes of any kind write the data of customers there.
#[derive(Debug)]
pub(super) struct RunFolder {
    path: PathBuf,
    id: String,
}

impl RunFolder {
    pub(super) fn create(topology: &Topology, options: &Options) -> Result<Self, UpError> {
        let runs = options.runs.clone().unwrap_or_else(|| default_runs(topology));
        Self::create_in(&runs, topology).map_err(|source| UpError::RunFolder { folder: runs, source })
    }

    fn create_in(runs: &Path, topology: &Topology) -> io::Result<Self> {
        fs::create_dir_all(runs)?;
        // Absolute, since nodes run in another folder than `seam`.
        let runs = fs::canonicalize(runs)?;
        let millis = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_millis());
        let mut private = DirBuilder::new();
        private.mode(0o700);
        let mut attempt = 0;
        loop {
            let id = format!("{}-{millis}-{}-{attempt}", topology.name(), process::id());
            let path = runs.join(&id);
            match private.create(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => attempt += 1,
                Err(error) => return Err(error),
                Ok(()) => {
                    private.create(path.join("logs"))?;
                    private.create(path.join("data"))?;
                    for node in topology.nodes() {
                        private.create(path.join("data").join(&node.name))?;
                    }
                    return Ok(Self { path, id });
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
        self.path.join("data").join(node)
    }

    pub(super) fn log(&self, node: &str) -> PathBuf {
        self.path.join("logs").join(format!("{node}.log"))
    }

    pub(super) fn remove(&self) -> io::Result<()> {
        fs::remove_dir_all(&self.path)
    }
}

fn default_runs(topology: &Topology) -> PathBuf {
    let folder = fs::canonicalize(topology.folder()).unwrap_or_else(|_| topology.folder().to_owned());
    search::workspace_root(&folder)
        .unwrap_or(folder)
        .join(".seam")
        .join("runs")
}
