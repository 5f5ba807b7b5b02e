//! A record as a file.

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
    // Who asks for the records of one service reads its folder alone.
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

/// Writes a record below the ledger's folder: whole and on the disk, or not at all.
pub(super) fn write(ledger: &Path, record: &Record) -> Result<PathBuf, LedgerError> {
    let id = record.id();
    let folder = folder_of(ledger, record);
    let time = record.at().strftime("%Y%m%dT%H%M%SZ");
    let file = folder.join(format!("{time}-{}.json", id.short()));
    let unwritable = |source| LedgerError::Unwritable {
        file: file.clone(),
        source,
    };
    if file.exists() {
        // The name derives from the content: it is there already, unless somebody has edited it.
        return read(ledger, &file).map(|_| file);
    }
    let written = Written { checksum: &id, record };
    let text = serde_json::to_string_pretty(&written).map_err(|error| unwritable(error.into()))?;
    fs::create_dir_all(&folder).map_err(unwritable)?;
    put(&folder, &file, &text).map_err(unwritable)?;
    Ok(file)
}

/// A file of this text appears under its name only when all of it is on the disk.
fn put(folder: &Path, file: &Path, text: &str) -> io::Result<()> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let draft = folder.join(format!(".{}-{number}.draft", std::process::id()));
    let written = (|| {
        let mut open = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .open(&draft)?;
        writeln!(open, "{text}")?;
        open.sync_all()?;
        fs::rename(&draft, file)?;
        File::open(folder)?.sync_all()
    })();
    if written.is_err() {
        // What is left of a draft is never read; so it does no harm if it stays.
        let _ = fs::remove_file(&draft);
    }
    written
}

/// A name that every file system takes: other characters than letters, digits, dashes, dots and underscores are written as %XX, and a dot
/// at the beginning too.
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
