use std::{
    ffi::OsString,
    io,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    sync::Arc,
};

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::{
    io::AsyncWriteExt,
    process::{Child, ChildStdout, Command},
};

use super::{build::package_variables, reaper::Reaper};

/// Starts process groups that do not outlive this process. Clones share one reaper.
#[derive(Debug, Clone)]
pub(in crate::backend) struct Launcher {
    seam: PathBuf,
    reaper: Arc<Reaper>,
}

/// Program to run in a process group of its own.
#[derive(Debug)]
pub(super) struct Launch<'a> {
    pub(super) program: OsString,
    pub(super) args: Vec<String>,
    pub(super) env: Vec<(String, String)>,
    pub(super) folder: &'a Path,
    pub(super) stdout: Stdio,
    pub(super) stderr: Stdio,
}

impl Launcher {
    pub(super) fn start(seam: &Path) -> io::Result<Self> {
        Ok(Self {
            seam: seam.to_owned(),
            reaper: Arc::new(Reaper::start(seam)?),
        })
    }

    /// Has everything killed in the end that this run has started, wherever it has moved: all of it has the run's id
    /// in its environment.
    pub(super) fn mark(&self, run: &str) -> io::Result<()> {
        self.reaper.mark(run)
    }

    /// Has everything that the engine holds for this run removed in the end.
    pub(in crate::backend) fn watch_containers(&self, run: &str) -> io::Result<()> {
        self.reaper.watch_containers(run)
    }

    /// Has nothing removed for this run, as that is done, or as it is to stay.
    pub(in crate::backend) fn forget_containers(&self, run: &str) {
        self.reaper.forget_containers(run);
    }

    pub(super) async fn launch(&self, what: Launch<'_>) -> io::Result<Group> {
        let mut command = Command::new(&self.seam);
        for name in package_variables() {
            command.env_remove(name);
        }
        let mut child = command
            .args(["start-node", "--"])
            .arg(what.program)
            .args(what.args)
            .envs(what.env)
            .current_dir(what.folder)
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(what.stdout)
            .stderr(what.stderr)
            .spawn()?;
        let go = child.stdin.take();
        let pid = child.id().ok_or_else(|| io::Error::other("it ended at once"))?;
        let group = Group {
            pid,
            child,
            reaper: Arc::clone(&self.reaper),
            over: false,
        };
        self.reaper.watch(pid)?;
        go.ok_or(io::ErrorKind::BrokenPipe)?.write_all(b"!").await?;
        Ok(group)
    }
}

/// A program with everything that it started. Dropped while it runs, the whole group is killed.
#[derive(Debug)]
pub(super) struct Group {
    pid: u32,
    child: Child,
    reaper: Arc<Reaper>,
    over: bool,
}

impl Group {
    /// Process id of the leader, which is also the id of the group.
    pub(super) fn pid(&self) -> u32 {
        self.pid
    }

    pub(super) fn stdout(&mut self) -> Option<ChildStdout> {
        self.child.stdout.take()
    }

    /// Waits for the end of the leader, then kills the rest of its group.
    pub(super) async fn wait(mut self) -> io::Result<ExitStatus> {
        let status = self.child.wait().await;
        self.end();
        status
    }

    fn end(&mut self) {
        if !self.over {
            self.over = true;
            signal(self.pid, Signal::KILL);
            self.reaper.forget(self.pid);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.end();
    }
}

/// Sends a signal to a whole group. Does nothing if the group is gone.
pub(super) fn signal(group: u32, signal: Signal) {
    if let Some(pid) = i32::try_from(group).ok().and_then(Pid::from_raw) {
        let _ = kill_process_group(pid, signal);
    }
}

/// Refuses the leader of a group, and what it starts from then on, every write to a file, or allows it again.
///
/// # Errors
/// When the process is gone, or belongs to another user.
#[cfg(target_os = "linux")]
pub(super) fn limit_files(group: u32, none: bool) -> io::Result<()> {
    use rustix::process::{Resource, Rlimit, getrlimit, prlimit};

    let pid = i32::try_from(group).ok().and_then(Pid::from_raw);
    // The node was given the limits of this process, and a process without rights may not raise the hard one again.
    let own = getrlimit(Resource::Fsize);
    let current = if none { Some(0) } else { own.current };
    prlimit(pid, Resource::Fsize, Rlimit { current, ..own })?;
    Ok(())
}

#[cfg(not(target_os = "linux"))]
pub(super) fn limit_files(_: u32, _: bool) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
