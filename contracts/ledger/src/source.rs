//! Where pacts come from.

use std::{
    fmt, io,
    path::{Path, PathBuf},
    str::FromStr,
};

use thiserror::Error;

use crate::{
    document::{Document, DocumentError},
    git::{GitError, Repository},
};

/// The folder below a folder of pacts that holds records, and no pacts.
pub(crate) const LEDGER: &str = "ledger";

/// A place that holds pacts.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Source {
    /// A folder and those below it.
    Folder(PathBuf),
    /// A folder in a revision, as it was committed. Nothing is checked out.
    Git {
        /// Where to look for the repository.
        repository: Repository,
        /// A branch, a tag or a commit.
        revision: String,
        /// The folder, from the root of the repository.
        path: String,
    },
}

/// A pact and where it was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The file, as errors and reports call it.
    pub file: String,
    /// What it says.
    pub document: Document,
}

/// Why a source gave no pacts. That it holds none is no error: it gives an empty list.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SourceError {
    /// `git:` without a revision and a path.
    #[error("'{0}' is no source of pacts; wanted a folder, or git:REVISION:PATH such as git:main:pacts")]
    Malformed(String),
    /// No such folder.
    #[error("there is no folder '{}' to read pacts from; name another one, or write pacts with the consumers' suites", .0.display())]
    NoFolder(PathBuf),
    /// A folder that can't be listed.
    #[error("cannot list {}: {source}", folder.display())]
    Unreadable {
        /// The folder.
        folder: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Git gave no answer.
    #[error(transparent)]
    Git(#[from] GitError),
    /// One of the files is no pact.
    #[error(transparent)]
    Document(#[from] DocumentError),
}

impl Source {
    /// Reads every pact: the files that end in `.json`, in all folders below but the ledger's, by name.
    ///
    /// # Errors
    /// When the place is not there, or one of the files is no pact: nothing is passed over.
    pub fn read(&self) -> Result<Vec<Found>, SourceError> {
        match self {
            Self::Folder(folder) => in_folder(folder),
            Self::Git {
                repository,
                revision,
                path,
            } => {
                let files = repository.files(revision, path, is_pact)?;
                let pacts = files.into_iter().map(|(name, text)| {
                    let file = format!("git:{revision}:{}/{name}", path.trim_end_matches('/'));
                    let document = Document::parse(&file, &text)?;
                    Ok(Found { file, document })
                });
                pacts.collect()
            }
        }
    }
}

impl FromStr for Source {
    type Err = SourceError;

    /// Reads `git:REVISION:PATH`, in the repository of the current folder, or else the path of a folder.
    fn from_str(text: &str) -> Result<Self, SourceError> {
        let Some(rest) = text.strip_prefix("git:") else {
            return Ok(Self::Folder(text.into()));
        };
        match rest.split_once(':') {
            Some((revision, path)) if !revision.is_empty() && !path.is_empty() => Ok(Self::Git {
                repository: Repository::at("."),
                revision: revision.to_owned(),
                path: path.to_owned(),
            }),
            _ => Err(SourceError::Malformed(text.to_owned())),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder) => write!(formatter, "{}", folder.display()),
            Self::Git { revision, path, .. } => write!(formatter, "git:{revision}:{path}"),
        }
    }
}

/// Whether a path below the source is that of a pact.
fn is_pact(path: &str) -> bool {
    path.ends_with(".json") && path.split('/').next() != Some(LEDGER)
}

fn in_folder(folder: &Path) -> Result<Vec<Found>, SourceError> {
    if !folder.is_dir() {
        return Err(SourceError::NoFolder(folder.to_owned()));
    }
    let mut files = Vec::new();
    list(folder, &mut files, &|path| path != folder.join(LEDGER))
        .map_err(|(folder, source)| SourceError::Unreadable { folder, source })?;
    files.sort();
    let pacts = files.iter().map(|path| {
        let document = Document::read(path)?;
        let file = path.display().to_string();
        Ok(Found { file, document })
    });
    pacts.collect()
}

/// Adds the files that end in `.json`, in the folder and in those below it that are wanted. Links to folders are not followed: they may
/// lead back. An error comes with the folder that can't be listed.
pub(crate) fn list(
    folder: &Path,
    files: &mut Vec<PathBuf>,
    wanted: &impl Fn(&Path) -> bool,
) -> Result<(), (PathBuf, io::Error)> {
    let unreadable = |source| (folder.to_owned(), source);
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let path = entry.path();
        if entry.file_type().map_err(unreadable)?.is_dir() {
            if wanted(&path) {
                list(&path, files, wanted)?;
            }
        } else if path.extension().is_some_and(|extension| extension == "json") {
            files.push(path);
        }
    }
    Ok(())
}
