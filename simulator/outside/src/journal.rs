use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    marker::PhantomData,
    path::{Path, PathBuf},
};

use serde::{Serialize, de::DeserializeOwned};

/// Why a journal could not be opened or written.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The file could not be read or written.
    #[error("journal {path} can't be used: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A line is not ours.
    #[error("journal {path} line {line} is not readable ({reason}); give another data folder or remove the file")]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// Why.
        reason: String,
    },
}

/// An append-only file of JSON lines, or nothing at all where no folder is given.
///
/// What `append` has returned for survives a kill of the process. A last line cut short by a kill was never acknowledged and is dropped.
#[derive(Debug)]
pub(crate) struct Journal<T> {
    file: Option<(PathBuf, File)>,
    entries: PhantomData<fn(T)>,
}

impl<T: Serialize + DeserializeOwned> Journal<T> {
    /// Opens `folder/name`, creating both if need be, and gives back what it holds.
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
        std::fs::create_dir_all(folder).map_err(failed)?;
        let file = OpenOptions::new()
            .create(true)
            .append(true)
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

    /// Writes all of them with one call to the system, or fails.
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
