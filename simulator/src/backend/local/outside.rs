use std::{collections::BTreeMap, io, net::SocketAddr, sync::Arc};

use futures::{FutureExt, future::BoxFuture};
use tokio_util::sync::CancellationToken;

use crate::{
    backend::{
        NodeError,
        runner::{Instance, NodeExit, Started},
    },
    topology::Node,
};

/// Something that runs elsewhere. Nothing is started or ended here: what is killed is the way to it.
#[derive(Debug)]
struct Outside {
    gone: CancellationToken,
}

/// Finds the address of what runs elsewhere. It is asked for anew with each start.
///
/// # Errors
/// When the name has no address.
pub(super) async fn start(node: &Node, host: &str, port: u16) -> Result<Started, NodeError> {
    let no_address = |reason: String| NodeError::NoAddress {
        node: node.name.clone(),
        host: host.to_owned(),
        reason,
    };
    let found = tokio::net::lookup_host((host, port)).await;
    let address: SocketAddr = found
        .map_err(|error| no_address(error.to_string()))?
        .next()
        .ok_or_else(|| no_address("its name stands for nothing".to_owned()))?;
    let gone = CancellationToken::new();
    let addresses: BTreeMap<String, SocketAddr> = node.ports.iter().map(|port| (port.clone(), address)).collect();
    Ok(Started {
        addresses,
        ended: gone.clone().cancelled_owned().map(|()| NodeExit::Status(0)).boxed(),
        instance: Arc::new(Outside { gone }),
    })
}

impl Instance for Outside {
    fn pid(&self) -> Option<u32> {
        None
    }

    fn pause(&self) -> BoxFuture<'_, io::Result<()>> {
        async { Err(io::ErrorKind::Unsupported.into()) }.boxed()
    }

    fn fill_disk(&self, _: bool) -> io::Result<()> {
        Err(io::Error::other("it runs elsewhere"))
    }

    fn resume(&self) -> BoxFuture<'_, ()> {
        async {}.boxed()
    }

    fn stop(&self) {
        self.gone.cancel();
    }

    fn kill(&self) {
        self.gone.cancel();
    }

    fn check(&self) -> BoxFuture<'_, Result<(), String>> {
        async { Err("a command can't be run where it runs".to_owned()) }.boxed()
    }

    fn lost_a_port(&self) -> bool {
        false
    }
}
