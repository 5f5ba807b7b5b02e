//! Output of commands: results go to stdout, everything else to stderr.

use std::{
    fs,
    io::{self, IsTerminal, Write},
    path::Path,
};

use comfy_table::{ContentArrangement, Table, presets};

use crate::exit;

/// The columns of a result that goes to a file or a pipe.
const WIDTH: u16 = 120;

/// Prints a result as it is to stdout. A reader that has gone away is not a failure of the command.
pub(crate) fn print(text: &str) {
    let mut stdout = io::stdout().lock();
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
}

/// Prints a result to stdout and ends its line.
pub(crate) fn print_line(text: &str) {
    print(&format!("{text}\n"));
}

/// The columns that a result may take: those of the terminal within reason, or 120 elsewhere.
pub(crate) fn width() -> u16 {
    let terminal = io::stdout().is_terminal().then(crossterm::terminal::size);
    match terminal {
        Some(Ok((columns, _))) => columns.clamp(60, 160),
        _ => WIDTH,
    }
}

/// An empty table without lines that is at most `width` wide.
pub(crate) fn table(width: u16) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(width);
    table
}

/// Writes a result to a file.
///
/// # Errors
/// When it can't be written; the text names the file.
pub(crate) fn write(file: &Path, text: &str) -> Result<(), String> {
    fs::write(file, text).map_err(|error| format!("the result can't be written to {}: {error}", file.display()))
}

/// Says on stderr why a command could not run, and returns the exit code for it.
pub(crate) fn could_not_run(command: &str, error: &str) -> u8 {
    complain(command, error);
    exit::COULD_NOT_RUN
}

/// Says on stderr what went wrong in a command.
pub(crate) fn complain(command: &str, error: &str) {
    eprintln!("seam {command}: {error}");
}
