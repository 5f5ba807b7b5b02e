use std::{fs, path::Path};

use super::{Scenario, ScenarioError, include, resolve::resolve};
use crate::search;

impl Scenario {
    /// Reads a scenario by name or by path. A name is looked for as `simulator/scenarios/NAME.toml` and
    /// `scenarios/NAME.toml`, in `from` and the folders above it up to the root of the workspace.
    ///
    /// # Errors
    /// When there is no such file, or it can't be meant as it stands; the text names the line and the known keys.
    pub fn load(name: &str, from: &Path) -> Result<Self, ScenarioError> {
        let path = search::find_from(from, "scenarios", name)?;
        let text = fs::read_to_string(&path).map_err(|source| ScenarioError::Unreadable {
            path: path.clone(),
            source,
        })?;
        Self::parse(&text, &path)
    }

    /// Reads a scenario from text; `path` is for messages, and what it includes is looked for from there.
    ///
    /// # Errors
    /// As [`Scenario::load`].
    pub fn parse(text: &str, path: &Path) -> Result<Self, ScenarioError> {
        let (file, sources) = include::read(text, path)?;
        let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let home = whole.parent().unwrap_or(Path::new("/"));
        resolve(file, home).map_err(|mistake| sources.place(mistake))
    }
}
