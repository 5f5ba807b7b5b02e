use std::{fmt, time::Duration};

use regex::Regex;

use super::Template;

/// Readiness check of a node, with its time limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ready {
    /// Check that is repeated until it succeeds.
    pub probe: ReadyProbe,
    /// Time limit from the start of the node. Unless the file says `within_ms`, it is 30 s, and 5 min for a node
    /// that runs once.
    pub within: Duration,
}

/// Condition under which a node counts as ready.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadyProbe {
    /// A GET is answered with a wanted status.
    Http {
        /// Name of the port that is asked.
        port: String,
        /// Path of the request, with its query if it has one.
        path: String,
        /// Wanted statuses; empty for any of 2xx.
        statuses: Vec<u16>,
    },
    /// A port accepts connections.
    Tcp {
        /// Name of the port that is asked.
        port: String,
    },
    /// A line of the node's output matches, on stdout or stderr, since this start.
    Log(LogPattern),
    /// A command ends with status 0. It runs as the node does: in its folder, with its environment.
    Command {
        /// Name or path of the program.
        program: Template,
        /// Arguments of the program.
        args: Vec<Template>,
    },
    /// The node runs. The default of a node without ports.
    Started,
    /// The node has ended with status 0. Always so for a node that runs once.
    Ended,
}

/// Regular expression for a line of a log.
#[derive(Debug, Clone)]
pub struct LogPattern(Regex);

impl LogPattern {
    /// Compiles a pattern, in the syntax of the crate `regex`.
    ///
    /// # Errors
    /// When it is no regular expression; the text shows the place.
    pub fn new(pattern: &str) -> Result<Self, String> {
        Regex::new(pattern).map(Self).map_err(|error| error.to_string())
    }

    /// True if the pattern occurs in the line.
    pub fn matches(&self, line: &str) -> bool {
        self.0.is_match(line)
    }
}

impl PartialEq for LogPattern {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_str() == other.0.as_str()
    }
}

impl Eq for LogPattern {}

impl fmt::Display for LogPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}

impl fmt::Display for ReadyProbe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Http { path, statuses, .. } if statuses.is_empty() => write!(f, "GET {path}"),
            Self::Http { path, statuses, .. } => {
                let statuses: Vec<String> = statuses.iter().map(u16::to_string).collect();
                write!(f, "GET {path}, wanted {}", statuses.join(" or "))
            }
            Self::Tcp { port } => write!(f, "a connection to port '{port}'"),
            Self::Log(pattern) => write!(f, "a line of its log that matches '{pattern}'"),
            Self::Command { .. } => f.write_str("the command of its `ready`"),
            Self::Started => f.write_str("a start"),
            Self::Ended => f.write_str("an end with status 0"),
        }
    }
}
