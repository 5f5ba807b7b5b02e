//! The file of a topology as it is written. The descriptions of its keys are also those of its JSON Schema and of
//! `simulator/REFERENCE.md`; the rules that a schema can say beside the types are in [`super::schema`].

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

use super::{Backend, schema};

/// A topology: the nodes of a system, the program of each, and its links to others.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Topology of seam", transform = schema::topology)]
pub(super) struct TopologyFile {
    /// Name of the topology. Only a file that another one includes may leave it out.
    #[schemars(with = "Option<String>", extend("pattern" = schema::NAME))]
    pub(super) name: Option<Spanned<String>>,
    /// Makes it the topology that `seam up` without a name takes, of several in its folder. Of no meaning in a file
    /// that is included.
    #[serde(default, rename = "default")]
    #[expect(dead_code, reason = "read where no topology is named, before any is taken")]
    pub(super) is_default: bool,
    /// Files whose nodes, variables, roles, profiles and secrets belong to this topology too, each read once. Paths
    /// lead from the file that includes. Variables, roles and profiles of that file win over included ones; two
    /// included files may not give one name.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub(super) include: Vec<Spanned<String>>,
    /// Names of variables whose values are shown nowhere: not in messages, reports or replay lines.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub(super) secret: Vec<Spanned<String>>,
    /// Values for `${NAME}` in texts, by name; `--set NAME=VALUE` replaces one.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, String>", extend("propertyNames" = schema::variable_names()))]
    pub(super) variables: BTreeMap<String, Spanned<String>>,
    /// Names that scenarios use, each for a node, as `NODE` or `NODE.PORT`.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, String>")]
    pub(super) roles: BTreeMap<String, Spanned<String>>,
    /// What holds on one backend alone, by its name: `local` or `containers`.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, BackendTable>", extend("propertyNames" = schema::backends()))]
    pub(super) backend: BTreeMap<Backend, BackendTable>,
    /// Subsets of the nodes by name, for `--profile NAME`.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, ProfileTable>", extend("propertyNames" = schema::names()))]
    pub(super) profile: BTreeMap<String, Spanned<ProfileTable>>,
    /// Nodes by name.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, NodeTable>", extend("propertyNames" = schema::names()))]
    pub(super) node: BTreeMap<String, Spanned<NodeTable>>,
}

/// What holds on one backend alone.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "OnBackend")]
pub(super) struct BackendTable {
    /// Values that variables of `[variables]` have on this backend; `--set NAME=VALUE` replaces these too.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, String>")]
    pub(super) variables: BTreeMap<String, Spanned<String>>,
}

/// Subset of the nodes: those that it names and all that they need. What is left out is not there for those that link
/// to it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Profile")]
pub(super) struct ProfileTable {
    /// Nodes that it starts; at least one.
    #[schemars(with = "Vec<String>", length(min = 1))]
    pub(super) nodes: Vec<Spanned<String>>,
}

/// Node: a part of the system that is started, stopped and killed on its own. Exactly one of `cargo`, `command` and
/// `address` says what runs, or an `image` alone. Beside `cargo` or `command`, an `image` takes the program's place on
/// the backend `containers`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Node", transform = schema::node)]
pub(super) struct NodeTable {
    /// Binary of the cargo workspace, built before anything starts.
    pub(super) cargo: Option<CargoTable>,
    /// Program and its first arguments: with a slash a path from the node's folder, otherwise a name in `PATH`.
    #[schemars(with = "Option<Vec<String>>", length(min = 1))]
    pub(super) command: Option<Vec<Spanned<String>>>,
    /// Address of what runs elsewhere: `host:port`, or `http://host` or `https://host` with a port or without, and no
    /// path. Links lead there through their proxies, as bytes; a fault that kills it cuts the way. Its name is looked
    /// up at each start, and the first address is used. TLS still names and checks its own host.
    #[schemars(with = "Option<String>")]
    pub(super) address: Option<Spanned<String>>,
    /// Image that runs on the backend `containers`, such as `postgres:15`, with `args` as its arguments; pulled where
    /// the engine does not have it. Without one, a cargo binary runs there in an image that `seam` makes.
    #[schemars(with = "Option<String>", extend("pattern" = r"^\S+$"))]
    pub(super) image: Option<Spanned<String>>,
    /// Files that the image finds, by their absolute paths in the container; each is a path from the folder of the
    /// topology's file.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, String>", extend("propertyNames" = schema::absolute_paths()))]
    pub(super) files: BTreeMap<String, Spanned<String>>,
    /// Backend that has this node; all have it where the key is missing. On another one it is left out, and so are the
    /// `needs` and `links` of other nodes to it.
    pub(super) backend: Option<Backend>,
    /// Arguments after those of the program.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub(super) args: Vec<Spanned<String>>,
    /// Environment variables, over those of `env_files`, over those that `seam` has, all of which pass through.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, String>")]
    pub(super) env: BTreeMap<String, Spanned<String>>,
    /// Nodes that are ready before this one starts, or done if they run once; each is a link too.
    #[serde(default)]
    #[schemars(with = "Vec<String>", extend("uniqueItems" = true))]
    pub(super) needs: Vec<Spanned<String>>,
    /// Nodes that this one calls; may go round in a circle.
    #[serde(default)]
    #[schemars(with = "Vec<String>", extend("uniqueItems" = true))]
    pub(super) links: Vec<Spanned<String>>,
    /// Names of the ports that the program listens on; `["main"]` where the key is missing, but none with `once`. A
    /// worker that nobody calls has `[]`.
    #[schemars(with = "Option<Vec<schema::Name>>", extend("uniqueItems" = true))]
    pub(super) ports: Option<Vec<Spanned<String>>>,
    /// Check that says that the node is ready. Where the key is missing it is a connection to the first port, or the
    /// start of a node without ports, or the end of one that runs once.
    #[schemars(with = "Option<ReadyTable>")]
    pub(super) ready: Option<Spanned<ReadyTable>>,
    /// Runs the program to its end before what needs it starts, as a migration does. Another status than 0 is exit code
    /// 2 with its last lines.
    #[serde(default)]
    pub(super) once: bool,
    /// Working folder, from the folder of the topology's file, which is the default.
    #[schemars(with = "Option<String>")]
    pub(super) folder: Option<Spanned<String>>,
    /// Files of `NAME=value` lines, from the folder of the topology's file; later ones win. Values may be quoted;
    /// nothing in them is filled in.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub(super) env_files: Vec<Spanned<String>>,
    /// Numbers of ports for a program that can't be told them, by the ports' names. Callers still come through their
    /// links. A port that is taken is refused before anything starts.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, schema::PortNumber>")]
    pub(super) fixed_ports: BTreeMap<String, Spanned<u16>>,
    /// Numbers at which the node is found from outside, on 127.0.0.1, instead of any free one, by the ports' names.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, schema::PortNumber>")]
    pub(super) public_ports: BTreeMap<String, Spanned<u16>>,
    /// Processes of this node, called `NAME-1`, `NAME-2` and so on; one where the key is missing. Every link to `NAME`
    /// gives each new connection to the next that runs. A fault on `NAME` hits all, one on `NAME-2` that one. Request
    /// counts are those of all together.
    #[schemars(with = "Option<u16>", range(min = 1, max = 100))]
    pub(super) instances: Option<Spanned<u16>>,
    /// Restarts after another status than 0 or a signal; never where the key is missing. A death stays a death: it is
    /// said, and fails a run unless the scenario lists the node in `may_die`.
    pub(super) restart: Option<RestartTable>,
    /// End of the node when the topology goes down.
    #[schemars(with = "Option<StopTable>")]
    pub(super) stop: Option<Spanned<StopTable>>,
    /// OpenAPI document of what it serves, version 3 as JSON, from the folder of the topology's file. Faults on links
    /// to it may then name its operations (`on.http.operation`) and break its schemas (`violate_schema`).
    #[schemars(with = "Option<String>")]
    pub(super) openapi: Option<Spanned<String>>,
    /// Name of data that outlives the run: `${data}` is then `.seam/data/NAME`, which belongs to one run at a time.
    /// With several instances each has `NAME-1` and so on. Where the key is missing, the folder goes with the run.
    #[schemars(with = "Option<schema::Name>")]
    pub(super) data: Option<Spanned<String>>,
}

/// Restarts of a node that fails.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Restart")]
pub(super) struct RestartTable {
    /// Restarts in all, at most.
    pub(super) on_failure: u32,
    /// Milliseconds until the first restart; each further pause is twice as long, up to 10 s.
    #[schemars(extend("default" = 200))]
    pub(super) backoff_ms: Option<u64>,
}

/// End of a node.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Stop")]
pub(super) struct StopTable {
    /// Signal that asks the node to end: TERM, INT, QUIT, HUP, USR1, USR2 or KILL.
    #[schemars(extend("pattern" = "^(SIG)?(TERM|INT|QUIT|HUP|USR1|USR2|KILL)$", "default" = "TERM"))]
    pub(super) signal: Option<String>,
    /// Milliseconds until it is killed.
    #[schemars(extend("default" = 5000))]
    pub(super) within_ms: Option<u64>,
}

/// Binary of the cargo workspace.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Cargo")]
pub(super) struct CargoTable {
    /// Name of the package.
    pub(super) package: String,
    /// Name of the binary; that of the package where the key is missing.
    pub(super) bin: Option<String>,
    /// Feature of the workspace with which the binary has fail points, such as `shared/fail-points`. It is built so
    /// only for a scenario that has the node crash at one.
    #[schemars(length(min = 1))]
    pub(super) fail_points: Option<String>,
}

/// Check that says that a node is ready: one of `tcp`, `http`, `log` and `command`. The error says which check it was,
/// and what was seen last.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Ready", transform = schema::ready)]
pub(super) struct ReadyTable {
    /// Path for a GET, which has to be answered with 2xx, or with a `status`.
    #[schemars(extend("pattern" = r"^/\S*$"))]
    pub(super) http: Option<String>,
    /// Status of HTTP that says ready, or several, instead of 2xx.
    pub(super) status: Option<Statuses>,
    /// Waits until a port accepts a connection.
    #[serde(default)]
    pub(super) tcp: bool,
    /// Regular expression (of the crate `regex`) for a part of a line of the node's output since this start.
    #[schemars(with = "Option<String>")]
    pub(super) log: Option<Spanned<String>>,
    /// Command that ends with status 0. It runs as the node does, ten times a second at most.
    #[schemars(with = "Option<Vec<String>>", length(min = 1))]
    pub(super) command: Option<Vec<Spanned<String>>>,
    /// Name of the port for `tcp` and `http`; the first where the key is missing.
    pub(super) port: Option<String>,
    /// Milliseconds from the start of the node until it has to be ready; 30000, or 300000 for a node that runs once.
    pub(super) within_ms: Option<u64>,
}

/// One status of HTTP, or several.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(inline)]
#[serde(untagged, expecting = "a status such as 204, or a list of them such as [200, 401]")]
pub(super) enum Statuses {
    One(#[schemars(with = "schema::Status")] u16),
    Several(#[schemars(with = "Vec<schema::Status>")] Vec<u16>),
}

impl Statuses {
    pub(super) fn to_vec(&self) -> Vec<u16> {
        match self {
            Self::One(only) => vec![*only],
            Self::Several(all) => all.clone(),
        }
    }
}
