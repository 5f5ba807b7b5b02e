use std::{collections::BTreeMap, path::PathBuf};

use clap::Args;
use ledger::{
    diff::{Difference, Snapshot},
    git::{GitError, Repository},
    records::Settings,
    source::{Source, SourceError},
};
use serde_json::{Value, json};

use super::{Command, CommandError};
use crate::exit;

/// Arguments of `seam diff`.
#[derive(Debug, Args)]
pub(crate) struct DiffArgs {
    /// Two git revisions; without the second, the files as they are now
    #[arg(value_name = "OLD..NEW")]
    range: String,
    /// An API document (JSON), from the root of the repository; may be repeated; left out, those that
    /// `environments.toml` names
    #[arg(long, value_name = "FILE")]
    openapi: Vec<String>,
    /// The folder of pacts, from the root of the repository
    #[arg(long, value_name = "FOLDER", default_value = "pacts")]
    pacts: String,
    /// Print one JSON object; the exit code is the same
    #[arg(long)]
    json: bool,
}

impl Command for DiffArgs {
    const NAME: &'static str = "diff";

    fn run(&self) -> Result<(String, u8), CommandError> {
        let (old, new) = match self.range.split_once("..") {
            Some((old, new)) if !old.is_empty() && !new.starts_with('.') => (old, new),
            _ => return Err(CommandError::NotARange(self.range.clone())),
        };
        let documents = self.documents()?;
        let before = self.state(Some(old), &documents)?;
        let after = self.state((!new.is_empty()).then_some(new), &documents)?;
        if [&before, &after]
            .iter()
            .all(|state| state.pacts.is_empty() && state.documents.is_empty())
        {
            return Err(CommandError::NothingToCompare {
                pacts: self.pacts.clone(),
            });
        }
        let difference = Difference::between(&before, &after);
        let text = if self.json {
            json!(difference).to_string()
        } else {
            difference.text()
        };
        Ok((
            text,
            if difference.breaks_somebody() {
                exit::FAIL
            } else {
                exit::PASS
            },
        ))
    }
}

impl DiffArgs {
    fn documents(&self) -> Result<Vec<String>, CommandError> {
        if self.openapi.is_empty() {
            Ok(Settings::of_pacts(self.pacts.as_ref())?.openapi)
        } else {
            Ok(self.openapi.clone())
        }
    }

    /// The pacts and documents of a revision, or of the files as they are. A file that is missing in this state did
    /// not exist yet, or is gone: that is a difference and not an error.
    fn state(&self, revision: Option<&str>, documents: &[String]) -> Result<Snapshot, CommandError> {
        let mut state = Snapshot::default();
        let source = match revision {
            None => Source::Folder(PathBuf::from(&self.pacts)),
            Some(revision) => Source::Git {
                repository: Repository::at("."),
                revision: revision.to_owned(),
                path: self.pacts.clone(),
            },
        };
        match source.read() {
            Ok(found) => state.pacts = found,
            Err(SourceError::NoFolder(_) | SourceError::Git(GitError::NoSuchPath { .. })) => {}
            Err(error) => return Err(error.into()),
        }
        state.documents = read_documents(revision, documents)?;
        Ok(state)
    }
}

fn read_documents(revision: Option<&str>, names: &[String]) -> Result<BTreeMap<String, Value>, CommandError> {
    let mut documents = BTreeMap::new();
    for name in names {
        if let Some(text) = read(revision, name)? {
            let document = serde_json::from_slice(&text).map_err(|source| CommandError::NoDocument {
                file: revision.map_or_else(|| name.clone(), |revision| format!("git:{revision}:{name}")),
                source,
            })?;
            documents.insert(name.clone(), document);
        }
    }
    Ok(documents)
}

fn read(revision: Option<&str>, name: &str) -> Result<Option<Vec<u8>>, CommandError> {
    match revision {
        Some(revision) => match Repository::at(".").file(revision, name) {
            Ok(text) => Ok(Some(text)),
            Err(GitError::NoSuchPath { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        },
        None => match std::fs::read(name) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(CommandError::Unreadable {
                file: name.to_owned(),
                source,
            }),
        },
    }
}
