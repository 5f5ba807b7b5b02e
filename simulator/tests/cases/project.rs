//! A project of somebody else in a folder of its own, in which tests run `seam`.

use std::{
    fs,
    path::PathBuf,
    process::{Command, Output, Stdio},
};

use tempfile::TempDir;

/// A topology, a scenario and a program, in a folder of its own.
pub(crate) struct Project(pub(crate) TempDir);

/// A command that has ended.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Project {
    /// The program `shop.py` with its topology `corner` and the scenario `errand`.
    pub(crate) fn of_shop(shop: &str, topology: &str, scenario: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        for (file, text) in [
            ("Cargo.toml", "[workspace]\n"),
            ("topologies/corner.toml", topology),
            ("topologies/shop.py", shop),
            ("scenarios/errand.toml", scenario),
        ] {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().expect("a folder of its own")).expect("a folder");
            fs::write(path, text).expect("a file");
        }
        Self(folder)
    }

    /// `seam` with these words, in the folder.
    pub(crate) fn of_seam<'w>(&self, words: impl IntoIterator<Item = &'w str>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_seam"));
        command.current_dir(self.0.path()).stdin(Stdio::null()).args(words);
        command
    }

    /// Folders of the runs that were kept.
    pub(crate) fn runs(&self) -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(self.0.path().join(".seam/runs")) else {
            return Vec::new();
        };
        entries.map(|entry| entry.expect("an entry").path()).collect()
    }

    /// Processes that were started in this project and are still there.
    pub(crate) fn processes(&self) -> Vec<String> {
        let home = fs::canonicalize(self.0.path()).expect("the folder is there");
        let here = |process: &PathBuf| fs::read_link(process.join("cwd")).is_ok_and(|cwd| cwd.starts_with(&home));
        let processes = fs::read_dir("/proc").expect("/proc");
        let processes = processes.filter_map(|entry| Some(entry.ok()?.path()));
        processes
            .filter(here)
            .map(|process| process.display().to_string())
            .collect()
    }
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}
