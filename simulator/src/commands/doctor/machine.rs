//! Questions to the machine.

use std::{io, path::Path, process::Stdio, time::Duration};

use rustix::process::{Resource, getrlimit};
use tokio::{process::Command, time::timeout};

/// The time that a tool has to answer; a slower one counts as missing.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// The first line that a program prints.
///
/// # Errors
/// When it is missing, fails, or does not answer; the text says which.
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

/// The bytes that may still be written in this folder.
pub(super) fn free_bytes(folder: &Path) -> io::Result<u64> {
    let disk = rustix::fs::statvfs(folder)?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
}

/// The number of files that a process may have open; `None` if there is no limit.
pub(super) fn open_files() -> Option<u64> {
    getrlimit(Resource::Nofile).maximum
}
