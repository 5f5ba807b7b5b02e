use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

/// A topology file as written, before its names are checked.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TopologyFile {
    /// Missing in a file that is included.
    pub(super) name: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) include: Vec<Spanned<String>>,
    /// Names of variables whose values are never shown.
    #[serde(default)]
    pub(super) secret: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) variables: BTreeMap<String, Spanned<String>>,
    #[serde(default)]
    pub(super) roles: BTreeMap<String, Spanned<String>>,
    #[serde(default)]
    pub(super) node: BTreeMap<String, Spanned<NodeTable>>,
}

/// A `[node.NAME]` table as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NodeTable {
    pub(super) cargo: Option<CargoTable>,
    pub(super) command: Option<Vec<Spanned<String>>>,
    pub(super) address: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) args: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) env: BTreeMap<String, Spanned<String>>,
    #[serde(default)]
    pub(super) needs: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) links: Vec<Spanned<String>>,
    pub(super) ports: Option<Vec<Spanned<String>>>,
    pub(super) ready: Option<Spanned<ReadyTable>>,
    #[serde(default)]
    pub(super) once: bool,
    pub(super) folder: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) env_files: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) fixed_ports: BTreeMap<String, Spanned<u16>>,
    #[serde(default)]
    pub(super) public_ports: BTreeMap<String, Spanned<u16>>,
    pub(super) instances: Option<Spanned<u16>>,
    pub(super) restart: Option<RestartTable>,
    pub(super) stop: Option<Spanned<StopTable>>,
    pub(super) data: Option<Spanned<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RestartTable {
    pub(super) on_failure: u32,
    pub(super) backoff_ms: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StopTable {
    pub(super) signal: Option<String>,
    pub(super) within_ms: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CargoTable {
    pub(super) package: String,
    pub(super) bin: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReadyTable {
    pub(super) http: Option<String>,
    pub(super) status: Option<Statuses>,
    #[serde(default)]
    pub(super) tcp: bool,
    pub(super) log: Option<Spanned<String>>,
    pub(super) command: Option<Vec<Spanned<String>>>,
    pub(super) port: Option<String>,
    pub(super) within_ms: Option<u64>,
}

/// One status of HTTP, or several.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "a status such as 204, or a list of them such as [200, 401]")]
pub(super) enum Statuses {
    One(u16),
    Several(Vec<u16>),
}

impl Statuses {
    pub(super) fn to_vec(&self) -> Vec<u16> {
        match self {
            Self::One(only) => vec![*only],
            Self::Several(all) => all.clone(),
        }
    }
}
