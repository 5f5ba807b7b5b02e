use std::{
    fs::{DirBuilder, File, OpenOptions},
    io::{self, Write},
    marker::PhantomData,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use serde::{Serialize, de::DeserializeOwned};

/// Failure to open or write a journal.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The file could not be read or written.
    #[error("journal {path} can't be used: {source}")]
    File {
        /// Path of the journal.
        path: PathBuf,
        /// Cause given by the system.
        source: io::Error,
    },
    /// A line is not an entry of this journal.
    #[error("journal {path} line {line} is not readable ({reason}); give another data folder or remove the file")]
    Corrupt {
        /// Path of the journal.
        path: PathBuf,
        /// Number of the line, from 1.
        line: usize,
        /// Reason given by the parser.
        reason: String,
    },
}

/// An append-only file of JSON lines; without a folder, a journal that stores nothing.
///
/// Entries survive a kill of the process once `append` has returned. A last line that a kill cut short was never
/// acknowledged and is dropped.
#[derive(Debug)]
pub(crate) struct Journal<T> {
    file: Option<(PathBuf, File)>,
    entries: PhantomData<fn(T)>,
}

impl<T: Serialize + DeserializeOwned> Journal<T> {
    /// Opens `folder/name`, or creates both, and returns the entries in it. Whatever is created is for its owner only:
    /// mails hold the data of customers.
    pub(crate) fn open(folder: Option<&Path>, name: &str) -> Result<(Self, Vec<T>), JournalError> {
        let Some(folder) = folder else {
            return Ok((
                Self {
                    file: None,
                    entries: PhantomData,
                },
                Vec::new(),
            ));
        };
        let path = folder.join(name);
        let failed = |source| JournalError::File {
            path: path.clone(),
            source,
        };
        let mut private = DirBuilder::new();
        private.recursive(true).mode(0o700);
        private.create(folder).map_err(failed)?;
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(&path)
            .map_err(failed)?;
        let mut bytes = std::fs::read(&path).map_err(failed)?;
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        if whole < bytes.len() {
            bytes.truncate(whole);
            file.set_len(bytes.len().try_into().unwrap_or(u64::MAX))
                .map_err(failed)?;
        }
        let entries = read_lines(&bytes, &path)?;
        Ok((
            Self {
                file: Some((path, file)),
                entries: PhantomData,
            },
            entries,
        ))
    }

    /// Writes all entries with one call to the system, or fails.
    pub(crate) fn append(&mut self, entries: &[T]) -> Result<(), JournalError> {
        let Some((path, file)) = &mut self.file else {
            return Ok(());
        };
        let mut bytes = Vec::new();
        for entry in entries {
            serde_json::to_writer(&mut bytes, entry).map_err(|error| JournalError::File {
                path: path.clone(),
                source: error.into(),
            })?;
            bytes.push(b'\n');
        }
        file.write_all(&bytes).map_err(|source| JournalError::File {
            path: path.clone(),
            source,
        })
    }
}

fn read_lines<T: DeserializeOwned>(bytes: &[u8], path: &Path) -> Result<Vec<T>, JournalError> {
    bytes
        .split(|byte| *byte == b'\n')
        .enumerate()
        .filter(|(_, line)| !line.is_empty())
        .map(|(index, line)| {
            serde_json::from_slice(line).map_err(|error| JournalError::Corrupt {
                path: path.to_owned(),
                line: index + 1,
                reason: error.to_string(),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::Journal;

    #[test]
    fn only_the_owner_reads_a_journal() {
        let parent = tempfile::tempdir().expect("a folder");
        let folder = parent.path().join("a/b");
        let (mut journal, _) = Journal::<String>::open(Some(&folder), "mails.jsonl").expect("a new journal");
        journal.append(&["a mail".to_owned()]).expect("it is written");

        let mode = |path: &std::path::Path| path.metadata().expect("it is there").permissions().mode() & 0o777;
        assert_eq!(mode(&folder.join("mails.jsonl")), 0o600);
        assert_eq!(mode(&folder), 0o700);
        assert_eq!(mode(&parent.path().join("a")), 0o700);
    }
}
