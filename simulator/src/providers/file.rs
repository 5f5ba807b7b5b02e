use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

use crate::steps::{Repeat, Step};

/// How the providers of some pacts are brought up and into the states that the pacts ask for, as a TOML file says it. Unknown keys are refused.
///
/// States are brought about by the requests that anybody may send, never by writing into a database. The requests are the steps of scenarios;
/// their variables are the parameters of the state, `${provider}`, and `${fresh}`, an
/// id that no other state has.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Providers {
    /// The topology that they run in.
    pub(crate) topology: String,
    /// The name that pacts give each provider, and who plays it.
    pub(crate) provider: BTreeMap<String, String>,
    /// Which answers mean: send the same request again.
    #[serde(default)]
    pub(crate) repeat: Repeat,
    /// The states.
    #[serde(default)]
    pub(crate) state: Vec<StateSteps>,
    /// Where messages are found.
    #[serde(default)]
    pub(crate) message: Vec<MessageRule>,
}

/// How a state is brought about, and ended.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StateSteps {
    /// As pacts name it.
    pub(crate) name: String,
    /// Values that it hands back beside those that its steps save.
    #[serde(default)]
    pub(crate) give: BTreeMap<String, Value>,
    /// What is done, in order.
    #[serde(default)]
    pub(crate) step: Vec<Step>,
    /// What is done afterwards, in order. One that names a value that was never handed back is left out: there is nothing to undo.
    #[serde(default)]
    pub(crate) undo: Vec<Step>,
}

/// Where the messages of a description are found: in a list that the provider shows.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MessageRule {
    /// The description, with at most one `${name}`, which stands for the rest of it and becomes a variable.
    pub(crate) description: String,
    /// The role that is asked; the provider where not given.
    pub(crate) node: Option<String>,
    /// Path and query.
    pub(crate) path: String,
    /// JSON pointer to the list.
    pub(crate) rows: String,
    /// What a row must say: JSON pointers and values, with variables.
    #[serde(default, rename = "where")]
    pub(crate) conditions: BTreeMap<String, Value>,
    /// JSON pointer into the row: the contents.
    #[serde(default)]
    pub(crate) contents: String,
    /// JSON pointer into the row: the media type of the contents; JSON where not given.
    pub(crate) content_type: Option<String>,
    /// JSON pointer into the row: an object of metadata; none where not given.
    pub(crate) metadata: Option<String>,
    /// How the list goes on where one answer does not have all of it.
    pub(crate) page: Option<Page>,
    /// How long it may take until the message is there.
    #[serde(default = "MessageRule::default_patience_ms")]
    pub(crate) patience_ms: u64,
}

/// Where the next part of a list begins.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Page {
    /// The variable in `path` that says where a part begins.
    pub(crate) name: String,
    /// Its value for the first part.
    pub(crate) first: Value,
    /// JSON pointer into the last row of a part: its value for the next. A part without rows is the end, and so is one that begins where it did.
    pub(crate) next: String,
}

impl MessageRule {
    fn default_patience_ms() -> u64 {
        10_000
    }

    /// What `${name}` stands for in this description: the name and the text, or nothing where the rule has no name. `None`: another rule's.
    pub(crate) fn reads(&self, description: &str) -> Option<Option<(String, String)>> {
        let Some((before, rest)) = self.description.split_once("${") else {
            return (self.description == description).then_some(None);
        };
        let (name, after) = rest.split_once('}')?;
        let text = description.strip_prefix(before)?.strip_suffix(after)?;
        Some(Some((name.to_owned(), text.to_owned())))
    }
}

/// Why a file does not say how providers are brought up.
#[derive(Debug, Error)]
pub(crate) enum ProvidersError {
    #[error(
        "there is no {}, which says how providers are started and brought into states; write one, name one with --providers, or name a running provider with --provider-url",
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
        let providers: Self = toml::from_str(&text).map_err(malformed)?;
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

    /// How this state is brought about.
    pub(crate) fn state(&self, name: &str) -> Result<&StateSteps, String> {
        let known = || {
            let names: Vec<&str> = self.state.iter().map(|state| state.name.as_str()).collect();
            format!("nothing says how; states that are known: {}", names.join(", "))
        };
        self.state.iter().find(|state| state.name == name).ok_or_else(known)
    }
}
