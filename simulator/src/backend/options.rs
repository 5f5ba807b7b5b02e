use std::{fmt, path::PathBuf, time::Duration};

/// How a topology is brought up.
#[derive(Debug, Clone)]
pub struct Options {
    /// The profile in which cargo binaries are built; debug by default.
    pub profile: Profile,
    /// The folder in which the run gets its own; by default `.seam/runs` in the workspace of the topology, or beside its file.
    pub runs: Option<PathBuf>,
    /// How long a node that was asked to end may take before it is killed; 5 s by default.
    pub grace: Duration,
    /// The `seam` binary, which starts nodes and watches over them; by default the running program, which must then be `seam`.
    pub seam: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            profile: Profile::Debug,
            runs: None,
            grace: Duration::from_secs(5),
            seam: None,
        }
    }
}

/// How cargo builds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Profile {
    /// Quickly, for slow programs.
    #[default]
    Debug,
    /// Slowly, for quick programs.
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
