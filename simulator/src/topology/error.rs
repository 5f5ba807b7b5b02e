use std::path::PathBuf;

use thiserror::Error;

use crate::search::NotFound;

/// Why there is no topology.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TopologyError {
    /// No file of that name.
    #[error(transparent)]
    NotFound(#[from] NotFound),
    /// The file is there, but can't be read.
    #[error("cannot read {}: {source}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is not TOML, or has a key or a type that a topology has not.
    #[error("{} is not a topology: {source}", file.display())]
    Syntax {
        /// The file.
        file: PathBuf,
        /// Where and why.
        source: Box<toml::de::Error>,
    },
    /// It reads well, but what it says can't be.
    #[error("{}:{line}: {flaw}", file.display())]
    Flawed {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What can't be.
        flaw: Flaw,
    },
    /// An override names no variable.
    #[error("--set {name}=... names no variable of {}; it has {}", file.display(), list(known))]
    UnknownOverride {
        /// The file.
        file: PathBuf,
        /// The name given.
        name: String,
        /// The variables there are.
        known: Vec<String>,
    },
}

/// What can't be in a topology that reads well.
#[derive(Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum Flaw {
    /// A file without nodes.
    #[error("there is no node; add one, such as [node.web] with command = [\"./web\", \"${{port}}\"]")]
    NoNodes,
    /// A name that can't name a folder.
    #[error("'{0}' can't be a name; use lower-case letters, digits and dashes, beginning with a letter")]
    BadName(String),
    /// Neither or both of the two ways to start a node.
    #[error("node '{node}' has {}; give exactly one of cargo = {{ package = \"...\", bin = \"...\" }} and command = [\"...\"]",
        if *both { "both cargo and command" } else { "nothing to run" })]
    NotOneProgram {
        /// The node.
        node: String,
        /// Whether both are there, rather than none.
        both: bool,
    },
    /// `command = []`.
    #[error("node '{0}' has an empty command; its first word is the program")]
    EmptyCommand(String),
    /// `ports = []`.
    #[error("node '{0}' has no port; leave `ports` out for a single one, or name some")]
    NoPorts(String),
    /// A name that no node has.
    #[error("no node is called '{name}'; the nodes are {}", list(known))]
    UnknownNode {
        /// The name seen.
        name: String,
        /// The nodes there are.
        known: Vec<String>,
    },
    /// A name that no port of the node has.
    #[error("node '{node}' has no port '{name}'; its ports are {}", list(known))]
    UnknownPort {
        /// The node.
        node: String,
        /// The name seen.
        name: String,
        /// The ports there are.
        known: Vec<String>,
    },
    /// A port left out where there are several.
    #[error("node '{node}' has several ports; say which: {}", choices(prefix, known))]
    WhichPort {
        /// The node.
        node: String,
        /// What stands before the port's name.
        prefix: String,
        /// The ports there are.
        known: Vec<String>,
    },
    /// `${link.X}` in a node that has no link to X.
    #[error(
        "node '{node}' uses ${{link.{callee}}}, but neither needs nor links '{callee}'; add it to its `needs` (ready first) or `links`"
    )]
    NotLinked {
        /// The node.
        node: String,
        /// Whom it means.
        callee: String,
    },
    /// The same name twice where once is meant.
    #[error("'{name}' stands twice in the {what} of node '{node}'; name it once")]
    Doubled {
        /// The node.
        node: String,
        /// Which list.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// Nodes that wait for each other.
    #[error("these nodes wait for each other and could never start: {}; make one of these needs a link (`links`)", path.join(" needs "))]
    Cycle {
        /// The way round, first and last the same.
        path: Vec<String>,
    },
    /// `${...}` that means nothing.
    #[error(
        "${{{name}}} means nothing here; known are ${{data}}, ${{node}}, ${{port}}, ${{port.NAME}}, ${{link.NODE}}, ${{link.NODE.PORT}} and the variables {}",
        list(known)
    )]
    UnknownVariable {
        /// What stands between the braces.
        name: String,
        /// The variables there are.
        known: Vec<String>,
    },
    /// A variable that holds itself.
    #[error("variable '{0}' holds itself, directly or through others")]
    CircularVariable(String),
    /// A variable with the name of something built in.
    #[error("a variable can't be called '{0}': that name is built in")]
    BuiltInVariable(String),
    /// `${` without its end.
    #[error("'{0}' has a ${{ without its }}; write $${{ where ${{ itself is meant")]
    Unclosed(String),
    /// Neither or both ways to tell readiness, or a path that is none.
    #[error("ready of node '{0}' must be {{ http = \"/path\" }} or {{ tcp = true }}")]
    BadReady(String),
    /// A role that names a node, which is somebody else.
    #[error(
        "role '{role}' is also the name of a node, and points elsewhere ('{target}'); call the role or the node otherwise"
    )]
    RoleIsNode {
        /// The role.
        role: String,
        /// What it points to.
        target: String,
    },
}

fn list(known: &[String]) -> String {
    if known.is_empty() {
        "none".to_owned()
    } else {
        known.join(", ")
    }
}

fn choices(prefix: &str, known: &[String]) -> String {
    let end = if prefix.starts_with("${") { "}" } else { "" };
    known
        .iter()
        .map(|port| format!("{prefix}.{port}{end}"))
        .collect::<Vec<_>>()
        .join(" or ")
}
