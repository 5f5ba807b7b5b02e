use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering::SeqCst},
};

use crate::steps::FailPoint;

/// Variable that names the point of a program, as `NAME:N`.
const POINT: &str = "SEAM_FAIL_POINT";
/// Variable that names the file of the point.
const FILE: &str = "SEAM_FAIL_POINT_FILE";

/// Point in the code of a node at which it can be made to die. A file says when: passes count while it is there, and
/// the process that removes it dies. So a death at the point is told from any other.
#[derive(Debug)]
pub(super) struct CrashPoint {
    pub(super) point: FailPoint,
    file: PathBuf,
    is_armed: AtomicBool,
}

/// Time in which passes of a point count. It ends when this is dropped.
#[derive(Debug)]
pub(super) struct Armed<'a>(&'a CrashPoint);

impl CrashPoint {
    /// The point of a node of a run in this folder.
    pub(super) fn new(point: FailPoint, run: &Path, node: &str) -> Self {
        Self {
            point,
            file: run.join("fail-points").join(node),
            is_armed: AtomicBool::new(false),
        }
    }

    /// Variables of the environment by which the program knows its point.
    pub(super) fn variables(&self) -> [(String, String); 2] {
        self.variables_in(self.folder())
    }

    /// The same for a program that finds the folder of the files of points at another path.
    pub(super) fn variables_in(&self, folder: &Path) -> [(String, String); 2] {
        let file = folder.join(self.file.file_name().unwrap_or_default());
        [
            (POINT.to_owned(), self.point.to_string()),
            (FILE.to_owned(), file.display().to_string()),
        ]
    }

    /// Folder of the files of points.
    pub(super) fn folder(&self) -> &Path {
        self.file.parent().unwrap_or(&self.file)
    }

    /// True for a variable of fail points.
    pub(super) fn is_variable(name: &str) -> bool {
        name == POINT || name == FILE
    }

    /// Lets passes of the point count from now on.
    ///
    /// # Errors
    /// When the file can't be made.
    pub(super) fn arm(&self) -> io::Result<Armed<'_>> {
        self.file.parent().map_or(Ok(()), fs::create_dir_all)?;
        self.is_armed.store(true, SeqCst);
        let armed = Armed(self);
        fs::write(&self.file, self.point.to_string())?;
        Ok(armed)
    }

    /// True if the node, which has ended, died at the point. Asked once for each end.
    pub(super) fn has_struck(&self) -> bool {
        self.is_armed.load(SeqCst) && !self.file.exists() && self.is_armed.swap(false, SeqCst)
    }
}

impl Drop for Armed<'_> {
    fn drop(&mut self) {
        if self.0.is_armed.swap(false, SeqCst) {
            // The process that has just removed it dies all the same.
            let _ = fs::remove_file(&self.0.file);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(run: &Path) -> CrashPoint {
        let point = FailPoint {
            name: "web.done".to_owned(),
            nth: 2,
        };
        CrashPoint::new(point, run, "web")
    }

    #[test]
    fn an_end_is_a_crash_once_and_only_if_the_process_took_the_file() {
        let run = tempfile::tempdir().unwrap();
        let point = point(run.path());
        let file = run.path().join("fail-points/web");
        assert!(!point.has_struck(), "nothing was armed");

        let armed = point.arm().unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "web.done:2");
        assert!(!point.has_struck(), "it ended otherwise");
        fs::remove_file(&file).unwrap();
        assert!(point.has_struck());
        assert!(!point.has_struck(), "the next end is another one");
        drop(armed);

        drop(point.arm().unwrap());
        assert!(!file.exists() && !point.has_struck(), "it was disarmed");
    }
}
