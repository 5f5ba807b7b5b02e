use std::path::PathBuf;

/// A program that a scenario runs beside the system, to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Errand {
    /// The file that collects its output, without `.log`; unique in the run.
    pub name: String,
    /// The program and its arguments: with a slash a path from `folder`, otherwise a name in `PATH`.
    pub words: Vec<String>,
    /// Its working folder.
    pub folder: PathBuf,
    /// Variables for its environment, beside those that the world adds.
    pub env: Vec<(String, String)>,
}

/// The lines of a log that match a pattern.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Matches {
    /// Number of lines that were read.
    pub lines: u64,
    /// Number of those that match.
    pub matching: usize,
    /// The first of those that match.
    pub first: Vec<String>,
}
