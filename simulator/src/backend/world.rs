use std::{
    error::Error,
    time::{Duration, Instant},
};

use futures::{FutureExt, future::LocalBoxFuture};
use reqwest::{Client, Method, header::CONTENT_TYPE, redirect::Policy};
use serde_json::Value;

use super::Running;
use crate::{
    steps::{NoAnswer, Request, Response, World},
    topology::Topology,
};

/// Real processes, real sockets and the real clock: a topology that is up, asked through its front doors.
pub(crate) struct LocalWorld<'a> {
    topology: &'a Topology,
    running: &'a Running,
    client: Client,
    begun: Instant,
}

impl<'a> LocalWorld<'a> {
    pub(crate) fn new(topology: &'a Topology, running: &'a Running) -> Result<Self, reqwest::Error> {
        // A repeat is the engine's to decide and to count.
        let client = Client::builder()
            .no_proxy()
            .redirect(Policy::none())
            .retry(reqwest::retry::never())
            .build()?;
        Ok(Self {
            topology,
            running,
            client,
            begun: Instant::now(),
        })
    }

    async fn exchange(&self, role: &str, request: &Request, within: Duration) -> Result<Response, NoAnswer> {
        let endpoint = self
            .topology
            .role(role)
            .ok_or_else(|| NoAnswer(format!("nobody plays {role}")))?;
        let address = self
            .running
            .address_of(&endpoint)
            .ok_or_else(|| NoAnswer(format!("{endpoint} has no address")))?;
        let method = Method::from_bytes(request.method.as_bytes()).map_err(|error| NoAnswer(error.to_string()))?;
        let mut builder = self
            .client
            .request(method, format!("http://{address}{}", request.path))
            .timeout(within);
        for (name, value) in &request.headers {
            builder = builder.header(name, value);
        }
        if let Some(body) = &request.body {
            builder = builder.header(CONTENT_TYPE, "application/json").body(body.to_string());
        }
        let answer = builder.send().await.map_err(no_answer)?;
        let status = answer.status().as_u16();
        let body = answer.bytes().await.map_err(no_answer)?;
        Ok(Response {
            status,
            body: serde_json::from_slice(&body).unwrap_or(Value::Null),
        })
    }
}

impl World for LocalWorld<'_> {
    fn node_of(&self, role: &str) -> Result<String, String> {
        self.topology.role(role).map(|endpoint| endpoint.node).ok_or_else(|| {
            format!(
                "topology {} has: {}",
                self.topology.name(),
                self.topology.roles().join(", ")
            )
        })
    }

    fn now(&self) -> Duration {
        self.begun.elapsed()
    }

    fn pause(&self, time: Duration) -> LocalBoxFuture<'_, ()> {
        tokio::time::sleep(time).boxed_local()
    }

    fn send<'a>(
        &'a self,
        role: &'a str,
        request: &'a Request,
        within: Duration,
    ) -> LocalBoxFuture<'a, Result<Response, NoAnswer>> {
        self.exchange(role, request, within).boxed_local()
    }

    fn kill<'a>(&'a self, node: &'a str) -> LocalBoxFuture<'a, Result<(), String>> {
        async move { self.running.kill(node).await.map_err(|error| error.to_string()) }.boxed_local()
    }

    fn restart<'a>(&'a self, node: &'a str) -> LocalBoxFuture<'a, Result<(), String>> {
        async move {
            self.running
                .restart(node)
                .await
                .map(drop)
                .map_err(|error| error.to_string())
        }
        .boxed_local()
    }
}

/// The innermost cause says what happened; the outer ones only where.
fn no_answer(error: reqwest::Error) -> NoAnswer {
    let mut cause: &dyn Error = &error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    NoAnswer(if error.is_timeout() {
        "not in time".to_owned()
    } else {
        cause.to_string()
    })
}
