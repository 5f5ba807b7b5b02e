use std::{
    collections::BTreeSet,
    io::{self, BufRead, Write},
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
    sync::{Mutex, PoisonError},
};

use std::os::unix::process::CommandExt;

use rustix::process::{Pid, Signal, kill_process_group};

use crate::interrupt::Interrupt;

/// Separate process that kills the registered process groups as soon as this process is gone. It notices by the
/// end of a pipe, which the system closes however this process ends.
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

/// Runs the reaper (`seam reap`): reads groups from stdin until its end, then kills those that are still registered.
///
/// # Errors
/// When it cannot install its signal handlers.
pub(crate) fn reap() -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    let _entered = runtime.enter();
    // Never awaited: a signal with a handler no longer ends the process, which is all that is wanted.
    let _held_off = Interrupt::listen()?;
    let mut groups = BTreeSet::new();
    for line in io::stdin().lock().lines() {
        let Ok(line) = line else { break };
        match line.split_at_checked(1) {
            Some(("+", number)) => groups.extend(number.parse::<i32>()),
            Some(("-", number)) => groups.retain(|group| number.parse() != Ok(*group)),
            _ => {}
        }
    }
    for group in groups.into_iter().filter_map(Pid::from_raw) {
        // An error means that the group is gone already.
        let _ = kill_process_group(group, Signal::KILL);
    }
    Ok(())
}
