use std::{
    fs::{self, File},
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom},
    ops::Range,
    path::{Path, PathBuf},
};

/// Bytes at the end of a log that are searched for its last lines.
const TAIL_BYTES: u64 = 64 * 1024;
/// Bytes that are read of a growing log at a time.
const LARGEST_PIECE: u64 = 1024 * 1024;

/// Last lines of a log, at most `lines`. Empty if the log cannot be read.
pub(super) fn tail(log: &Path, lines: usize) -> Vec<String> {
    let Ok(text) = last_bytes(log) else { return Vec::new() };
    let text = String::from_utf8_lossy(&text);
    let mut last: Vec<String> = text.lines().rev().take(lines).map(str::to_owned).collect();
    last.reverse();
    last
}

/// Reason why a log can't grow, such as a full disk: a node that could not write its log may have died of that, and has
/// not said so. `None` if it can.
pub(super) fn trouble(log: &Path) -> Option<String> {
    // Another file: the last block of the log itself may have room when nothing else has.
    let probe = log.with_extension("probe");
    let written = fs::write(&probe, [0; 4096]);
    let removed = fs::remove_file(&probe);
    written.and(removed).err().map(|error| error.to_string())
}

fn last_bytes(log: &Path) -> io::Result<Vec<u8>> {
    let mut file = File::open(log)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL_BYTES)))?;
    let mut bytes = Vec::new();
    file.take(TAIL_BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Goes through all lines of a log with their bytes, the last one too if it is not complete.
pub(super) fn each_line(log: &Path, mut seen: impl FnMut(&str, Range<u64>)) -> io::Result<()> {
    let mut file = BufReader::new(File::open(log)?);
    let mut line = Vec::new();
    let mut begin = 0;
    while file.read_until(b'\n', &mut line)? > 0 {
        let end = begin + line.len() as u64;
        seen(
            String::from_utf8_lossy(&line).trim_end_matches(['\n', '\r']),
            begin..end,
        );
        begin = end;
        line.clear();
    }
    Ok(())
}

/// Length of a log in bytes; 0 if it does not exist yet.
pub(super) fn length(log: &Path) -> u64 {
    std::fs::metadata(log).map_or(0, |log| log.len())
}

/// Reader of the lines that are added to a log. Each is given once, when it is complete.
#[derive(Debug)]
pub(crate) struct Lines {
    log: PathBuf,
    offset: u64,
    /// Beginning of a line that is not complete yet.
    begun: Vec<u8>,
}

impl Lines {
    /// Reads from `offset`, in bytes.
    pub(crate) fn from(log: PathBuf, offset: u64) -> Self {
        Self {
            log,
            offset,
            begun: Vec::new(),
        }
    }

    /// Lines that were completed since the last call. Empty if the log cannot be read.
    pub(crate) fn next(&mut self) -> Vec<String> {
        let Ok(bytes) = self.added() else { return Vec::new() };
        self.offset += bytes.len() as u64;
        self.begun.extend(bytes);
        let Some(end) = self.begun.iter().rposition(|byte| *byte == b'\n') else {
            return Vec::new();
        };
        let rest = self.begun.split_off(end + 1);
        let whole = std::mem::replace(&mut self.begun, rest);
        String::from_utf8_lossy(&whole).lines().map(str::to_owned).collect()
    }

    fn added(&self) -> io::Result<Vec<u8>> {
        let mut file = File::open(&self.log)?;
        file.seek(SeekFrom::Start(self.offset))?;
        let mut bytes = Vec::new();
        file.take(LARGEST_PIECE).read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_takes_files_is_no_trouble_and_is_left_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(trouble(&folder.path().join("web.log")), None);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        let gone = trouble(&folder.path().join("gone/web.log"));
        assert!(
            gone.as_deref().is_some_and(|reason| reason.contains("No such file")),
            "{gone:?}"
        );
    }
}
