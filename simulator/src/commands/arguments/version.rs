use clap::Args;
use ledger::{
    git::{GitError, Repository},
    records::Ledger,
};
use thiserror::Error;

/// The version of a service.
#[derive(Clone, Debug, Args)]
pub(crate) struct VersionArg {
    /// The version, any text; left out, the git revision that is checked out (the newest that changed more than the
    /// ledger), if no file differs
    #[arg(long, value_name = "VERSION")]
    version: Option<String>,
}

/// The reason why there is no version: none was given, and no revision can stand for one.
#[derive(Debug, Error)]
pub(crate) enum VersionError {
    #[error("no version was given, and the revision that is checked out can't stand for one: {0}")]
    NoRevision(#[from] GitError),
    /// The files are not those of the revision.
    #[error(
        "no version was given, and {count} files differ from revision {revision}: {files}; commit them, or give a \
         version with --version",
        count = files.len(),
        files = first(files)
    )]
    Dirty {
        /// The revision that is checked out.
        revision: String,
        /// The files that differ.
        files: Vec<String>,
    },
}

impl VersionArg {
    /// The version, if one was given.
    pub(crate) fn given(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// The version that was given, or else the revision that is checked out. Records that were just appended leave
    /// the revision the same, and so does a commit of them.
    ///
    /// # Errors
    /// When no version was given and the revision can't stand for one.
    pub(crate) fn or_revision(&self, ledger: &Ledger) -> Result<String, VersionError> {
        if let Some(version) = &self.version {
            return Ok(version.clone());
        }
        let repository = Repository::at(".");
        let revision = repository.revision(ledger.folder())?;
        let files = repository.changed(ledger.folder())?;
        if files.is_empty() {
            Ok(revision)
        } else {
            Err(VersionError::Dirty { revision, files })
        }
    }
}

/// The first files, enough to see which kind they are.
fn first(files: &[String]) -> String {
    const SHOWN: usize = 5;
    let more = if files.len() > SHOWN { ", ..." } else { "" };
    let shown: Vec<&str> = files.iter().take(SHOWN).map(String::as_str).collect();
    format!("{}{more}", shown.join(", "))
}
