use std::path::PathBuf;

use thiserror::Error;

use super::Backend;
use crate::search::NotFound;

/// Failure to load a topology.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TopologyError {
    /// No file has this name.
    #[error(transparent)]
    NotFound(#[from] NotFound),
    /// The file exists and cannot be read.
    #[error("cannot read {}: {source}", file.display())]
    Unreadable {
        /// Path of the file.
        file: PathBuf,
        /// Reason given by the system.
        source: std::io::Error,
    },
    /// The file is not TOML, or has a key or a type that a topology does not have.
    #[error("{} is not a topology: {source}", file.display())]
    Syntax {
        /// Path of the file.
        file: PathBuf,
        /// Position and reason given by the parser.
        source: Box<toml::de::Error>,
    },
    /// The file parses, but contradicts itself or names something unknown.
    #[error("{}:{line}: {flaw}", file.display())]
    Flawed {
        /// Path of the file.
        file: PathBuf,
        /// Line number, starting at 1.
        line: usize,
        /// Flaw on that line.
        flaw: Flaw,
    },
    /// An override names a variable that the file does not have.
    #[error("--set {name}=... names no variable of {}; it has {}", file.display(), list(known))]
    UnknownOverride {
        /// Path of the file.
        file: PathBuf,
        /// Name in the override.
        name: String,
        /// Names of the file's variables.
        known: Vec<String>,
    },
    /// The topology has no such profile.
    #[error("{} has no profile '{name}'; it has {}", file.display(), list(known))]
    UnknownProfile {
        /// Path of the file.
        file: PathBuf,
        /// Name that was asked for.
        name: String,
        /// Names of the file's profiles.
        known: Vec<String>,
    },
    /// A subset names a node that the topology does not have.
    #[error("{} has no node '{name}'; it has {}", file.display(), list(known))]
    NotInSubset {
        /// Path of the file.
        file: PathBuf,
        /// Name that was asked for.
        name: String,
        /// Names of the file's nodes.
        known: Vec<String>,
    },
}

/// Flaw of a topology file that parses.
#[derive(Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum Flaw {
    /// The file has no nodes.
    #[error("there is no node; add one, such as [node.web] with command = [\"./web\", \"${{port}}\"]")]
    NoNodes,
    /// A name of the topology, of a node or of a port is unfit, since names become folders.
    #[error(
        "'{}' is not a valid name ({} bytes); use at most {most} lower-case letters, digits and dashes, beginning \
         with a letter",
        shortened(name),
        name.len()
    )]
    BadName {
        /// Name that was given.
        name: String,
        /// Most bytes that a name may have.
        most: usize,
    },
    /// A node has none or several of `cargo`, `command` and `address`.
    #[error(
        "node '{node}' has {}; give exactly one of cargo = {{ package = \"...\", bin = \"...\" }}, \
         command = [\"...\"], and address = \"host:port\" for what runs elsewhere, or image = \"...\" for what runs \
         in containers only",
        if *both { "both cargo and command, or one of them and address" } else { "nothing to run" }
    )]
    NotOneProgram {
        /// The node's name.
        node: String,
        /// True if several are given, false if none is.
        both: bool,
    },
    /// The image of a node has no name that an engine takes.
    #[error("node '{node}' has image \"{seen}\"; wanted a name as `docker pull` takes it, such as postgres:15")]
    BadImage {
        /// The node's name.
        node: String,
        /// Image that was given.
        seen: String,
    },
    /// A node has files for a container and no image.
    #[error("node '{0}' has `files`, which go into the container of an `image`; give it one, or leave the files out")]
    FilesWithoutImage(String),
    /// A file for the container of an image can't be given to it.
    #[error("files of node '{node}', {path}: {reason}")]
    ImageFile {
        /// The node's name.
        node: String,
        /// Path in the container.
        path: String,
        /// Reason.
        reason: String,
    },
    /// A backend gives a value to a variable that is not there.
    #[error(
        "[backend.{backend}.variables] gives '{name}' a value, and [variables] has no such name; it has {}",
        list(known)
    )]
    UnknownBackendVariable {
        /// Backend.
        backend: Backend,
        /// Name that was given.
        name: String,
        /// Names of the file's variables.
        known: Vec<String>,
    },
    /// Every node belongs to another backend.
    #[error("no node is there on the backend {0}; leave out the `backend` of some")]
    NoNodesOn(Backend),
    /// A node's `command` is an empty list.
    #[error("node '{0}' has an empty command; its first word is the program")]
    EmptyCommand(String),
    /// The file that was asked for has no name.
    #[error("the topology has no name; begin the file with name = \"...\"")]
    NoName,
    /// An included file cannot be read.
    #[error("cannot include {}: {reason}", path.display())]
    Include {
        /// Path of the included file.
        path: PathBuf,
        /// Reason given by the system.
        reason: String,
    },
    /// A name comes from two files, and neither is the one that includes both.
    #[error(
        "{kind} '{name}' comes from another file too; name it once{}",
        if *kind == "node" { "" } else { ", or in the file that includes both" }
    )]
    IncludedTwice {
        /// The kind of name: variable, role or node.
        kind: &'static str,
        /// Name that comes twice.
        name: String,
    },
    /// A file of environment variables cannot be read or understood.
    #[error("env file {}: {reason}", file.display())]
    EnvFile {
        /// Path of the file.
        file: PathBuf,
        /// Reason, with the line, but without its text.
        reason: String,
    },
    /// The OpenAPI document of a node cannot be read or used.
    #[error("openapi of node '{node}', {}: {reason}", file.display())]
    OpenApi {
        /// The node's name.
        node: String,
        /// Path of the document.
        file: PathBuf,
        /// Reason.
        reason: String,
    },
    /// An environment variable of `seam` is used and not set.
    #[error("${{env.{0}}}: the environment variable {0} is not set; set it, or give a default: ${{env.{0}:-default}}")]
    NoEnv(String),
    /// A node has no instance or too many.
    #[error("node '{node}' has {seen} instances; use 1 to {most}")]
    BadInstances {
        /// The node's name.
        node: String,
        /// Number that was given.
        seen: u16,
        /// Most instances that a node may have.
        most: u16,
    },
    /// Several instances of a node would listen on one port.
    #[error("node '{0}' has several instances and `fixed_ports`; only one program can listen on a port")]
    FixedAndSeveral(String),
    /// A port that is to be fixed is 0.
    #[error("node '{0}' fixes port 0, which stands for any; leave it out, or use 1 to 65535")]
    PortZero(String),
    /// Two nodes, or a node and an instance of another, have one name.
    #[error("two nodes are called '{0}'; the instances of a node are called NODE-1, NODE-2 and so on")]
    SameName(String),
    /// Two nodes have one named folder for their data.
    #[error("two nodes have data = \"{0}\"; each needs a folder of its own")]
    SameData(String),
    /// A signal has an unknown name.
    #[error("node '{node}' is stopped by '{name}'; known are TERM, INT, QUIT, HUP, USR1, USR2 and KILL")]
    UnknownSignal {
        /// The node's name.
        node: String,
        /// Name that was given.
        name: String,
    },
    /// The address of what runs elsewhere is none.
    #[error(
        "node '{node}' has address '{seen}'; use host:port, or http://host or https://host with a port or without, \
         and no path"
    )]
    BadAddress {
        /// The node's name.
        node: String,
        /// Address that was given.
        seen: String,
    },
    /// A key is given that means nothing for a node that runs elsewhere.
    #[error("node '{node}' has an `address`: it runs elsewhere, so `{key}` means nothing; leave one of them out")]
    NotForOutside {
        /// The node's name.
        node: String,
        /// Key that was given.
        key: &'static str,
    },
    /// A name in `secret` is no variable.
    #[error("secret '{name}' is no variable; the variables are {}", list(known))]
    UnknownSecret {
        /// Name in the list.
        name: String,
        /// Names of the file's variables.
        known: Vec<String>,
    },
    /// A secret variable has no text of its own, so it can't be hidden.
    #[error("secret '{0}' must be text, ${{env.NAME}} or other variables; what differs from node to node is no secret")]
    SecretIsPlace(String),
    /// A port is wanted of a node that has none.
    #[error("node '{0}' has no port, so it can't be called or asked; name some in its `ports`")]
    NoPort(String),
    /// A node runs once, and has a check for something that keeps running.
    #[error("node '{0}' runs once, so it is ready when it has ended with status 0; leave out all but `within_ms`")]
    OnceAndReady(String),
    /// The pattern of a `ready` is no regular expression.
    #[error("`log` in the ready of node '{node}' is no regular expression: {reason}")]
    BadPattern {
        /// The node's name.
        node: String,
        /// Reason given by the parser.
        reason: String,
    },
    /// A status in a `ready` does not exist.
    #[error("status {status} in the ready of node '{node}' is none of HTTP; use 100 to 599")]
    BadStatus {
        /// The node's name.
        node: String,
        /// Status that was given.
        status: u16,
    },
    /// A profile has no nodes.
    #[error("profile '{0}' has no nodes; name in `nodes` those that it starts")]
    EmptyProfile(String),
    /// No node has the name.
    #[error("no node is called '{name}'; the nodes are {}", list(known))]
    UnknownNode {
        /// Name that was used.
        name: String,
        /// Names of the file's nodes.
        known: Vec<String>,
    },
    /// No port of the node has the name.
    #[error("node '{node}' has no port '{name}'; its ports are {}", list(known))]
    UnknownPort {
        /// The node's name.
        node: String,
        /// Name that was used.
        name: String,
        /// Names of the node's ports.
        known: Vec<String>,
    },
    /// The port is left out although the node has several.
    #[error("node '{node}' has several ports; say which: {}", choices(prefix, known))]
    WhichPort {
        /// The node's name.
        node: String,
        /// Text that comes before the port's name, for the suggestion.
        prefix: String,
        /// Names of the node's ports.
        known: Vec<String>,
    },
    /// A node uses `${link.X}` without a link to X.
    #[error(
        "node '{node}' uses ${{link.{callee}}}, but neither needs nor links '{callee}'; \
         add it to its `needs` (ready first) or `links`"
    )]
    NotLinked {
        /// The node's name.
        node: String,
        /// Name of the node that is to be called.
        callee: String,
    },
    /// A name occurs twice in a list.
    #[error("'{name}' occurs twice in the {what} of node '{node}'; name it once")]
    Doubled {
        /// The node's name.
        node: String,
        /// Key of the list in the file.
        what: &'static str,
        /// Name that occurs twice.
        name: String,
    },
    /// Nodes wait for each other and can never start.
    #[error(
        "these nodes wait for each other and could never start: {}; move one of these `needs` to `links`",
        path.join(" needs ")
    )]
    Cycle {
        /// Nodes of the cycle in order, the first one again at the end.
        path: Vec<String>,
    },
    /// A placeholder `${...}` has an unknown name.
    #[error(
        "unknown placeholder ${{{name}}}; known are ${{data}}, ${{host}}, ${{node}}, ${{instance}}, ${{port}}, \
         ${{port.NAME}}, ${{link.NODE}}, ${{link.NODE.PORT}}, ${{env.NAME}} and the variables {}",
        list(known)
    )]
    UnknownVariable {
        /// Text between the braces.
        name: String,
        /// Names of the file's variables.
        known: Vec<String>,
    },
    /// A variable contains itself.
    #[error("variable '{0}' contains itself, directly or through others; remove one of the references")]
    CircularVariable(String),
    /// A text is too long with its variables filled in.
    #[error(
        "{what} has {length} bytes with its variables filled in, wanted at most {most}; let it name fewer or \
         shorter ones"
    )]
    TooLong {
        /// Variable or text.
        what: String,
        /// Bytes that it has.
        length: usize,
        /// Most bytes that it may have.
        most: usize,
    },
    /// A variable lies within too many others.
    #[error("variable '{name}' lies within more than {most} others; name it in fewer steps")]
    TooDeep {
        /// Name of the variable.
        name: String,
        /// Most variables that may lie within each other.
        most: usize,
    },
    /// A variable has the name of a built-in placeholder.
    #[error("a variable cannot be called '{0}': that name is built in; choose another")]
    BuiltInVariable(String),
    /// A `${` is not closed.
    #[error("'{0}' has a ${{ without its }}; write $${{ where ${{ itself is meant")]
    Unclosed(String),
    /// A node's `ready` has several checks or none, a key of another check, or a path that cannot be requested.
    #[error(
        "ready of node '{0}' must be {{ http = \"/path\" }} or {{ tcp = true }}, with a `port` where it has several, \
         or {{ log = \"pattern\" }}, or {{ command = [\"program\", ...] }}; `status` goes with http, \
         and `within_ms` with each"
    )]
    BadReady(String),
    /// A role has the name of a node, but is played by another node.
    #[error("role '{role}' is also the name of a node, but points to '{target}'; rename the role or the node")]
    RoleIsNode {
        /// Name of the role.
        role: String,
        /// Endpoint that plays the role.
        target: String,
    },
}

/// The first characters of a text, enough to find it, on one line.
pub(super) fn shortened(text: &str) -> String {
    const SHOWN: usize = 60;
    let shown: String = text.chars().take(SHOWN).collect();
    let more = if shown.len() < text.len() { "..." } else { "" };
    format!("{}{more}", shown.escape_debug())
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
