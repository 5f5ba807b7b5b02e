use std::path::PathBuf;

use thiserror::Error;

/// Why a record was not read or not written. The ledger is as it was.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LedgerError {
    /// A file or folder that can't be read.
    #[error("cannot read {}: {source}", file.display())]
    Unreadable {
        /// The file or folder.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file that is no record.
    #[error("{} is no record of the ledger: {source}; restore it with `git checkout -- {}`, or move it out of the ledger", file.display(), file.display())]
    NoRecord {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// A record that is not as it was written.
    #[error("{} was changed after it was written: its checksum is {written}, its content has {seen}; records are never edited: restore it with `git checkout -- {}`, and append another one that says what is so", file.display(), file.display())]
    Edited {
        /// The file.
        file: PathBuf,
        /// The first digits of the checksum in it.
        written: String,
        /// Those of what it says.
        seen: String,
    },
    /// A record in the folder of another kind or service.
    #[error("{} lies in the wrong folder; records are never moved: put it back into {}", file.display(), belongs.display())]
    Misplaced {
        /// The file.
        file: PathBuf,
        /// The folder that it belongs to.
        belongs: PathBuf,
    },
    /// A record that says what can't be.
    #[error("{field} is {seen}; wanted {wanted}; nothing was recorded")]
    Invalid {
        /// The field.
        field: &'static str,
        /// What it has.
        seen: String,
        /// What would do.
        wanted: &'static str,
    },
    /// A record that can't be written.
    #[error("cannot write {}: {source}; nothing was recorded", file.display())]
    Unwritable {
        /// The file.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// Why the settings can't be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// No such file, or not to be read.
    #[error("cannot read {}: {source}; it declares the environments, such as [environments] production = \"what customers use\"", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Not TOML, or with other keys.
    #[error("{} does not declare environments: {source}", file.display())]
    Syntax {
        /// The file.
        file: PathBuf,
        /// Where and why.
        source: Box<toml::de::Error>,
    },
    /// A service without contracts, and without a reason.
    #[error("{}: [no-contracts] gives no reason for {service}; wanted why it is right that nothing is verified with it", file.display())]
    NoReason {
        /// The file.
        file: PathBuf,
        /// The service.
        service: String,
    },
    /// No such environment.
    #[error("there is no environment '{name}'{hint}; {} declares them", file.display())]
    UnknownEnvironment {
        /// What was asked for.
        name: String,
        /// What was probably meant, and what is known.
        hint: String,
        /// Where they are declared.
        file: PathBuf,
    },
}
