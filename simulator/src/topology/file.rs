use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

/// A topology file as written, before its names are checked.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TopologyFile {
    pub(super) name: Spanned<String>,
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
