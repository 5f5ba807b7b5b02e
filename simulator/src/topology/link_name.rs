use super::{Link, Node, OUTSIDE, Topology};

/// Name of links as faults give it, `caller -> callee` or `caller -> callee:port`.
///
/// A caller is a node, all instances of one, a role, `outside` for the front door, or `*` for all of them. A callee
/// is a node with ports, or a role; without a port all of its ports are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkName {
    /// The node that calls.
    pub caller: String,
    /// The node that is called.
    pub callee: String,
    /// The port that is called; `None` for each.
    pub port: Option<String>,
}

/// Text that names no link of a topology.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoLink {
    /// It has another form.
    #[error("link {name:?} has no caller and callee; wanted \"orders -> payments\" or \"orders -> payments:port\"")]
    Malformed {
        /// The text.
        name: String,
    },
    /// It has the right form, and there is no such link.
    #[error("topology {topology} has no link \"{name}\"; its links are {known}", known = known.join(", "))]
    Unknown {
        /// The text.
        name: String,
        /// The topology's name.
        topology: String,
        /// Every link that there is.
        known: Vec<String>,
    },
}

impl LinkName {
    /// Reads a name.
    ///
    /// # Errors
    /// When it has another form.
    pub fn parse(text: &str) -> Result<Self, NoLink> {
        let parts = || {
            let (caller, callee) = text.split_once("->")?;
            let (callee, port) = match callee.split_once(':') {
                Some((callee, port)) => (callee, Some(port.trim())),
                None => (callee, None),
            };
            let (caller, callee) = (caller.trim(), callee.trim());
            let empty = caller.is_empty() || callee.is_empty() || callee.contains("->") || port == Some("");
            (!empty).then(|| Self {
                caller: caller.to_owned(),
                callee: callee.to_owned(),
                port: port.map(str::to_owned),
            })
        };
        parts().ok_or_else(|| NoLink::Malformed { name: text.to_owned() })
    }
}

impl Topology {
    /// Every link and every front door that a [`LinkName`] means, in the order of the topology; at least one.
    ///
    /// # Errors
    /// When the text is no such name, or there is no such link.
    pub fn links_called(&self, name: &str) -> Result<Vec<Link>, NoLink> {
        let wanted = LinkName::parse(name)?;
        let (caller, callee) = (self.service_of(&wanted.caller), self.service_of(&wanted.callee));
        let calls = |link: &Link| match wanted.caller.as_str() {
            "*" => true,
            OUTSIDE => link.caller == OUTSIDE,
            exact => link.caller == exact || self.service_of(&link.caller) == caller && !self.is_instance(exact),
        };
        let is_called = |link: &Link| link.endpoint.node == callee;
        let at_port = |link: &Link| wanted.port.as_ref().is_none_or(|port| link.endpoint.port == *port);
        let every: Vec<Link> = self.front_doors().chain(self.links()).collect();
        let found = every
            .iter()
            .filter(|link| calls(link) && is_called(link) && at_port(link));
        let found: Vec<Link> = found.cloned().collect();
        if found.is_empty() {
            return Err(NoLink::Unknown {
                name: name.to_owned(),
                topology: self.name().to_owned(),
                known: every.iter().map(ToString::to_string).collect(),
            });
        }
        Ok(found)
    }

    /// Every path into the topology from outside.
    fn front_doors(&self) -> impl Iterator<Item = Link> {
        self.endpoints().into_iter().map(Link::from_outside)
    }

    /// Name of the table of a node, of one of its instances, or of the node that plays a role; other names stay.
    fn service_of(&self, name: &str) -> String {
        let own = self.node(name).map(|node| node.service.clone());
        own.or_else(|| self.role(name).map(|endpoint| endpoint.node))
            .unwrap_or_else(|| name.to_owned())
    }

    /// True for the name of one of several instances.
    fn is_instance(&self, name: &str) -> bool {
        let named = |node: &Node| node.name == name && node.service != name;
        self.nodes().iter().any(named)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn shop() -> Topology {
        let text = r#"
            name = "shop"
            [roles]
            till = "web"
            [node.store]
            command = ["store"]
            ports = ["main", "admin"]
            [node.web]
            command = ["web"]
            instances = 2
            needs = ["store"]
        "#;
        Topology::parse(text, Path::new("shop.toml"), &[]).expect("the topology is right")
    }

    fn called(name: &str) -> Vec<String> {
        let links = shop().links_called(name).expect("there are such links");
        links.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_name_means_instances_ports_roles_and_the_front_door() {
        assert_eq!(
            called("web->store"),
            [
                "web-1 -> store:main",
                "web-1 -> store:admin",
                "web-2 -> store:main",
                "web-2 -> store:admin"
            ]
        );
        assert_eq!(
            called("till -> store : admin"),
            ["web-1 -> store:admin", "web-2 -> store:admin"]
        );
        assert_eq!(called("web-2 -> store:main"), ["web-2 -> store:main"]);
        assert_eq!(called("outside -> till"), ["outside -> web:main"]);
        let any = called("* -> store:main");
        assert_eq!(
            any,
            ["outside -> store:main", "web-1 -> store:main", "web-2 -> store:main"]
        );
    }

    #[test]
    fn a_name_of_nothing_is_refused_with_what_there_is() {
        for name in [
            "store -> web",
            "web -> store:debug",
            "web-3 -> store",
            "outside -> shop",
        ] {
            let refusal = shop().links_called(name).expect_err(name).to_string();
            assert!(refusal.contains(&format!("no link \"{name}\"")), "{refusal}");
            assert!(refusal.contains("outside -> web:main, web-1 -> store:"), "{refusal}");
        }
        for name in ["", "web", "-> store", "web ->", "a -> b -> c", "web -> store:"] {
            let refusal = shop().links_called(name).expect_err(name).to_string();
            assert!(refusal.contains("wanted \"orders -> payments\""), "{refusal}");
        }
    }
}
