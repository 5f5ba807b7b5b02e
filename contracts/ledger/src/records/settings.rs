use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use super::SettingsError;
use crate::suggestions::hint;

/// Settings that people declare for a platform, in `environments.toml` beside the pacts.
///
/// ```toml
/// openapi = ["docs/openapi.json"]
///
/// [environments]
/// production = "what customers use"
///
/// [no-contracts]
/// mailer = "it relays what it is given, and nothing of ours reads its replies"
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// Paths of the platform's OpenAPI documents, from the root of the repository. `seam diff` compares them.
    #[serde(default)]
    pub openapi: Vec<String>,
    /// Environments by name, each with its purpose.
    pub environments: BTreeMap<String, String>,
    /// Services that rightly hold no pacts and are verified by none, each with the reason.
    #[serde(default)]
    pub no_contracts: BTreeMap<String, String>,
    /// Path of the file, for errors.
    #[serde(skip)]
    file: PathBuf,
}

impl Settings {
    /// Reads the settings of a folder of pacts.
    ///
    /// # Errors
    /// When the file is missing, is not TOML of this form, or gives no reason for a service without contracts.
    pub fn of_pacts(pacts: &Path) -> Result<Self, SettingsError> {
        let file = pacts.join("environments.toml");
        match std::fs::read_to_string(&file) {
            Ok(text) => Self::parse(&file, &text),
            Err(source) => Err(SettingsError::Unreadable { file, source }),
        }
    }

    /// Reads settings from the text of a file. `file` is its path, for errors.
    ///
    /// # Errors
    /// Those of [`Self::of_pacts`], except for a missing file.
    pub fn parse(file: &Path, text: &str) -> Result<Self, SettingsError> {
        let mut settings: Self = toml::from_str(text).map_err(|source| SettingsError::Syntax {
            file: file.to_owned(),
            source: Box::new(source),
        })?;
        settings.file = file.to_owned();
        match settings
            .no_contracts
            .iter()
            .find(|(_, reason)| reason.trim().is_empty())
        {
            None => Ok(settings),
            Some((service, _)) => Err(SettingsError::NoReason {
                file: settings.file,
                service: service.clone(),
            }),
        }
    }

    /// Folder of the file, which is that of the pacts and the ledger too.
    pub fn folder(&self) -> &Path {
        self.file.parent().unwrap_or(Path::new(""))
    }

    /// Refuses an environment that is not declared.
    ///
    /// # Errors
    /// When there is no environment of this name, with a suggestion.
    pub fn environment(&self, name: &str) -> Result<(), SettingsError> {
        if self.environments.contains_key(name) {
            return Ok(());
        }
        Err(SettingsError::UnknownEnvironment {
            name: name.to_owned(),
            hint: hint(name, self.environments.keys().map(String::as_str)),
            file: self.file.clone(),
        })
    }
}
