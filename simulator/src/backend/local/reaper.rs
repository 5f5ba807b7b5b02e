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

/// A process of its own that kills the process groups it was told of as soon as this process is gone. It learns that from the
/// end of a pipe, which the system closes however a process ends.
#[derive(Debug)]
pub(super) struct Reaper {
    pipe: Mutex<Option<ChildStdin>>,
    process: Mutex<Child>,
}

impl Reaper {
    pub(super) fn start(seam: &Path) -> io::Result<Self> {
        let mut process = Command::new(seam)
            .arg("reap")
            // What ends the group of `seam`, such as Ctrl-C, must not end its reaper.
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

    /// From now on this group does not outlive us. Holds as soon as this returns: what is in the pipe is read, even if we
    /// are gone by then.
    pub(super) fn watch(&self, group: u32) -> io::Result<()> {
        self.tell(&format!("+{group}\n"))
    }

    /// This group is gone; its number may come to mean somebody else.
    pub(super) fn forget(&self, group: u32) {
        // If the reaper is gone, so is its memory.
        let _ = self.tell(&format!("-{group}\n"));
    }

    fn tell(&self, line: &str) -> io::Result<()> {
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

/// The reaper's own side (`seam reap`): listens on stdin until its end, then kills.
///
/// # Errors
/// When its signals can't be held off.
pub(crate) fn reap() -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    let _entered = runtime.enter();
    // Never awaited: being heard, these signals no longer end the process, and that is all.
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
        // A group that is gone already is what is wanted.
        let _ = kill_process_group(group, Signal::KILL);
    }
    Ok(())
}
