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
        let before = self.applies(root)?;
        let after = before.replacen(self.find, self.replace, 1);
        fs::write(root.join(self.file), after).map_err(|source| self.failed(source))?;
        Ok(before)
    }

    /// What the file is, if the edit can be made in the workspace at `root`.
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
