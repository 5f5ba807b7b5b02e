use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddr},
};

use faults::{Proxy, Upstream};
use futures::future::join_all;

use super::UpError;
use crate::topology::{Endpoint, Link, Topology};

/// Proxies that own every stable address of a topology: a front door for each endpoint, used from outside, and
/// one for each link. All proxies to one endpoint share its upstream.
#[derive(Debug)]
pub(super) struct Links {
    upstreams: BTreeMap<Endpoint, Upstream>,
    front_doors: BTreeMap<Endpoint, Proxy>,
    links: BTreeMap<Link, Proxy>,
}

impl Links {
    pub(super) async fn open(topology: &Topology) -> Result<Self, UpError> {
        let mut upstreams: BTreeMap<Endpoint, Upstream> = BTreeMap::new();
        let mut front_doors = BTreeMap::new();
        for endpoint in topology.endpoints() {
            let upstream = upstreams.entry(endpoint.clone()).or_default();
            let node = topology.node(&endpoint.node);
            let fixed = node.and_then(|node| node.public_ports.get(&endpoint.port)).copied();
            front_doors.insert(endpoint.clone(), listen(&endpoint, fixed, upstream).await?);
        }
        let mut links = BTreeMap::new();
        for link in topology.links() {
            let upstream = upstreams.entry(link.endpoint.clone()).or_default();
            links.insert(link.clone(), listen(&link, None, upstream).await?);
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

    /// Requests and connections to a node so far, from outside and over all links.
    pub(super) fn traffic_to(&self, node: &str) -> (u64, u64) {
        let to_node = |(endpoint, proxy): (&Endpoint, &Proxy)| (endpoint.node == node).then(|| proxy.counts());
        let counts = self.all().filter_map(to_node);
        counts.fold((0, 0), |(requests, connections), counts| {
            (requests + counts.requests, connections + counts.connections)
        })
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

/// Opens a proxy for an endpoint or a link, at this port or any.
async fn listen(address_of: &impl ToString, port: Option<u16>, upstream: &Upstream) -> Result<Proxy, UpError> {
    Proxy::listen((Ipv4Addr::LOCALHOST, port.unwrap_or(0)).into(), upstream.clone())
        .await
        .map_err(|source| UpError::Address {
            address_of: match port {
                Some(port) => format!("{} at its public port {port}", address_of.to_string()),
                None => address_of.to_string(),
            },
            source,
        })
}
