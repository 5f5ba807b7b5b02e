use std::{
    ffi::OsString,
    io::{self, Read},
    os::unix::process::CommandExt,
    process::{Command, Stdio},
};

/// Runs the shim (`seam launch -- PROGRAM ARGS...`): replaces itself with the program once a byte arrives on
/// stdin. If stdin ends before that, `seam` is gone or could not reach the reaper, and the program must not
/// start.
///
/// # Errors
/// When no byte came or the program cannot be run. Does not return otherwise.
pub(crate) fn launch(words: &[OsString]) -> io::Result<()> {
    io::stdin().read_exact(&mut [0])?;
    let (program, args) = words.split_first().ok_or(io::ErrorKind::InvalidInput)?;
    Err(Command::new(program).args(args).stdin(Stdio::null()).exec())
}
