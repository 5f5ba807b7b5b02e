use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
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
    /// Locked while the file is looked at or removed, so that the two agree.
    is_armed: Mutex<bool>,
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
            is_armed: Mutex::new(false),
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
        let mut is_armed = self.is_armed();
        if let Err(error) = fs::write(&self.file, self.point.to_string()) {
            // An empty one would do.
            let _ = fs::remove_file(&self.file);
            return Err(error);
        }
        *is_armed = true;
        Ok(Armed(self))
    }

    /// Lets no pass count any more. False if that comes too late: a process has removed the file, so it dies at the
    /// point, and its end will be told from others all the same.
    pub(super) fn disarm(&self) -> bool {
        let mut is_armed = self.is_armed();
        let is_disarmed = !*is_armed || fs::remove_file(&self.file).is_ok();
        *is_armed &= !is_disarmed;
        is_disarmed
    }

    /// True if the node, which has ended, died at the point. Asked once for each end.
    pub(super) fn has_struck(&self) -> bool {
        let mut is_armed = self.is_armed();
        let has_struck = *is_armed && !self.file.exists();
        *is_armed &= !has_struck;
        has_struck
    }

    fn is_armed(&self) -> MutexGuard<'_, bool> {
        self.is_armed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Armed<'_> {
    fn drop(&mut self) {
        self.0.disarm();
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

    #[test]
    fn a_process_that_took_the_file_just_before_the_time_ended_crashes_all_the_same() {
        let run = tempfile::tempdir().unwrap();
        let point = point(run.path());
        let armed = point.arm().unwrap();
        fs::remove_file(run.path().join("fail-points/web")).unwrap();

        drop(armed);

        assert!(point.has_struck());
        assert!(!point.has_struck(), "the next end is another one");
    }

    #[test]
    fn a_point_whose_file_can_not_be_made_is_not_armed() {
        let run = tempfile::tempdir().unwrap();
        let point = point(run.path());
        fs::create_dir_all(run.path().join("fail-points/web")).unwrap();
        assert!(point.arm().is_err());
        fs::remove_dir(run.path().join("fail-points/web")).unwrap();
        assert!(!point.has_struck());
    }
}
