//! The parts of a [`Suite`](super::Suite) that suites of another kind share with it: settings, saved cases and the
//! replay command. Such a suite draws something else than calls of a contract, the history of an event log, say.

use std::{
    fmt::Display,
    path::{Path, PathBuf},
};

use serde::{Serialize, de::DeserializeOwned};

use super::{Failure, replay, saved, settings::Settings};

/// The settings that a suite takes from the environment. An empty variable counts as unset.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunSettings {
    /// `SEAM_SEED`: the seed of all draws.
    pub seed: Option<u64>,
    /// `SEAM_CASES`: the number of generated cases, at least 1.
    pub cases: Option<u64>,
    /// `SEAM_CASE`: the only case to generate, counted from 0.
    pub case: Option<u64>,
    /// `SEAM_REPLAY`: the only saved case to run.
    pub replay: Option<PathBuf>,
}

impl RunSettings {
    /// Reads the environment.
    ///
    /// # Errors
    /// [`Failure::Setting`] if a variable is not a number of its range.
    pub fn from_env() -> Result<Self, Failure> {
        let Settings {
            seed,
            cases,
            case,
            replay,
            ..
        } = Settings::from_env()?;
        Ok(Self {
            seed,
            cases,
            case,
            replay,
        })
    }
}

/// The command that runs the current test again with these variables.
pub fn replay_command<V: Display>(variables: &[(&str, V)]) -> String {
    replay::command(variables)
}

/// Cases of one kind that failed before, in the files of a folder.
#[derive(Clone, Debug)]
pub struct SavedCases {
    folder: PathBuf,
    kind: &'static str,
}

impl SavedCases {
    /// Keeps cases of this kind in this folder. Files of another kind are refused.
    pub fn new(kind: &'static str, folder: impl Into<PathBuf>) -> Self {
        let folder = folder.into();
        Self { folder, kind }
    }

    /// The files, by name. Empty if there is no such folder.
    ///
    /// # Errors
    /// [`Failure::Saved`] if the folder can't be read.
    pub fn files(&self) -> Result<Vec<PathBuf>, Failure> {
        saved::in_folder(&self.folder)
    }

    /// Reads a case from a file.
    ///
    /// # Errors
    /// [`Failure::Saved`] if the file can't be read, or holds something else than one case of this kind.
    pub fn load<T: DeserializeOwned>(&self, file: &Path) -> Result<T, Failure> {
        let other = |problem: String| {
            let problem = format!(
                "it is not a case of {}: {problem}; delete it, or restore it from git",
                self.kind
            );
            saved::refused(file, problem)
        };
        let mut steps = saved::read(file, self.kind, &[])?;
        match (steps.pop(), steps.len()) {
            (Some(case), 0) => serde_path_to_error::deserialize(case).map_err(|error| other(error.to_string())),
            (_, more) => Err(other(format!("it has {} steps, wanted 1", more + 1))),
        }
    }

    /// Writes a case to a file and returns the path. `found` says to readers of the file what was found. The file name
    /// derives from the case, so that the same case is saved once.
    ///
    /// # Errors
    /// [`Failure::Saved`] if the file can't be written.
    pub fn save<T: Serialize>(&self, found: String, case: &T) -> Result<PathBuf, Failure> {
        let case = serde_json::to_value(case).map_err(|error| saved::refused(&self.folder, error.to_string()))?;
        saved::write(&self.folder, self.kind, Vec::new(), found, vec![case])
    }
}
