use std::{fs, path::Path};

/// One edit to one file: replaces a text that occurs exactly once.
#[derive(Clone, Copy, Debug)]
pub struct Edit {
    /// The path from the root of the workspace.
    pub file: &'static str,
    /// The text to replace.
    pub find: &'static str,
    /// The text that replaces it.
    pub replace: &'static str,
}

/// The reason why an edit can't be made.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// The code has changed; adapt the edit in the catalogue.
    #[error("{file} has {seen} times {find:?}, wanted once: mend this edit in tests/src/seeded_bugs")]
    NoLonger {
        /// The path from the root of the workspace.
        file: &'static str,
        /// The text to replace.
        find: &'static str,
        /// Number of occurrences in the file.
        seen: usize,
    },
    /// The file can't be read or written.
    #[error("{file}: {source}")]
    File {
        /// The path from the root of the workspace.
        file: &'static str,
        /// The error of the file system.
        source: std::io::Error,
    },
}

impl Edit {
    /// Makes the edit in the workspace at `root` and returns the previous content of the file.
    pub fn make(&self, root: &Path) -> Result<String, EditError> {
        let before = self.applies(root)?;
        let after = before.replacen(self.find, self.replace, 1);
        fs::write(root.join(self.file), after).map_err(|source| self.failed(source))?;
        Ok(before)
    }

    /// Returns the content of the file if the edit can be made in the workspace at `root`.
    pub fn applies(&self, root: &Path) -> Result<String, EditError> {
        let text = fs::read_to_string(root.join(self.file)).map_err(|source| self.failed(source))?;
        match text.matches(self.find).count() {
            1 => Ok(text),
            seen => Err(EditError::NoLonger {
                file: self.file,
                find: self.find,
                seen,
            }),
        }
    }

    fn failed(&self, source: std::io::Error) -> EditError {
        EditError::File {
            file: self.file,
            source,
        }
    }
}
