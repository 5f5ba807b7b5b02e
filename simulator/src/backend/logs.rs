use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    path::Path,
};

/// Bytes at the end of a log that are searched for its last lines.
const TAIL_BYTES: u64 = 64 * 1024;

/// Last lines of a log, at most `lines`. Empty if the log cannot be read.
pub(super) fn tail(log: &Path, lines: usize) -> Vec<String> {
    let Ok(text) = last_bytes(log) else { return Vec::new() };
    let text = String::from_utf8_lossy(&text);
    let mut last: Vec<String> = text.lines().rev().take(lines).map(str::to_owned).collect();
    last.reverse();
    last
}

fn last_bytes(log: &Path) -> io::Result<Vec<u8>> {
    let mut file = File::open(log)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL_BYTES)))?;
    let mut bytes = Vec::new();
    file.take(TAIL_BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}
