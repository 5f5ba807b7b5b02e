//! Records as files.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use serde::{Deserialize, Serialize};

use super::{LedgerError, Record};
use crate::document::ContentHash;

#[derive(Serialize)]
struct Written<'a> {
    checksum: &'a ContentHash,
    record: &'a Record,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Read {
    checksum: ContentHash,
    record: Record,
}

/// Reads a record and its checksum.
pub(super) fn read(ledger: &Path, file: &Path) -> Result<(ContentHash, Record), LedgerError> {
    let unreadable = |source| LedgerError::Unreadable {
        file: file.to_owned(),
        source,
    };
    let text = fs::read(file).map_err(unreadable)?;
    let Read { checksum, record } = serde_json::from_slice(&text).map_err(|source| LedgerError::NoRecord {
        file: file.to_owned(),
        source,
    })?;
    let seen = record.id();
    if seen != checksum {
        return Err(LedgerError::Edited {
            file: file.to_owned(),
            written: checksum.short().to_owned(),
            seen: seen.short().to_owned(),
        });
    }
    // Reading the records of one service opens its folder alone, so a record in another folder would be missed.
    let belongs = folder_of(ledger, &record);
    if file.parent() != Some(&belongs) {
        return Err(LedgerError::Misplaced {
            file: file.to_owned(),
            belongs,
        });
    }
    Ok((checksum, record))
}

fn folder_of(ledger: &Path, record: &Record) -> PathBuf {
    ledger.join(record.kind()).join(folder_name(record.service()))
}

/// Writes records below the ledger's folder, all of them or none, and returns their files. They are on the disk
/// when it returns.
///
/// Every record is first written to the disk under a temporary name that nobody reads; then all are renamed. A
/// machine that stops in between leaves some of the records, each of them whole.
pub(super) fn write(ledger: &Path, records: &[Record]) -> Result<Vec<PathBuf>, LedgerError> {
    let mut batch = Batch::default();
    let written = batch.write(ledger, records);
    if written.is_err() {
        batch.take_back();
    }
    written
}

/// Progress of a write, so that it can be undone.
#[derive(Default)]
struct Batch {
    /// Temporary files, each with its final name.
    drafts: Vec<(PathBuf, PathBuf)>,
    /// Files that have their final name.
    named: Vec<PathBuf>,
    /// Folders that the write created, each before those inside it.
    folders: Vec<PathBuf>,
}

impl Batch {
    fn write(&mut self, ledger: &Path, records: &[Record]) -> Result<Vec<PathBuf>, LedgerError> {
        let files = records
            .iter()
            .map(|record| self.prepare(ledger, record))
            .collect::<Result<_, _>>()?;
        for (draft, file) in &self.drafts {
            let named = fs::rename(draft, file);
            named.map_err(|source| unwritable(file, source))?;
            self.named.push(file.clone());
        }
        for file in &self.named {
            let synced = file.parent().map_or(Ok(()), sync);
            synced.map_err(|source| unwritable(file, source))?;
        }
        Ok(files)
    }

    fn prepare(&mut self, ledger: &Path, record: &Record) -> Result<PathBuf, LedgerError> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let id = record.id();
        let folder = folder_of(ledger, record);
        let file = ledger.join(record.file(&id));
        if file.exists() {
            // The name derives from the content, so an existing file holds this very record, unless somebody has
            // edited it.
            return read(ledger, &file).map(|_| file);
        }
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let draft = folder.join(format!(".{}-{number}.draft", std::process::id()));
        self.drafts.push((draft.clone(), file.clone()));
        let written = Written { checksum: &id, record };
        let put = serde_json::to_string_pretty(&written)
            .map_err(io::Error::from)
            .and_then(|text| {
                self.create(&folder)?;
                put(&draft, &text)
            });
        put.map_err(|source| unwritable(&file, source)).map(|()| file)
    }

    /// Creates a folder with all missing folders around it, and syncs them to the disk.
    fn create(&mut self, folder: &Path) -> io::Result<()> {
        let around = folder.ancestors().take_while(|folder| !folder.exists());
        let mut missing: Vec<PathBuf> = around.map(Path::to_owned).collect();
        missing.reverse();
        fs::create_dir_all(folder)?;
        for created in &missing {
            match created.parent() {
                Some(parent) if parent.as_os_str().is_empty() => sync(Path::new("."))?,
                Some(parent) => sync(parent)?,
                None => {}
            }
        }
        self.folders.extend(missing);
        Ok(())
    }

    /// Removes everything that the write created.
    fn take_back(&self) {
        // Failing to remove a draft or an empty folder does no harm: neither is ever read.
        for file in self.drafts.iter().map(|(draft, _)| draft).chain(&self.named) {
            let _ = fs::remove_file(file);
        }
        for folder in self.folders.iter().rev() {
            let _ = fs::remove_dir(folder);
        }
    }
}

fn unwritable(file: &Path, source: io::Error) -> LedgerError {
    LedgerError::Unwritable {
        file: file.to_owned(),
        source,
    }
}

fn put(draft: &Path, text: &str) -> io::Result<()> {
    let mut open = OpenOptions::new().write(true).create(true).truncate(true).open(draft)?;
    writeln!(open, "{text}")?;
    open.sync_all()
}

/// Syncs the list of a folder's files to the disk.
fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Name that every file system accepts. Bytes other than letters, digits, dashes, dots and underscores, and a
/// leading dot, are written as `%XX`.
pub(super) fn folder_name(service: &str) -> String {
    let mut name = String::new();
    for (index, byte) in service.bytes().enumerate() {
        let plain = byte.is_ascii_alphanumeric() || b"-_".contains(&byte) || (byte == b'.' && index > 0);
        if plain {
            name.push(char::from(byte));
        } else {
            name.push_str(&format!("%{byte:02X}"));
        }
    }
    name
}
