use thiserror::Error;

/// Reason why a file is not a usable pact. Every message names the file, what it has and what is wanted.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DocumentError {
    /// The file can't be opened or read.
    #[error("cannot read {file}: {source}")]
    Unreadable {
        /// Name of the file.
        file: String,
        /// Cause reported by the operating system.
        source: std::io::Error,
    },
    /// The JSON ends in the middle.
    #[error(
        "{file} is cut off: its JSON ends at line {line} column {column}; restore it from git, or make its \
         consumer's suite write it again"
    )]
    Truncated {
        /// Name of the file.
        file: String,
        /// Line on which the text ends, counted from 1.
        line: usize,
        /// Column in which the text ends.
        column: usize,
    },
    /// The file is not JSON.
    #[error("{file} is not JSON: {source}; restore it from git, or make its consumer's suite write it again")]
    NotJson {
        /// Name of the file.
        file: String,
        /// Mistake that the parser found, with its place.
        source: serde_json::Error,
    },
    /// The file begins with a byte-order mark.
    #[error("{file} begins with a byte-order mark, which JSON does not allow; save it as UTF-8 without one")]
    ByteOrderMark {
        /// Name of the file.
        file: String,
    },
    /// The file is JSON, but not a pact.
    #[error(
        "{file} is JSON, but not a pact: it is {seen}; wanted an object with consumer, provider and \
         interactions; move it out of the folder of pacts"
    )]
    Foreign {
        /// Name of the file.
        file: String,
        /// Description of the JSON.
        seen: String,
    },
    /// The file follows a version of the specification that is not supported.
    #[error(
        "{file} follows version '{seen}' of the Pact specification; wanted 1, 2, 3 or 4; make its consumer's suite \
         write one of them"
    )]
    Unsupported {
        /// Name of the file.
        file: String,
        /// Version that the file states.
        seen: String,
    },
    /// A field is missing or has another type.
    #[error("{file}: {path} is {seen}; wanted {wanted}; fix the suite that writes it")]
    Field {
        /// Name of the file.
        file: String,
        /// Path of the field, as a JSON pointer.
        path: String,
        /// Description of the field's value.
        seen: String,
        /// Description of values that are accepted.
        wanted: &'static str,
    },
}
