use std::{
    fs::{self, File},
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
