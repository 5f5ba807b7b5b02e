//! Readiness checks of nodes as written, made into those that are asked.

use std::time::Duration;

use super::{
    Flaw, LogPattern, Ready, ReadyProbe,
    file::{NodeTable, ReadyTable, Statuses},
    fill::Scope,
    resolve::Located,
};
use http::uri::PathAndQuery;

/// Time limit of a node's readiness where the file says none.
const READY_WITHIN: Duration = Duration::from_secs(30);
/// The same for a node that runs once: a migration may take its time.
const ENDED_WITHIN: Duration = Duration::from_secs(300);

impl Scope<'_> {
    /// The readiness check of the node.
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
