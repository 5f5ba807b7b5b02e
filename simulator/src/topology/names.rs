use std::collections::{BTreeMap, BTreeSet};

use toml::Spanned;

use super::{Endpoint, Flaw};

/// Meanings of the names in a file.
pub(super) struct Names<'f> {
    pub(super) ports: BTreeMap<String, Vec<String>>,
    pub(super) variables: &'f BTreeMap<String, Spanned<String>>,
    /// Names of the variables that are secret.
    pub(super) secret: BTreeSet<&'f str>,
}

impl Names<'_> {
    pub(super) fn ports_of(&self, node: &str) -> Result<&[String], Flaw> {
        self.ports
            .get(node)
            .map(Vec::as_slice)
            .ok_or_else(|| Flaw::UnknownNode {
                name: node.to_owned(),
                known: self.ports.keys().cloned().collect(),
            })
    }

    pub(super) fn endpoint(&self, node: &str, port: Option<&str>, prefix: &str) -> Result<Endpoint, Flaw> {
        let ports = self.ports_of(node)?;
        let known = || ports.to_vec();
        let port = match (port, ports) {
            (Some(name), _) if ports.iter().any(|port| port == name) => name.to_owned(),
            (Some(name), _) => {
                return Err(Flaw::UnknownPort {
                    node: node.to_owned(),
                    name: name.to_owned(),
                    known: known(),
                });
            }
            (None, [only]) => only.clone(),
            (None, []) => return Err(Flaw::NoPort(node.to_owned())),
            (None, _) => {
                return Err(Flaw::WhichPort {
                    node: node.to_owned(),
                    prefix: prefix.to_owned(),
                    known: known(),
                });
            }
        };
        Ok(Endpoint {
            node: node.to_owned(),
            port,
        })
    }
}
