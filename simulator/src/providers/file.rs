use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

use super::pattern::Pattern;
use crate::{
    steps::{JsonTemplate, Repeat, Step, Template},
    topology::Topology,
};

/// The providers of some pacts: the topology that brings them up, and the steps that bring them into the states that
/// the pacts ask for, as a TOML file says it. Unknown keys are refused.
///
/// States are brought about by requests that anybody may send, never by writing into a database. The variables of
/// their steps are the parameters of the state, `${provider}`, and `${fresh}`, an id that no other state has.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Providers {
    /// The file, for messages.
    #[serde(skip)]
    file: PathBuf,
    /// The topology in which they run.
    pub(crate) topology: String,
    /// The name that pacts give each provider, and the role that plays it.
    pub(crate) provider: BTreeMap<String, String>,
    /// Answers that mean: send the same request again.
    #[serde(default)]
    pub(crate) repeat: Repeat,
    /// The states that are known, by unique names.
    #[serde(default)]
    pub(crate) state: Vec<StateSteps>,
    /// The places where messages are found.
    #[serde(default)]
    pub(crate) message: Vec<MessageRule>,
}

/// The steps that bring a state about, and those that end it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StateSteps {
    /// The name that pacts give it.
    pub(crate) name: String,
    /// Values that the state hands back beside those that its steps save.
    #[serde(default)]
    pub(crate) give: BTreeMap<String, JsonTemplate>,
    /// Steps that bring it about, in order.
    #[serde(default)]
    pub(crate) step: Vec<Step>,
    /// Steps that end it, in order. One that names a value that was never handed back is left out: there is nothing
    /// to undo.
    #[serde(default)]
    pub(crate) undo: Vec<Step>,
}

/// The place where the messages of a description are found: a list that the provider shows.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MessageRule {
    /// The descriptions of these messages.
    pub(super) description: Pattern,
    /// The role that is asked; the provider where not given.
    pub(crate) node: Option<String>,
    /// Path and query.
    pub(crate) path: Template,
    /// JSON pointer to the list.
    pub(crate) rows: String,
    /// Values that a row must have, by JSON pointers into it.
    #[serde(default, rename = "where")]
    pub(crate) conditions: BTreeMap<String, JsonTemplate>,
    /// JSON pointer into the row: the contents.
    #[serde(default)]
    pub(crate) contents: String,
    /// JSON pointer into the row: the media type of the contents; JSON where not given.
    pub(crate) content_type: Option<String>,
    /// JSON pointer into the row: an object of metadata; none where not given.
    pub(crate) metadata: Option<String>,
    /// The way to the rest of the list, where one answer does not have all of it.
    pub(crate) page: Option<Page>,
    /// Milliseconds that it may take until the message is there.
    #[serde(default = "MessageRule::default_patience_ms")]
    pub(crate) patience_ms: u64,
}

/// The variable that says where the next part of a list begins.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Page {
    /// The name of the variable, which `path` uses.
    pub(crate) name: String,
    /// Its value for the first part.
    pub(crate) first: Value,
    /// JSON pointer into the last row of a part: its value for the next. A part without rows is the end, and so is
    /// one that begins where the part before it did.
    pub(crate) next: String,
}

impl MessageRule {
    fn default_patience_ms() -> u64 {
        10_000
    }
}

/// The reason why a file does not say how providers are brought up.
#[derive(Debug, Error)]
pub(crate) enum ProvidersError {
    #[error(
        "there is no {}, which says how providers are started and brought into states; write one, name one with \
         --providers, or name a running provider with --provider-url",
        .0.display()
    )]
    NotThere(PathBuf),
    #[error("{} can't be read: {source}", file.display())]
    Unreadable { file: PathBuf, source: std::io::Error },
    #[error("{}: {source}", file.display())]
    Malformed {
        file: PathBuf,
        source: Box<toml::de::Error>,
    },
    #[error("{} has the state '{name}' twice; keep one", file.display())]
    Doubled { file: PathBuf, name: String },
}

impl Providers {
    /// Reads the file.
    ///
    /// # Errors
    /// When it is missing, can't be read, or is malformed; when a state stands in it twice.
    pub(crate) fn load(file: &Path) -> Result<Self, ProvidersError> {
        let path = file.to_owned();
        let text = match fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(ProvidersError::NotThere(path)),
            Err(source) => return Err(ProvidersError::Unreadable { file: path, source }),
        };
        let malformed = |source| ProvidersError::Malformed {
            file: path.clone(),
            source: Box::new(source),
        };
        let mut providers: Self = toml::from_str(&text).map_err(malformed)?;
        providers.file = path.clone();
        let mut names: Vec<&str> = providers.state.iter().map(|state| state.name.as_str()).collect();
        names.sort_unstable();
        match names.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => Err(ProvidersError::Doubled {
                name: pair[0].to_owned(),
                file: path,
            }),
            None => Ok(providers),
        }
    }

    /// The role that plays a provider in `topology`.
    ///
    /// # Errors
    /// When the file names none, or nothing in the topology plays it.
    pub(crate) fn role(&self, name: &str, topology: &Topology) -> Result<&str, String> {
        let file = self.file.display();
        let role = self.provider.get(name).ok_or_else(|| {
            let known: Vec<&str> = self.provider.keys().map(String::as_str).collect();
            let known = known.join(", ");
            format!("{file} does not say who plays '{name}'; it knows {known}; add it to [provider]")
        })?;
        if topology.role(role).is_none() {
            let (name, known) = (topology.name(), topology.roles().join(", "));
            return Err(format!("{file}: nobody plays '{role}' in {name}; it has {known}"));
        }
        Ok(role)
    }

    /// The steps of a state.
    ///
    /// # Errors
    /// When the file has no such state; the text names those it has.
    pub(crate) fn state(&self, name: &str) -> Result<&StateSteps, String> {
        let known = || {
            let names: Vec<&str> = self.state.iter().map(|state| state.name.as_str()).collect();
            format!("nothing says how; states that are known: {}", names.join(", "))
        };
        self.state.iter().find(|state| state.name == name).ok_or_else(known)
    }
}
