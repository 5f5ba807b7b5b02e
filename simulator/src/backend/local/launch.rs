use std::{
    ffi::OsString,
    io::{self, Read},
    os::unix::process::CommandExt,
    process::{Command, Stdio},
};

/// The shim (`seam launch -- PROGRAM ARGS...`): becomes the program once a byte arrives on stdin, and ends if stdin ends before:
/// then `seam` is gone, or could not tell the reaper.
///
/// # Errors
/// When no byte came or the program can't be run. Does not return otherwise.
pub(crate) fn launch(words: &[OsString]) -> io::Result<()> {
    io::stdin().read_exact(&mut [0])?;
    let (program, args) = words.split_first().ok_or(io::ErrorKind::InvalidInput)?;
    Err(Command::new(program).args(args).stdin(Stdio::null()).exec())
}
