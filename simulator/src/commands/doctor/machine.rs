//! Questions to the machine: programs, disk space, limits.

use std::{io, path::Path, process::Stdio, time::Duration};

use rustix::process::{Resource, getrlimit};
use tokio::{process::Command, time::timeout};

/// Time limit for a program to print its version.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// Runs a program and returns the first line that it prints. `Err` is the reason why there is none.
pub(super) async fn first_line(program: &str, args: &[&str]) -> Result<String, String> {
    let run = Command::new(program)
        .args(args)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    match timeout(ANSWER_WITHIN, run).await {
        Err(_) => Err(format!("{program} does not answer")),
        Ok(Err(error)) if error.kind() == io::ErrorKind::NotFound => Err("not found".to_owned()),
        Ok(Err(error)) => Err(error.to_string()),
        Ok(Ok(output)) => {
            let said = if output.status.success() {
                &output.stdout
            } else {
                &output.stderr
            };
            let line = String::from_utf8_lossy(said)
                .lines()
                .next()
                .unwrap_or_default()
                .trim()
                .to_owned();
            if output.status.success() { Ok(line) } else { Err(line) }
        }
    }
}

/// Free bytes of the disk that holds a folder.
pub(super) fn free_bytes(folder: &Path) -> io::Result<u64> {
    let disk = rustix::fs::statvfs(folder)?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
}

/// Highest number of open files that a process may ask for. `None` if there is no limit.
pub(super) fn open_files() -> Option<u64> {
    getrlimit(Resource::Nofile).maximum
}
