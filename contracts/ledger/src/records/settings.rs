use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use super::SettingsError;
use crate::near::hint;

/// What the people of the platform declare, in `environments.toml` beside the pacts.
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
    /// The OpenAPI documents of the platform, from the root of the repository; `seam diff` compares them.
    #[serde(default)]
    pub openapi: Vec<String>,
    /// The environments, each with what it is for.
    pub environments: BTreeMap<String, String>,
    /// The services that rightly hold no pacts and are verified by none, each with the reason.
    #[serde(default)]
    pub no_contracts: BTreeMap<String, String>,
    /// The file, for errors.
    #[serde(skip)]
    file: PathBuf,
}

impl Settings {
    /// Reads the settings of a folder of pacts.
    ///
    /// # Errors
    /// When the file is missing, is not TOML of this form, or a service has no reason.
    pub fn of_pacts(pacts: &Path) -> Result<Self, SettingsError> {
        let file = pacts.join("environments.toml");
        match std::fs::read_to_string(&file) {
            Ok(text) => Self::parse(&file, &text),
            Err(source) => Err(SettingsError::Unreadable { file, source }),
        }
    }

    /// Reads the text of such a file.
    ///
    /// # Errors
    /// As [`Self::of_pacts`].
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

    /// The folder that they lie in, beside pacts and ledger.
    pub fn folder(&self) -> &Path {
        self.file.parent().unwrap_or(Path::new(""))
    }

    /// Refuses an environment that is not declared.
    ///
    /// # Errors
    /// When there is no environment of this name; says which one is near.
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
