//! The network of a run: a bridge that passes nothing between its containers.

use std::{collections::HashMap, net::IpAddr};

use testcontainers::bollard::{Docker, models::NetworkCreateRequest, query_parameters::InspectNetworkOptions};

use super::{
    engine::{REFUSED, failure, is_here},
    labels::Labels,
};
use crate::backend::UpError;

/// Makes the network of a run, and returns the address at which its containers reach this machine.
///
/// # Errors
/// When the engine refuses it, or when it is not of this machine.
pub(super) async fn make(docker: &Docker, name: &str, labels: Labels) -> Result<IpAddr, UpError> {
    // Between containers the host's firewall drops all; what goes through the host's own address is no such traffic.
    let alone = HashMap::from([("com.docker.network.bridge.enable_icc".to_owned(), "false".to_owned())]);
    let request = NetworkCreateRequest {
        name: name.to_owned(),
        driver: Some("bridge".to_owned()),
        options: Some(alone),
        labels: Some(labels),
        ..NetworkCreateRequest::default()
    };
    let made = docker.create_network(request).await;
    made.map_err(|error| failure(format!("make the network {name}"), &error))?;
    let gateway = gateway_of(docker, name).await?;
    is_here(gateway)?;
    Ok(gateway)
}

/// Address of this machine in a network of the engine.
///
/// # Errors
/// When there is no such network, or it has no such address.
pub(super) async fn gateway_of(docker: &Docker, name: &str) -> Result<IpAddr, UpError> {
    let doing = || format!("find this machine's address in the network {name}");
    let network = docker.inspect_network(name, None::<InspectNetworkOptions>).await;
    let network = network.map_err(|error| failure(doing(), &error))?;
    let places = network.ipam.and_then(|ipam| ipam.config).unwrap_or_default();
    let gateways = places.into_iter().filter_map(|place| place.gateway);
    let mut addresses = gateways.filter_map(|gateway| gateway.split('/').next()?.parse().ok());
    addresses.next().ok_or_else(|| UpError::Engine {
        doing: doing(),
        reason: "the engine names none".to_owned(),
        mend: REFUSED,
    })
}
