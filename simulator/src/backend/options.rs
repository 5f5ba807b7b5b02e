use std::{collections::BTreeMap, fmt, path::PathBuf, time::Duration};

use super::{Built, Keep};
use crate::steps::FailPoint;

/// Settings for bringing a topology up.
#[derive(Debug, Clone)]
pub struct Options {
    /// Profile in which cargo binaries are built; debug by default.
    pub profile: Profile,
    /// Folder in which the run folder is created. By default `.seam/runs` in the workspace of the topology, or
    /// beside the topology's file if it is in no workspace.
    pub runs: Option<PathBuf>,
    /// Runs that are over and stay there. Older ones are removed at the start of a run.
    pub keep: Keep,
    /// Time between asking a node to end and killing it; 5 s by default.
    pub grace: Duration,
    /// Number that all chance of the faults on links derives from; drawn by default.
    pub seed: Option<u64>,
    /// Points in the code of nodes at which faults have them die, by the nodes' names. Their cargo binaries are built
    /// with the feature that has fail points.
    pub fail_points: BTreeMap<String, FailPoint>,
    /// Path of the `seam` binary, which starts nodes and kills what outlives it. By default the running program,
    /// which must then be `seam` itself.
    pub seam: Option<PathBuf>,
    /// True if containers stay when the topology goes down, stopped, with their volumes and their network.
    pub keep_containers: bool,
    /// Cargo binaries of the topology, as [`build`](super::build) made them; built first by default.
    pub built: Option<Built>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            profile: Profile::Debug,
            runs: None,
            keep: Keep::default(),
            grace: Duration::from_secs(5),
            seed: None,
            fail_points: BTreeMap::new(),
            seam: None,
            keep_containers: false,
            built: None,
        }
    }
}

/// Cargo profile of the nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Profile {
    /// Builds quickly; the programs are slow.
    #[default]
    Debug,
    /// Builds slowly; the programs are fast.
    Release,
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Debug => "debug",
            Self::Release => "release",
        })
    }
}
