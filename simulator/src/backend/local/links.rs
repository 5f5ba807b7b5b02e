use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddr},
};

use faults::{Proxy, Upstream};

use super::UpError;
use crate::topology::{Endpoint, Topology};

/// Every stable address of a topology: a front door for each port of each node, and one for each link of each caller.
#[derive(Debug)]
pub(super) struct Links {
    upstreams: BTreeMap<Endpoint, Upstream>,
    front_doors: BTreeMap<Endpoint, Proxy>,
    callers: BTreeMap<String, BTreeMap<Endpoint, Proxy>>,
}

impl Links {
    pub(super) async fn open(topology: &Topology) -> Result<Self, UpError> {
        let mut links = Self {
            upstreams: BTreeMap::new(),
            front_doors: BTreeMap::new(),
            callers: BTreeMap::new(),
        };
        for node in topology.nodes() {
            for port in &node.ports {
                let endpoint = Endpoint {
                    node: node.name.clone(),
                    port: port.clone(),
                };
                let upstream = Upstream::away();
                links
                    .front_doors
                    .insert(endpoint.clone(), listen(&endpoint, &upstream).await?);
                links.upstreams.insert(endpoint, upstream);
            }
        }
        for node in topology.nodes() {
            let mut proxies = BTreeMap::new();
            for endpoint in &node.links {
                let upstream = links.upstreams.get(endpoint).cloned().unwrap_or_default();
                proxies.insert(endpoint.clone(), listen(endpoint, &upstream).await?);
            }
            links.callers.insert(node.name.clone(), proxies);
        }
        Ok(links)
    }

    /// Where the ports of this node really are.
    pub(super) fn upstreams(&self, node: &str) -> BTreeMap<String, Upstream> {
        let own = self.upstreams.iter().filter(|(endpoint, _)| endpoint.node == node);
        own.map(|(endpoint, upstream)| (endpoint.port.clone(), upstream.clone()))
            .collect()
    }

    /// The addresses under which this node reaches others.
    pub(super) fn addresses_for(&self, caller: &str) -> BTreeMap<Endpoint, String> {
        let proxies = self.callers.get(caller).into_iter().flatten();
        proxies
            .map(|(endpoint, proxy)| (endpoint.clone(), proxy.address().to_string()))
            .collect()
    }

    pub(super) fn front_door(&self, endpoint: &Endpoint) -> Option<SocketAddr> {
        self.front_doors.get(endpoint).map(Proxy::address)
    }

    /// Requests and connections to this node, through whichever address.
    pub(super) fn traffic_to(&self, node: &str) -> (u64, u64) {
        let to_node = |(endpoint, proxy): (&Endpoint, &Proxy)| (endpoint.node == node).then(|| proxy.counts());
        let counts = self.all().filter_map(to_node);
        counts.fold((0, 0), |(requests, connections), counts| {
            (requests + counts.requests, connections + counts.connections)
        })
    }

    pub(super) async fn close(&self) {
        futures::future::join_all(self.all().map(|(_, proxy)| proxy.close())).await;
    }

    fn all(&self) -> impl Iterator<Item = (&Endpoint, &Proxy)> {
        self.front_doors.iter().chain(self.callers.values().flatten())
    }
}

async fn listen(endpoint: &Endpoint, upstream: &Upstream) -> Result<Proxy, UpError> {
    Proxy::listen((Ipv4Addr::LOCALHOST, 0).into(), upstream.clone())
        .await
        .map_err(|source| UpError::Link {
            endpoint: endpoint.to_string(),
            source,
        })
}
