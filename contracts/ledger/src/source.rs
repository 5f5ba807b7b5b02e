//! Sources of pacts: folders, and revisions of a git repository.

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

/// Name of the folder, below a folder of pacts, that holds records instead of pacts.
pub(crate) const LEDGER: &str = "ledger";

/// Source of pacts.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Source {
    /// A folder, with the folders below it.
    Folder(PathBuf),
    /// A folder as it was committed in a revision. Nothing is checked out.
    Git {
        /// Repository that has the revision.
        repository: Repository,
        /// Name of a branch, a tag or a commit.
        revision: String,
        /// Path of the folder, from the root of the repository.
        path: String,
    },
}

/// Pact, with the name of its file.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundPact {
    /// Name of the file in errors and reports.
    pub file: String,
    /// Content of the file.
    pub document: Document,
}

/// Reason why a source could not be read. A source without pacts is not an error; it gives an empty list.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SourceError {
    /// Text that begins with `git:` but lacks a revision or a path.
    #[error("'{0}' is not a source of pacts; wanted a folder, or git:REVISION:PATH such as git:main:pacts")]
    Malformed(String),
    /// The folder does not exist.
    #[error(
        "there is no folder '{}' to read pacts from; name another one, or write pacts with the consumers' suites",
        .0.display()
    )]
    NoFolder(PathBuf),
    /// The folder can't be listed.
    #[error("cannot list {}: {source}", folder.display())]
    Unreadable {
        /// Path of the folder.
        folder: PathBuf,
        /// Cause reported by the operating system.
        source: std::io::Error,
    },
    /// Git gave no answer.
    #[error(transparent)]
    Git(#[from] GitError),
    /// One of the files is not a pact.
    #[error(transparent)]
    Document(#[from] DocumentError),
}

impl Source {
    /// Reads every pact: all files that end in `.json`, in the folder and below it, except in the ledger's
    /// folder; ordered by name.
    ///
    /// # Errors
    /// When the source is missing, or any of the files is not a pact. No file is skipped.
    pub fn read(&self) -> Result<Vec<FoundPact>, SourceError> {
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
                    Ok(FoundPact { file, document })
                });
                pacts.collect()
            }
        }
    }
}

impl FromStr for Source {
    type Err = SourceError;

    /// Reads `git:REVISION:PATH` as a folder in the repository around the current folder, and any other text as
    /// the path of a folder.
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

/// Says whether a path, relative to the source, is that of a pact.
fn is_pact(path: &str) -> bool {
    path.ends_with(".json") && path.split('/').next() != Some(LEDGER)
}

fn in_folder(folder: &Path) -> Result<Vec<FoundPact>, SourceError> {
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
        Ok(FoundPact { file, document })
    });
    pacts.collect()
}

/// Adds the files that end in `.json`, in the folder and in the folders below it that are `wanted`. Links to
/// folders are not followed, since they may lead back up. An error names the folder that can't be listed.
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
