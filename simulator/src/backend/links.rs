use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, SocketAddr},
};

use faults::{Counts, Faults, Proxy, Upstream};
use futures::future::join_all;

use super::UpError;
use crate::topology::{Endpoint, Link, OUTSIDE, Topology};

/// Proxies that own every stable address of a topology: a front door for each endpoint, used from outside, and
/// one for each link. All proxies to one endpoint share its upstream.
#[derive(Debug)]
pub(super) struct Links {
    upstreams: BTreeMap<Endpoint, Upstream>,
    front_doors: BTreeMap<Endpoint, Proxy>,
    links: BTreeMap<Link, Proxy>,
}

impl Links {
    /// Opens every address: those from outside on loopback, and those of nodes where these reach them. All chance of
    /// the faults on a link derives from the seed and the link's name.
    pub(super) async fn open(topology: &Topology, seed: u64, inside: IpAddr) -> Result<Self, UpError> {
        let mut upstreams: BTreeMap<Endpoint, Upstream> = BTreeMap::new();
        let mut front_doors = BTreeMap::new();
        for endpoint in topology.endpoints() {
            let upstream = upstreams.entry(endpoint.clone()).or_default();
            let node = topology.node(&endpoint.node);
            let fixed = node.and_then(|node| node.public_ports.get(&endpoint.port)).copied();
            let link = Link::from_outside(endpoint.clone());
            let faults = faults_of(topology, &link, seed);
            let address = (Ipv4Addr::LOCALHOST, fixed.unwrap_or(0)).into();
            front_doors.insert(endpoint.clone(), listen(&endpoint, address, upstream, faults).await?);
        }
        let mut links = BTreeMap::new();
        for link in topology.links() {
            let upstream = upstreams.entry(link.endpoint.clone()).or_default();
            let faults = faults_of(topology, &link, seed);
            links.insert(link.clone(), listen(&link, (inside, 0).into(), upstream, faults).await?);
        }
        Ok(Self {
            upstreams,
            front_doors,
            links,
        })
    }

    /// Upstreams of a node, by the names of its ports. Its instances share them.
    pub(super) fn upstreams(&self, node: &str) -> BTreeMap<String, Upstream> {
        let own = self.upstreams.iter().filter(|(endpoint, _)| endpoint.node == node);
        own.map(|(endpoint, upstream)| (endpoint.port.clone(), upstream.clone()))
            .collect()
    }

    /// The `host:port` under which a node reaches each endpoint that it has a link to.
    pub(super) fn addresses_for(&self, caller: &str) -> BTreeMap<Endpoint, String> {
        let own = self.links.iter().filter(|(link, _)| link.caller == caller);
        own.map(|(link, proxy)| (link.endpoint.clone(), proxy.address().to_string()))
            .collect()
    }

    /// Address of an endpoint from outside.
    pub(super) fn front_door(&self, endpoint: &Endpoint) -> Option<SocketAddr> {
        self.front_doors.get(endpoint).map(Proxy::address)
    }

    /// Faults of a link; those of a front door if its caller is [`OUTSIDE`].
    pub(super) fn faults(&self, link: &Link) -> Option<&Faults> {
        let proxy = if link.caller == OUTSIDE {
            self.front_doors.get(&link.endpoint)
        } else {
            self.links.get(link)
        };
        proxy.map(Proxy::faults)
    }

    /// Lifts every fault on every link.
    pub(super) fn lift_all(&self) {
        self.all().for_each(|(_, proxy)| proxy.faults().lift_all());
    }

    /// Requests and connections to a node so far, from outside and over all links.
    pub(super) fn traffic_to(&self, node: &str) -> (u64, u64) {
        let to_node = |(endpoint, proxy): (&Endpoint, &Proxy)| (endpoint.node == node).then(|| proxy.counts());
        let counts = self.all().filter_map(to_node);
        counts.fold((0, 0), |(requests, connections), counts| {
            (requests + counts.requests, connections + counts.connections)
        })
    }

    /// Traffic so far on all links to a service and from these nodes, front doors too: connections, those of them that
    /// are open, and requests. `None` if there are no such links.
    pub(super) fn around(&self, service: &str, nodes: &[&str]) -> Option<(u64, u64, u64)> {
        let doors = self.front_doors.iter().map(|(endpoint, proxy)| (None, endpoint, proxy));
        let links = self
            .links
            .iter()
            .map(|(link, proxy)| (Some(&link.caller), &link.endpoint, proxy));
        let around = doors.chain(links).filter(|(caller, endpoint, _)| {
            endpoint.node == service || caller.is_some_and(|caller| nodes.contains(&caller.as_str()))
        });
        let counts = around.map(|(_, _, proxy)| proxy.counts());
        let counts = counts.map(|counts| (counts.connections, counts.open, counts.requests));
        counts.reduce(|all, one| (all.0 + one.0, all.1 + one.1, all.2 + one.2))
    }

    /// All that has passed each link so far, those from outside first.
    pub(super) fn traffic(&self) -> Vec<(Link, Counts)> {
        let outside = |(endpoint, proxy): (&Endpoint, &Proxy)| (Link::from_outside(endpoint.clone()), proxy.counts());
        let inside = |(link, proxy): (&Link, &Proxy)| (link.clone(), proxy.counts());
        let doors = self.front_doors.iter().map(outside);
        doors.chain(self.links.iter().map(inside)).collect()
    }

    /// Closes every address. Returns when all connections are cut.
    pub(super) async fn close(&self) {
        join_all(self.all().map(|(_, proxy)| proxy.close())).await;
    }

    fn all(&self) -> impl Iterator<Item = (&Endpoint, &Proxy)> {
        let links = self.links.iter().map(|(link, proxy)| (&link.endpoint, proxy));
        self.front_doors.iter().chain(links)
    }
}

/// The faults of a link, which know the operations of its callee.
fn faults_of(topology: &Topology, link: &Link, seed: u64) -> Faults {
    let callee = topology.node(&link.endpoint.node);
    match callee.and_then(|callee| callee.operations.clone()) {
        Some(operations) => Faults::described(seed, link.key(), operations),
        None => Faults::new(seed, link.key()),
    }
}

/// Opens a proxy for an endpoint or a link, at this port, or at any where it is 0.
async fn listen(
    address_of: &impl ToString,
    address: SocketAddr,
    upstream: &Upstream,
    faults: Faults,
) -> Result<Proxy, UpError> {
    let listening = Proxy::listen_with(address, upstream.clone(), faults).await;
    listening.map_err(|source| UpError::Address {
        address_of: match address.port() {
            0 => address_of.to_string(),
            port => format!("{} at its public port {port}", address_of.to_string()),
        },
        source,
    })
}
