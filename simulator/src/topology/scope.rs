use std::time::Duration;

use http::uri::PathAndQuery;
use toml::Spanned;

use super::{
    Endpoint, Flaw, LogPattern, Program, Ready, ReadyProbe, Template,
    file::{NodeTable, ReadyTable, Statuses},
    resolve::{Located, Names},
    template::Part,
};
use crate::template as grammar;

/// Time limit of a node's readiness where the file says none.
const READY_WITHIN: Duration = Duration::from_secs(30);
/// The same for a node that runs once: a migration may take its time.
const ENDED_WITHIN: Duration = Duration::from_secs(300);

/// Meanings of the names in one node's texts.
pub(super) struct Scope<'f> {
    pub(super) names: &'f Names<'f>,
    pub(super) node: &'f str,
    pub(super) links: &'f [Endpoint],
}

impl Scope<'_> {
    pub(super) fn program(&self, table: &Spanned<NodeTable>) -> Result<Program, Located> {
        let at = table.span().start;
        let node = || self.node.to_owned();
        match (&table.get_ref().cargo, &table.get_ref().command) {
            (Some(cargo), None) => Ok(Program::Cargo {
                package: cargo.package.clone(),
                bin: cargo.bin.clone().unwrap_or_else(|| cargo.package.clone()),
            }),
            (None, Some(words)) => {
                let (program, args) = words.split_first().ok_or_else(|| (at, Flaw::EmptyCommand(node())))?;
                Ok(Program::Command {
                    program: self.template(program)?,
                    args: self.templates(args)?,
                })
            }
            (cargo, _) => Err((
                at,
                Flaw::NotOneProgram {
                    node: node(),
                    both: cargo.is_some(),
                },
            )),
        }
    }

    pub(super) fn templates(&self, texts: &[Spanned<String>]) -> Result<Vec<Template>, Located> {
        texts.iter().map(|text| self.template(text)).collect()
    }

    pub(super) fn template(&self, text: &Spanned<String>) -> Result<Template, Located> {
        let mut parts = Vec::new();
        self.parts(text.get_ref(), &mut Vec::new(), &mut parts)
            .map_err(|flaw| (text.span().start, flaw))?;
        Ok(Template::new(parts))
    }

    fn parts(&self, text: &str, within: &mut Vec<String>, parts: &mut Vec<Part>) -> Result<(), Flaw> {
        for part in grammar::parse(text).map_err(|grammar::Unclosed(text)| Flaw::Unclosed(text))? {
            match part {
                grammar::Part::Text(piece) => parts.push(Part::Text(piece.to_owned())),
                grammar::Part::Name(name) => self.place(name, within, parts)?,
            }
        }
        Ok(())
    }

    fn place(&self, name: &str, within: &mut Vec<String>, parts: &mut Vec<Part>) -> Result<(), Flaw> {
        let mut words = name.splitn(3, '.');
        match (words.next(), words.next(), words.next()) {
            (Some("data"), None, _) => parts.push(Part::Data),
            (Some("node"), None, _) => parts.push(Part::Text(self.node.to_owned())),
            (Some("port"), port, None) => {
                parts.push(Part::Port(self.names.endpoint(self.node, port, "${port")?.port));
            }
            (Some("link"), Some(callee), port) => parts.push(Part::Link(self.link(callee, port)?)),
            _ => return self.variable(name, within, parts),
        }
        Ok(())
    }

    fn link(&self, callee: &str, port: Option<&str>) -> Result<Endpoint, Flaw> {
        let endpoint = self.names.endpoint(callee, port, &format!("${{link.{callee}"))?;
        if self.links.contains(&endpoint) {
            return Ok(endpoint);
        }
        Err(Flaw::NotLinked {
            node: self.node.to_owned(),
            callee: callee.to_owned(),
        })
    }

    fn variable(&self, name: &str, within: &mut Vec<String>, parts: &mut Vec<Part>) -> Result<(), Flaw> {
        let Some(value) = self.names.variables.get(name) else {
            let known = self.names.variables.keys().cloned().collect();
            return Err(Flaw::UnknownVariable {
                name: name.to_owned(),
                known,
            });
        };
        if within.iter().any(|outer| outer == name) {
            return Err(Flaw::CircularVariable(name.to_owned()));
        }
        within.push(name.to_owned());
        self.parts(value.get_ref(), within, parts)?;
        within.pop();
        Ok(())
    }

    pub(super) fn ready(&self, table: &NodeTable) -> Result<Ready, Located> {
        let within = if table.once { ENDED_WITHIN } else { READY_WITHIN };
        let Some(spanned) = &table.ready else {
            let probe = self.default_probe(table);
            return Ok(Ready { probe, within });
        };
        let (at, ready) = (spanned.span().start, spanned.get_ref());
        Ok(Ready {
            probe: self.probe(table, ready, at)?,
            within: ready.within_ms.map_or(within, Duration::from_millis),
        })
    }

    fn default_probe(&self, table: &NodeTable) -> ReadyProbe {
        let ports = self.names.ports.get(self.node);
        match ports.and_then(|ports| ports.first()) {
            _ if table.once => ReadyProbe::Ended,
            Some(first) => ReadyProbe::Tcp { port: first.clone() },
            None => ReadyProbe::Started,
        }
    }

    fn probe(&self, table: &NodeTable, ready: &ReadyTable, at: usize) -> Result<ReadyProbe, Located> {
        let bad = || Err((at, Flaw::BadReady(self.node.to_owned())));
        let kinds = [
            ready.http.is_some(),
            ready.tcp,
            ready.log.is_some(),
            ready.command.is_some(),
        ];
        let kinds = kinds.into_iter().filter(|given| *given).count();
        let asks_a_port = ready.http.is_some() || ready.tcp;
        if kinds > 1 || (ready.port.is_some() && !asks_a_port) || (ready.status.is_some() && ready.http.is_none()) {
            return bad();
        }
        if kinds == 0 {
            let only_a_limit = ready.within_ms.is_some();
            return if only_a_limit {
                Ok(self.default_probe(table))
            } else {
                bad()
            };
        }
        if table.once {
            return Err((at, Flaw::OnceAndReady(self.node.to_owned())));
        }
        if let Some(pattern) = &ready.log {
            let flaw = |reason| Flaw::BadPattern {
                node: self.node.to_owned(),
                reason,
            };
            let compiled = LogPattern::new(pattern.get_ref());
            return Ok(ReadyProbe::Log(
                compiled.map_err(|reason| (pattern.span().start, flaw(reason)))?,
            ));
        }
        if let Some(words) = &ready.command {
            let Some((program, args)) = words.split_first() else {
                return Err((at, Flaw::EmptyCommand(self.node.to_owned())));
            };
            return Ok(ReadyProbe::Command {
                program: self.template(program)?,
                args: self.templates(args)?,
            });
        }
        let port = self.port_to_ask(ready).map_err(|flaw| (at, flaw))?;
        match &ready.http {
            None => Ok(ReadyProbe::Tcp { port }),
            Some(path) if is_path(path) => Ok(ReadyProbe::Http {
                port,
                path: path.clone(),
                statuses: self.statuses(ready).map_err(|flaw| (at, flaw))?,
            }),
            Some(_) => bad(),
        }
    }

    /// The port that `ready` names, or else the node's first.
    fn port_to_ask(&self, ready: &ReadyTable) -> Result<String, Flaw> {
        let ports = self.names.ports_of(self.node)?;
        match (&ready.port, ports) {
            (None, [first, ..]) => Ok(first.clone()),
            (None, []) => Err(Flaw::NoPort(self.node.to_owned())),
            (Some(port), _) => Ok(self.names.endpoint(self.node, Some(port), "")?.port),
        }
    }

    fn statuses(&self, ready: &ReadyTable) -> Result<Vec<u16>, Flaw> {
        let statuses = ready.status.as_ref().map(Statuses::to_vec).unwrap_or_default();
        match statuses.iter().find(|status| !(100..=599).contains(*status)) {
            None => Ok(statuses),
            Some(status) => Err(Flaw::BadStatus {
                node: self.node.to_owned(),
                status: *status,
            }),
        }
    }
}

/// True for a path that a request can be sent to.
fn is_path(path: &str) -> bool {
    path.starts_with('/') && path.parse::<PathAndQuery>().is_ok()
}
