use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use seam::{
    BoxFuture, Contract, TransportFailure, Wire,
    equivalence::Instance,
    http::{InProcess, Socket, SocketLimits, Transport},
};
use shared::{Module, server};
use tokio::sync::oneshot;

use super::storage::TestEnvironment;

/// A way to reach a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// By function call.
    Direct,
    /// By function call, with every call and reply converted to JSON and back.
    Wire,
    /// Through the HTTP client and router, without a socket.
    Router,
    /// Over TCP, as services call each other.
    Tcp,
    /// Over TCP, with reqwest.
    Reqwest,
}

impl Reach {
    /// Every way to reach a module.
    pub const ALL: [Self; 5] = [Self::Direct, Self::Wire, Self::Router, Self::Tcp, Self::Reqwest];

    /// The name of the subject in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Wire => "wire",
            Self::Router => "router",
            Self::Tcp => "tcp",
            Self::Reqwest => "reqwest",
        }
    }

    /// Wraps the module so that it is reached this way. Closing the instance stops the module and closes its
    /// database.
    pub(crate) async fn instance<C: Contract + ?Sized>(
        self,
        test: TestEnvironment,
        module: Module<C>,
        client: impl FnOnce(Arc<dyn Transport>) -> Arc<C>,
    ) -> Result<Instance<C>, String> {
        let TestEnvironment { environment, folder } = test;
        let (tasks, database) = (environment.tasks.clone(), module.database.clone());
        let direct = Arc::clone(&module.service);
        let mounted = vec![module.mount()];
        let stopped = async move {
            // The suites of `shared` report a task that does not stop in time; here its folder is removed under
            // it.
            let _ = tasks.stop(Duration::from_secs(5)).await;
            database.close().await;
        };
        let service = match self {
            Self::Direct => direct,
            Self::Wire => C::via(Arc::new(Wire(direct))),
            Self::Router => {
                let router = server::router(&environment, &mounted.into());
                client(Arc::new(InProcess::new(router)))
            }
            Self::Tcp | Self::Reqwest => {
                let served = Served::begin(environment, mounted).await?;
                let base = served.base.clone();
                let transport: Arc<dyn Transport> = match self {
                    Self::Reqwest => Arc::new(Reqwest::to(base)),
                    _ => Arc::new(Socket::new(&base, SocketLimits::default()).map_err(|error| error.to_string())?),
                };
                let instance = Instance::new(client(transport)).keeping(folder);
                return Ok(instance.closed_by(served.end()));
            }
        };
        Ok(Instance::new(service).keeping(folder).closed_by(stopped))
    }
}

/// Another team's HTTP client: requests go through reqwest.
#[derive(Debug)]
pub struct Reqwest {
    base: String,
    client: reqwest::Client,
}

impl Reqwest {
    /// Creates a client of the service at this base URL, which has no slash at its end.
    pub fn to(base: String) -> Self {
        Self {
            base,
            client: reqwest::Client::new(),
        }
    }

    async fn exchange(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, reqwest::Error> {
        let (head, body) = request.into_parts();
        let url = format!("{}{}", self.base, head.uri);
        let response = self
            .client
            .request(head.method, url)
            .headers(head.headers)
            .body(body)
            .send()
            .await?;
        let mut answer = http::Response::new(Bytes::new());
        *answer.status_mut() = response.status();
        *answer.headers_mut() = response.headers().clone();
        *answer.body_mut() = response.bytes().await?;
        Ok(answer)
    }
}

/// A module's server on a free port.
pub(crate) struct Served {
    pub(crate) base: String,
    stop: oneshot::Sender<()>,
    serving: tokio::task::JoinHandle<Result<(), shared::StartError>>,
}

impl Served {
    pub(crate) async fn begin(environment: shared::Environment, modules: Vec<shared::Mounted>) -> Result<Self, String> {
        let server = server::bind(environment, modules)
            .await
            .map_err(|error| error.to_string())?;
        let base = format!("http://{}", server.address());
        let (stop, told) = oneshot::channel::<()>();
        let serving = tokio::spawn(server.serve(async { drop(told.await) }));
        Ok(Self { base, stop, serving })
    }

    /// Stops the server, its tasks and its databases.
    pub(crate) async fn end(self) {
        drop(self.stop);
        // Whatever did not finish goes away with its folder.
        let _ = self.serving.await;
    }
}

impl Transport for Reqwest {
    fn send(&self, request: http::Request<Bytes>) -> BoxFuture<'_, Result<http::Response<Bytes>, TransportFailure>> {
        Box::pin(async move {
            let answer = self.exchange(request).await;
            answer.map_err(|error| TransportFailure::new(&self.base, error.to_string()))
        })
    }
}
