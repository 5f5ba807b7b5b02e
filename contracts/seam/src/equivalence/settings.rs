use std::{env, path::PathBuf};

use super::Failure;

/// The settings of a run from the environment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Settings {
    /// `SEAM_CASES`: the number of generated cases.
    pub(crate) cases: Option<u64>,
    /// `SEAM_SEED`: the seed of all draws.
    pub(crate) seed: Option<u64>,
    /// `SEAM_CASE`: this case only.
    pub(crate) case: Option<u64>,
    /// `SEAM_REPLAY`: this saved sequence only.
    pub(crate) replay: Option<PathBuf>,
    /// `SEAM_SUBJECTS`: these subjects only, separated by commas.
    pub(crate) subjects: Option<Vec<String>>,
}

impl Settings {
    pub(crate) fn from_env() -> Result<Self, Failure> {
        Ok(Self {
            cases: number("SEAM_CASES", 1)?,
            seed: number("SEAM_SEED", 0)?,
            case: number("SEAM_CASE", 0)?,
            replay: text("SEAM_REPLAY").map(PathBuf::from),
            subjects: text("SEAM_SUBJECTS").map(|names| names.split(',').map(|name| name.trim().to_owned()).collect()),
        })
    }
}

fn text(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

fn number(name: &'static str, least: u64) -> Result<Option<u64>, Failure> {
    let Some(value) = text(name) else { return Ok(None) };
    match value.parse() {
        Ok(number) if number >= least => Ok(Some(number)),
        _ => Err(Failure::Setting {
            name,
            value,
            wanted: format!("a whole number, at least {least}"),
        }),
    }
}
