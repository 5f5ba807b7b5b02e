use std::{
    collections::BTreeSet,
    fs,
    io::{self, BufRead, Write},
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
    sync::{Mutex, PoisonError},
};

use std::os::unix::process::CommandExt;

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use crate::{backend::containers::remove_runs, interrupt::Interrupt};

/// Variable in the environment of every node and of all that it starts: the id of the run.
pub(in crate::backend) const RUN: &str = "SEAM_RUN";

/// Separate process that kills the registered process groups, and what has left them, as soon as this process is gone.
/// It notices by the end of a pipe, which the system closes however this process ends.
#[derive(Debug)]
pub(super) struct Reaper {
    pipe: Mutex<Option<ChildStdin>>,
    process: Mutex<Child>,
}

impl Reaper {
    pub(super) fn start(seam: &Path) -> io::Result<Self> {
        let mut process = Command::new(seam)
            .arg("reap")
            // Ctrl-C goes to the whole group of `seam`, and the reaper must outlive it.
            .process_group(0)
            // Started within a node of another run, it must outlive that one's end too.
            .env_remove(RUN)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        Ok(Self {
            pipe: Mutex::new(process.stdin.take()),
            process: Mutex::new(process),
        })
    }

    /// Registers a group to be killed when this process is gone. In force as soon as this returns: the reaper
    /// reads all that is in the pipe, even if the writer is gone by then.
    pub(super) fn watch(&self, group: u32) -> io::Result<()> {
        self.send(&format!("+{group}\n"))
    }

    /// Registers a run, to kill every process that has its id in the environment.
    pub(super) fn mark(&self, run: &str) -> io::Result<()> {
        self.send(&format!("={run}\n"))
    }

    /// Registers a run whose containers are to be removed, with all that belongs to them.
    pub(super) fn watch_containers(&self, run: &str) -> io::Result<()> {
        self.send(&format!("%{run}\n"))
    }

    /// Takes [`Reaper::watch_containers`] back.
    pub(super) fn forget_containers(&self, run: &str) {
        let _ = self.send(&format!("~{run}\n"));
    }

    /// Removes a group that has ended, since the system may give its number to another one.
    pub(super) fn forget(&self, group: u32) {
        // A reaper that is gone will kill nothing.
        let _ = self.send(&format!("-{group}\n"));
    }

    fn send(&self, line: &str) -> io::Result<()> {
        let mut pipe = self.pipe.lock().unwrap_or_else(PoisonError::into_inner);
        pipe.as_mut()
            .ok_or(io::ErrorKind::BrokenPipe)?
            .write_all(line.as_bytes())
    }
}

impl Drop for Reaper {
    fn drop(&mut self) {
        drop(self.pipe.lock().unwrap_or_else(PoisonError::into_inner).take());
        let _ = self.process.lock().unwrap_or_else(PoisonError::into_inner).wait();
    }
}

/// Runs the reaper (`seam reap`): reads groups and runs from stdin until its end, then kills the groups that are still
/// registered, and what the runs have left elsewhere, in containers too.
///
/// # Errors
/// When it cannot install its signal handlers.
pub(crate) fn reap() -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    // Never awaited: a signal with a handler no longer ends the process, which is all that is wanted.
    let _held_off = runtime.block_on(async { Interrupt::listen() })?;
    let (mut groups, mut runs, mut in_containers) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for line in io::stdin().lock().lines() {
        let Ok(line) = line else { break };
        match line.split_at_checked(1) {
            Some(("+", number)) => groups.extend(number.parse::<i32>()),
            Some(("-", number)) => groups.retain(|group| number.parse() != Ok(*group)),
            Some(("%", run)) => drop(in_containers.insert(run.to_owned())),
            Some(("~", run)) => drop(in_containers.remove(run)),
            Some(("=", run)) => drop(runs.insert(format!("{RUN}={run}"))),
            _ => {}
        }
    }
    for group in groups.into_iter().filter_map(Pid::from_raw) {
        // An error means that the group is gone already.
        let _ = kill_process_group(group, Signal::KILL);
    }
    kill_strays(&runs);
    runtime.block_on(remove_runs(&in_containers));
    Ok(())
}

/// Kills the processes that have left their groups, as `setsid` and daemons do. Looks again until there is no new one,
/// since a process may start another before it is killed.
fn kill_strays(runs: &BTreeSet<String>) {
    let mut killed = BTreeSet::new();
    loop {
        let new: Vec<i32> = strays(runs).filter(|pid| killed.insert(*pid)).collect();
        if new.is_empty() {
            return;
        }
        for pid in new.into_iter().filter_map(Pid::from_raw) {
            let _ = kill_process(pid, Signal::KILL);
        }
    }
}

/// The processes that have one of these variables in their environment. None where there is no `/proc`.
fn strays(runs: &BTreeSet<String>) -> impl Iterator<Item = i32> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    processes.filter_map(|process| {
        let pid = process.file_name().to_str()?.parse().ok()?;
        // One of somebody else can't be read.
        let environment = fs::read(process.path().join("environ")).ok()?;
        let mut variables = environment.split(|byte| *byte == 0);
        variables
            .any(|variable| std::str::from_utf8(variable).is_ok_and(|variable| runs.contains(variable)))
            .then_some(pid)
    })
}
