//! Memory of which image was made of which file, so that a file that has not changed is not read again.

use std::{collections::BTreeMap, fs, io, os::unix::fs::MetadataExt, path::Path};

use serde::{Deserialize, Serialize};

/// Name of the memory, beside the files.
const MEMORY: &str = ".seam-images.json";

/// Marks of a file that change with its content, as cargo looks at them too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Marks {
    inode: u64,
    bytes: u64,
    /// Time of the last change, in seconds and nanoseconds.
    changed: (i64, i64),
}

/// Image that was made of a file with these marks.
#[derive(Debug, Serialize, Deserialize)]
struct Made {
    marks: Marks,
    reference: String,
}

impl Marks {
    /// The marks that a file has now.
    ///
    /// # Errors
    /// When it can't be looked at.
    pub(super) fn of(file: &Path) -> io::Result<Self> {
        let found = fs::metadata(file)?;
        Ok(Self {
            inode: found.ino(),
            bytes: found.size(),
            changed: (found.mtime(), found.mtime_nsec()),
        })
    }
}

/// Reference of the image that was made of a file, if it had the same marks then.
pub(super) fn recall(file: &Path, marks: &Marks) -> Option<String> {
    let made = read(file).remove(&name(file))?;
    (made.marks == *marks).then_some(made.reference)
}

/// Notes which image was made of a file. A memory that can't be written is none.
pub(super) fn note(file: &Path, marks: Marks, reference: &str) {
    let mut all = read(file);
    let reference = reference.to_owned();
    all.insert(name(file), Made { marks, reference });
    let memory = file.with_file_name(MEMORY);
    let new = file.with_file_name(format!("{MEMORY}.{}", std::process::id()));
    let text = serde_json::to_string_pretty(&all).unwrap_or_default();
    let _ = fs::write(&new, text).and_then(|()| fs::rename(&new, &memory));
}

fn read(file: &Path) -> BTreeMap<String, Made> {
    let text = fs::read_to_string(file.with_file_name(MEMORY)).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}

fn name(file: &Path) -> String {
    file.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_known_until_it_changes() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("orders");
        fs::write(&file, "one").unwrap();
        let marks = Marks::of(&file).unwrap();
        assert_eq!(recall(&file, &marks), None);
        note(&file, marks.clone(), "orders:1");
        note(&folder.path().join("payments"), marks.clone(), "payments:1");
        assert_eq!(recall(&file, &marks).as_deref(), Some("orders:1"));

        fs::write(&file, "two").unwrap();
        let changed = Marks::of(&file).unwrap();
        assert_ne!(changed, marks);
        assert_eq!(recall(&file, &changed), None);
        fs::write(folder.path().join(MEMORY), "{").unwrap();
        assert_eq!(recall(&file, &marks), None);
    }
}
