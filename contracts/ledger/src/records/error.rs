use std::path::PathBuf;

use thiserror::Error;

/// Reason why a record was not read or not written. The ledger is unchanged.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LedgerError {
    /// A file or folder can't be read.
    #[error("cannot read {}: {source}", file.display())]
    Unreadable {
        /// Path of the file or folder.
        file: PathBuf,
        /// Cause reported by the operating system.
        source: std::io::Error,
    },
    /// A file is not a record.
    #[error(
        "{} is not a record of the ledger: {source}; restore it with `git checkout -- {}`, or move it out of the \
         ledger",
        file.display(), file.display()
    )]
    NoRecord {
        /// Path of the file.
        file: PathBuf,
        /// Mistake that the parser found.
        source: serde_json::Error,
    },
    /// A record was changed after it was written.
    #[error(
        "{} was changed after it was written: its checksum is {written}, its content has {seen}; records are \
         never edited: restore it with `git checkout -- {}`, and append another record with the right values",
        file.display(), file.display()
    )]
    Edited {
        /// Path of the file.
        file: PathBuf,
        /// First digits of the checksum that the file states.
        written: String,
        /// First digits of the checksum of its content.
        seen: String,
    },
    /// A record lies in the folder of another kind or service.
    #[error(
        "{} lies in the wrong folder; records are never moved: put it back into {}",
        file.display(), belongs.display()
    )]
    Misplaced {
        /// Path of the file.
        file: PathBuf,
        /// Folder that the record belongs to.
        belongs: PathBuf,
    },
    /// A record says something impossible.
    #[error("{field} is {seen}; wanted {wanted}; nothing was recorded")]
    Invalid {
        /// Name of the field.
        field: &'static str,
        /// Value of the field.
        seen: String,
        /// Description of values that are accepted.
        wanted: &'static str,
    },
    /// A record can't be written.
    #[error("cannot write {}: {source}; nothing was recorded", file.display())]
    Unwritable {
        /// Path of the file.
        file: PathBuf,
        /// Cause reported by the operating system.
        source: std::io::Error,
    },
}

/// Reason why the settings can't be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// The file is missing or can't be read.
    #[error(
        "cannot read {}: {source}; it declares the environments, such as [environments] production = \"what \
         customers use\"",
        file.display()
    )]
    Unreadable {
        /// Path of the file.
        file: PathBuf,
        /// Cause reported by the operating system.
        source: std::io::Error,
    },
    /// The file is not TOML, or has unknown keys.
    #[error("{} does not declare environments: {source}", file.display())]
    Syntax {
        /// Path of the file.
        file: PathBuf,
        /// Mistake that the parser found, with its place.
        source: Box<toml::de::Error>,
    },
    /// A service is declared to have no contracts, without a reason.
    #[error(
        "{}: [no-contracts] gives no reason for {service}; wanted the reason why nothing has to be verified with \
         it",
        file.display()
    )]
    NoReason {
        /// Path of the file.
        file: PathBuf,
        /// Name of the service.
        service: String,
    },
    /// The environment is not declared.
    #[error("there is no environment '{name}'{hint}; {} declares them", file.display())]
    UnknownEnvironment {
        /// Name that was asked for.
        name: String,
        /// Suggestion and known names, as text.
        hint: String,
        /// File that declares the environments.
        file: PathBuf,
    },
}
