//! Output of commands: results go to stdout, everything else to stderr. No other file of the commands writes to either.

use std::{
    borrow::Cow,
    fs::{self, File},
    io::{self, IsTerminal, Write},
    os::fd::AsFd,
    path::Path,
    sync::LazyLock,
};

use comfy_table::{ContentArrangement, Table, presets};

use crate::exit;

/// The columns of a result that goes to a file or a pipe.
const WIDTH: u16 = 120;

/// The reader of stdout, as a write has found it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reader {
    /// Took the result.
    Reads,
    /// Closed its end of the pipe, as `head` does when it has seen enough. That is no failure of the command.
    Gone,
}

/// Prints a result to stdout, with control characters made visible.
///
/// # Errors
/// When it can't be written. A command whose result is lost could not run, whatever the result was.
pub(crate) fn print(text: &str) -> Result<Reader, String> {
    draw(visible(text).as_bytes())
}

/// Prints a result to stdout and ends its line.
///
/// # Errors
/// As [`print`].
pub(crate) fn print_line(text: &str) -> Result<Reader, String> {
    print(&format!("{text}\n"))
}

/// Writes to stdout as it is, with the codes that move a terminal's cursor.
///
/// # Errors
/// As [`print`].
pub(crate) fn draw(picture: &[u8]) -> Result<Reader, String> {
    // Not through `io::Stdout`, which takes a stdout that is open for reading only as written to. Kept, since a
    // process whose proxies are out of descriptors still has results to write.
    static STDOUT: LazyLock<io::Result<File>> =
        LazyLock::new(|| io::stdout().as_fd().try_clone_to_owned().map(File::from));
    match &*STDOUT {
        Ok(stdout) => read_by({ stdout }.write_all(picture)),
        Err(error) => Err(not_written(error)),
    }
}

fn read_by(written: io::Result<()>) -> Result<Reader, String> {
    match written {
        Ok(()) => Ok(Reader::Reads),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Reader::Gone),
        Err(error) => Err(not_written(&error)),
    }
}

fn not_written(error: &io::Error) -> String {
    format!("the result can't be written to stdout: {error}")
}

/// The exit code of a command that has printed its result: `code`, unless the result is lost.
pub(crate) fn printed(command: &str, printed: Result<Reader, String>, code: u8) -> u8 {
    printed.map_or_else(|error| could_not_run(command, &error), |_| code)
}

/// A text whose control characters do nothing to a terminal: all but line ends and tabs are written as JSON writes
/// them. Names come from files that others wrote, and JSON stays the JSON that it was.
fn visible(text: &str) -> Cow<'_, str> {
    let hidden = |shown: char| shown.is_control() && shown != '\n' && shown != '\t';
    if !text.contains(hidden) {
        return text.into();
    }
    let mut visible = String::with_capacity(text.len() + 16);
    for shown in text.chars() {
        if hidden(shown) {
            visible.push_str(&format!("\\u{:04x}", u32::from(shown)));
        } else {
            visible.push(shown);
        }
    }
    visible.into()
}

/// True if stdout is a terminal.
pub(crate) fn is_terminal() -> bool {
    io::stdout().is_terminal()
}

/// The columns that a result may take: those of the terminal within reason, or 120 elsewhere.
pub(crate) fn width() -> u16 {
    let terminal = is_terminal().then(crossterm::terminal::size);
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
    let space = if command.is_empty() { "" } else { " " };
    note(&format!("seam{space}{command}: {error}"));
}

/// Says a line on stderr. One that can't be written is lost: nothing is left to say it with.
pub(crate) fn note(line: &str) {
    let _ = io::stderr().write_all(visible(&format!("{line}\n")).as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_control_character_is_shown_and_json_stays_json() {
        assert_eq!(visible("a\u{1b}[2J\rb\tc\n"), "a\\u001b[2J\\u000db\tc\n");
        let json = serde_json::json!({ "name": "\u{1b}\u{7f}\u{9b}31m\n" });
        let shown = visible(&format!("{json:#}\n")).into_owned();
        assert!(!shown.contains(['\u{1b}', '\u{7f}', '\u{9b}']), "{shown}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).unwrap(), json);
    }

    #[test]
    fn a_closed_pipe_is_no_failure_and_a_full_disk_is_one() {
        assert_eq!(read_by(Err(io::ErrorKind::BrokenPipe.into())), Ok(Reader::Gone));
        assert!(read_by(Err(io::ErrorKind::StorageFull.into())).is_err());
    }
}
