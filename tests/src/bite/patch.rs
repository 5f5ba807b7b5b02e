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

/// An edit can't be made: the code has moved on. Mend the edit in the catalogue.
#[derive(Debug, thiserror::Error)]
#[error("{file} has {seen} times {find:?}, wanted once: mend this edit in tests/src/bite/modules.rs")]
pub struct NoLonger {
    file: &'static str,
    find: &'static str,
    seen: usize,
}

impl Edit {
    /// Makes the edit in the workspace at `root`; hands back what the file was.
    pub fn make(&self, root: &Path) -> Result<String, NoLonger> {
        let path = root.join(self.file);
        let before = fs::read_to_string(&path).unwrap_or_default();
        let seen = before.matches(self.find).count();
        if seen != 1 {
            let Self { file, find, .. } = *self;
            return Err(NoLonger { file, find, seen });
        }
        let after = before.replacen(self.find, self.replace, 1);
        fs::write(&path, after).map_err(|_| NoLonger {
            file: self.file,
            find: self.find,
            seen: 0,
        })?;
        Ok(before)
    }
}
