use std::{
    fs::{File, OpenOptions, TryLockError},
    path::{Path, PathBuf},
};

use crate::launch::Refused;

/// The path of a file that belongs to another.
pub(crate) fn beside(file: &Path, extension: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".");
    name.push(extension);
    name.into()
}

/// Locks a file for this process until the returned one is closed, by the file beside it that ends with `.lock`.
pub(crate) fn locked(file: &Path) -> Result<File, Refused> {
    let path = beside(file, "lock");
    let opened = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
    let lock = opened.map_err(|error| Refused::file(&path, format!("can't be opened: {error}")))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => {
            let problem = "another launch holds this file; end that one, or give this one a file of its own";
            Err(Refused::file(file, problem))
        }
        Err(TryLockError::Error(error)) => Err(Refused::file(&path, format!("can't be locked: {error}"))),
    }
}
