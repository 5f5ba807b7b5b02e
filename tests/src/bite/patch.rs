use std::{fs, path::Path};

/// One edit to one file: what is found there exactly once, and what takes its place.
#[derive(Clone, Copy, Debug)]
pub struct Edit {
    /// The file, from the root of the workspace.
    pub file: &'static str,
    /// The text that goes.
    pub find: &'static str,
    /// The text that comes.
    pub replace: &'static str,
}

/// Why an edit can't be made.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// The code has moved on: mend the edit in the catalogue.
    #[error("{file} has {seen} times {find:?}, wanted once: mend this edit in tests/src/bite/modules.rs")]
    NoLonger {
        /// The file.
        file: &'static str,
        /// What was to be found.
        find: &'static str,
        /// How often it is there.
        seen: usize,
    },
    /// The file can't be read or written.
    #[error("{file}: {source}")]
    File {
        /// The file.
        file: &'static str,
        /// Why.
        source: std::io::Error,
    },
}

impl Edit {
    /// Makes the edit in the workspace at `root`; hands back what the file was.
    pub fn make(&self, root: &Path) -> Result<String, EditError> {
        let Self { file, find, replace } = *self;
        let failed = |source| EditError::File { file, source };
        let path = root.join(file);
        let before = fs::read_to_string(&path).map_err(failed)?;
        let seen = before.matches(find).count();
        if seen != 1 {
            return Err(EditError::NoLonger { file, find, seen });
        }
        fs::write(&path, before.replacen(find, replace, 1)).map_err(failed)?;
        Ok(before)
    }
}
