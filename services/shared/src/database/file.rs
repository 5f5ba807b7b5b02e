use std::{
    fs, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use super::DatabaseError;

/// The file of a SQLite database, as it was when it was opened.
///
/// A process keeps a file that was removed, or that another one was moved over: what it writes there is lost with
/// the process. Only the file system tells, so it is asked before each transaction; that takes microseconds.
#[derive(Clone, Debug)]
pub(super) struct DatabaseFile {
    path: PathBuf,
    device: u64,
    inode: u64,
}

impl DatabaseFile {
    /// Remembers which file stands at `path`.
    pub(super) fn at(path: &Path) -> io::Result<Self> {
        let found = fs::metadata(path)?;
        Ok(Self {
            path: path.to_owned(),
            device: found.dev(),
            inode: found.ino(),
        })
    }

    /// Fails with [`DatabaseError::Gone`] if the file was removed or replaced since.
    pub(super) fn check(&self) -> Result<(), DatabaseError> {
        let what = match fs::metadata(&self.path) {
            Ok(found) if (found.dev(), found.ino()) == (self.device, self.inode) => return Ok(()),
            Ok(_) => "replaced by another one".to_owned(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => "removed".to_owned(),
            Err(error) => format!("made unreachable ({error})"),
        };
        Err(DatabaseError::Gone {
            file: self.path.display().to_string(),
            what,
        })
    }
}
