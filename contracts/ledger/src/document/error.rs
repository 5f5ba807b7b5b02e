use thiserror::Error;

/// Why a file is no pact that can be used. Every message names the file, what stands there and what is wanted.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DocumentError {
    /// The file can't be opened or read.
    #[error("cannot read {file}: {source}")]
    Unreadable {
        /// The file.
        file: String,
        /// Why.
        source: std::io::Error,
    },
    /// The JSON ends in the middle.
    #[error(
        "{file} is cut off: its JSON ends at line {line} column {column}; restore it from git, or have its consumer's suite write it again"
    )]
    Truncated {
        /// The file.
        file: String,
        /// The line on which it ends, from 1.
        line: usize,
        /// The column in which it ends.
        column: usize,
    },
    /// Not JSON.
    #[error("{file} is not JSON: {source}; restore it from git, or have its consumer's suite write it again")]
    NotJson {
        /// The file.
        file: String,
        /// Where and why.
        source: serde_json::Error,
    },
    /// JSON, but of another kind.
    #[error(
        "{file} is JSON, but no pact: it is {seen}; wanted an object with consumer, provider and interactions; move it out of the folder of pacts"
    )]
    Foreign {
        /// The file.
        file: String,
        /// What it is.
        seen: String,
    },
    /// A version of the specification that is not read here.
    #[error(
        "{file} follows version '{seen}' of the Pact specification; wanted 2, 3 or 4; have its consumer's suite write one of them"
    )]
    Unsupported {
        /// The file.
        file: String,
        /// The version as it stands there.
        seen: String,
    },
    /// A field that is missing or of another type.
    #[error("{file}: {path} is {seen}; wanted {wanted}; mend the suite that writes it")]
    Field {
        /// The file.
        file: String,
        /// The field as a JSON pointer.
        path: String,
        /// What stands there.
        seen: String,
        /// What is wanted there.
        wanted: &'static str,
    },
}
