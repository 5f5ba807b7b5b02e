//! Nodes made from their tables: one for each instance.

use std::{collections::BTreeMap, fs, path::PathBuf, sync::Arc, time::Duration};

use faults::Operations;
use toml::Spanned;

use super::{
    Endpoint, Flaw, Node, Restart, Stop, StopSignal, Template, env_file,
    file::NodeTable,
    fill::Scope,
    names::Names,
    resolve::{Located, fit, keep, once},
    sources::Sources,
};

/// Instances that a node may have.
const MOST_INSTANCES: u16 = 100;
/// Pause before the first restart, where the file says none.
const BACKOFF: Duration = Duration::from_millis(200);

/// The nodes of a table, one for each instance. Notes every flaw; with one there may be no node.
pub(super) fn nodes(
    names: &Names<'_>,
    service: &str,
    spanned: &Spanned<NodeTable>,
    sources: &Sources,
    flaws: &mut Vec<Located>,
) -> Vec<Node> {
    let table = spanned.get_ref();
    let mut count = 1;
    if let Some(instances) = &table.instances {
        count = *instances.get_ref();
        let flaw = |flaw| (instances.span().start, flaw);
        if !(1..=MOST_INSTANCES).contains(&count) {
            flaws.push(flaw(Flaw::BadInstances {
                node: service.to_owned(),
                seen: count,
                most: MOST_INSTANCES,
            }));
            return Vec::new();
        }
        if count > 1 && !table.fixed_ports.is_empty() {
            flaws.push(flaw(Flaw::FixedAndSeveral(service.to_owned())));
        }
    }
    let mut nodes = Vec::new();
    for instance in 1..=count {
        let builder = Builder {
            names,
            service,
            spanned,
            home: sources.folder(spanned.span().start),
            instance: (count > 1).then_some(instance),
        };
        let before = flaws.len();
        nodes.extend(builder.node(flaws));
        if flaws.len() > before {
            // The other instances have the same flaws.
            break;
        }
    }
    nodes
}

/// One node in the making.
struct Builder<'f> {
    names: &'f Names<'f>,
    service: &'f str,
    spanned: &'f Spanned<NodeTable>,
    /// Folder of the node's file.
    home: PathBuf,
    /// Number of the instance, if there are several.
    instance: Option<u16>,
}

impl Builder<'_> {
    fn node(self, flaws: &mut Vec<Located>) -> Option<Node> {
        let table = self.spanned.get_ref();
        let name = match self.instance {
            Some(number) => format!("{}-{number}", self.service),
            None => self.service.to_owned(),
        };
        let links = self.links(flaws);
        let scope = Scope::new(self.names, self.service, &links).of_instance(&name, self.instance.unwrap_or(1));
        let program = keep(flaws, scope.program(self.spanned));
        let image = keep(flaws, scope.image(table, &self.home));
        let args = keep(flaws, scope.templates(&table.args));
        let env = keep(flaws, self.env(&scope));
        let ready = keep(flaws, scope.ready(table));
        let folder = table.folder.as_ref().map(|folder| keep(flaws, scope.template(folder)));
        let fixed_ports = keep(flaws, self.numbered(&table.fixed_ports));
        let public_ports = keep(flaws, self.numbered(&table.public_ports));
        let stop = keep(flaws, self.stop());
        let data = keep(flaws, self.data());
        let operations = keep(flaws, self.operations());
        keep(flaws, self.fits_its_kind());
        Some(Node {
            service: self.service.to_owned(),
            program: program?,
            image: image?,
            args: args?,
            env: env?,
            needs: table.needs.iter().map(|needed| needed.get_ref().clone()).collect(),
            ports: self.names.ports.get(self.service).cloned().unwrap_or_default(),
            fixed_ports: fixed_ports?,
            public_ports: public_ports?,
            ready: ready?,
            once: table.once,
            home: self.home,
            folder: match folder {
                Some(folder) => Some(folder?),
                None => None,
            },
            restart: table.restart.as_ref().map(|restart| Restart {
                limit: restart.on_failure,
                backoff: restart.backoff_ms.map_or(BACKOFF, Duration::from_millis),
            }),
            stop: stop?,
            operations: operations?,
            data: data?.map(|data| match self.instance {
                Some(number) => format!("{data}-{number}"),
                None => data,
            }),
            name,
            links,
        })
    }

    /// The endpoints that the node may call. A flaw of one leaves the others.
    fn links(&self, flaws: &mut Vec<Located>) -> Vec<Endpoint> {
        let table = self.spanned.get_ref();
        let linked = || table.needs.iter().chain(&table.links);
        keep(flaws, once(self.service, "needs and links", linked()));
        let mut links = Vec::new();
        for callee in linked() {
            let at = callee.span().start;
            let Some(ports) = keep(flaws, self.names.ports_of(callee.get_ref()).map_err(|flaw| (at, flaw))) else {
                continue;
            };
            if ports.is_empty() && table.links.iter().any(|link| link.get_ref() == callee.get_ref()) {
                flaws.push((at, Flaw::NoPort(callee.get_ref().clone())));
            }
            links.extend(ports.iter().map(|port| Endpoint {
                node: callee.get_ref().clone(),
                port: port.clone(),
            }));
        }
        links
    }

    /// Variables of the files, then those of the table, which win.
    fn env(&self, scope: &Scope<'_>) -> Result<BTreeMap<String, Template>, Located> {
        let table = self.spanned.get_ref();
        let mut env = BTreeMap::new();
        for file in &table.env_files {
            let path = self.home.join(file.get_ref());
            env.extend(env_file::read(&path).map_err(|flaw| (file.span().start, flaw))?);
        }
        for (name, value) in &table.env {
            env.insert(name.clone(), scope.template(value)?);
        }
        Ok(env)
    }

    fn numbered(&self, ports: &BTreeMap<String, Spanned<u16>>) -> Result<BTreeMap<String, u16>, Located> {
        let number = |(name, number): (&String, &Spanned<u16>)| {
            let at = |flaw| (number.span().start, flaw);
            self.names.endpoint(self.service, Some(name), "").map_err(at)?;
            if *number.get_ref() == 0 {
                return Err(at(Flaw::PortZero(self.service.to_owned())));
            }
            Ok((name.clone(), *number.get_ref()))
        };
        ports.iter().map(number).collect()
    }

    fn stop(&self) -> Result<Stop, Located> {
        let Some(spanned) = &self.spanned.get_ref().stop else {
            return Ok(Stop::default());
        };
        let table = spanned.get_ref();
        let signal = match &table.signal {
            None => StopSignal::default(),
            Some(name) => StopSignal::named(name).ok_or_else(|| {
                let node = self.service.to_owned();
                let name = name.clone();
                (spanned.span().start, Flaw::UnknownSignal { node, name })
            })?,
        };
        Ok(Stop {
            signal,
            within: table.within_ms.map(Duration::from_millis),
        })
    }

    fn data(&self) -> Result<Option<String>, Located> {
        let Some(data) = &self.spanned.get_ref().data else {
            return Ok(None);
        };
        fit(data.get_ref()).map_err(|flaw| (data.span().start, flaw))?;
        Ok(Some(data.get_ref().clone()))
    }

    /// The operations of its document.
    fn operations(&self) -> Result<Option<Arc<Operations>>, Located> {
        let Some(openapi) = &self.spanned.get_ref().openapi else {
            return Ok(None);
        };
        let file = self.home.join(openapi.get_ref());
        let flaw = |reason: String| {
            let (node, file) = (self.service.to_owned(), file.clone());
            (openapi.span().start, Flaw::OpenApi { node, file, reason })
        };
        let text = fs::read_to_string(&file).map_err(|error| flaw(error.to_string()))?;
        let document = serde_json::from_str(&text).map_err(|error| flaw(format!("it is not JSON: {error}")))?;
        let operations = Operations::read(document).map_err(|error| flaw(error.to_string()))?;
        Ok(Some(Arc::new(operations)))
    }

    /// Refuses keys that mean nothing for a node of this kind.
    fn fits_its_kind(&self) -> Result<(), Located> {
        let table = self.spanned.get_ref();
        if table.address.is_none() {
            return Ok(());
        }
        let given = [
            ("image", table.image.is_some()),
            ("args", !table.args.is_empty()),
            ("env", !table.env.is_empty()),
            ("env_files", !table.env_files.is_empty()),
            ("links", !table.links.is_empty()),
            ("ports", table.ports.is_some()),
            ("fixed_ports", !table.fixed_ports.is_empty()),
            ("once", table.once),
            ("folder", table.folder.is_some()),
            ("instances", table.instances.is_some()),
            ("restart", table.restart.is_some()),
            ("stop", table.stop.is_some()),
            ("data", table.data.is_some()),
            (
                "command in ready",
                table
                    .ready
                    .as_ref()
                    .is_some_and(|ready| ready.get_ref().command.is_some()),
            ),
            (
                "log in ready",
                table.ready.as_ref().is_some_and(|ready| ready.get_ref().log.is_some()),
            ),
        ];
        match given.into_iter().find(|(_, given)| *given) {
            None => Ok(()),
            Some((key, _)) => {
                let node = self.service.to_owned();
                Err((self.spanned.span().start, Flaw::NotForOutside { node, key }))
            }
        }
    }
}
