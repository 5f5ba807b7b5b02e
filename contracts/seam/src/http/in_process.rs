use std::{fmt, future::Future};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use tower::{Service, ServiceExt};

use super::{Transport, exchange::Exchange};
use crate::{BoxFuture, Context, TransportFailure, caught, replay};

/// Hands requests to a tower service, such as axum's `Router`, with no socket between.
///
/// Context crosses in headers only, as it does on a network, and a panic of the service is a transport failure.
/// One thing differs: when the caller stops waiting, the service stops too, wherever it stands, unless it runs
/// its work in a task.
#[derive(Clone)]
pub struct InProcess<S> {
    service: S,
}

impl<S> InProcess<S> {
    /// Requests go to clones of `service`.
    pub fn new(service: S) -> Self {
        Self { service }
    }
}

impl<S, B> Transport for InProcess<S>
where
    S: Service<Request<Full<Bytes>>, Response = Response<B>> + Clone + Send + Sync + 'static,
    S::Future: Send,
    S::Error: fmt::Display + Send,
    B: BodyExt<Data = Bytes> + Send + 'static,
    B::Error: fmt::Display + Send,
{
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, TransportFailure>> {
        let service = self.service.clone();
        Box::pin(async move {
            let mut request = request;
            let exchange = Exchange::begin("the router in this process", &mut request, None)?;
            exchange.run(alone(answer(service, request.map(Full::new)))).await
        })
    }
}

async fn answer<S, B>(service: S, request: Request<Full<Bytes>>) -> Result<Response<Bytes>, String>
where
    S: Service<Request<Full<Bytes>>, Response = Response<B>>,
    S::Error: fmt::Display,
    B: BodyExt<Data = Bytes>,
    B::Error: fmt::Display,
{
    let response = service.oneshot(request).await.map_err(|error| error.to_string())?;
    let (head, body) = response.into_parts();
    let body = body
        .collect()
        .await
        .map_err(|error| format!("reading the reply: {error}"))?;
    Ok(Response::from_parts(head, body.to_bytes()))
}

async fn alone<T>(work: impl Future<Output = Result<T, String>>) -> Result<T, String> {
    let shielded = replay::shield(Context::outside(work));
    caught(shielded).await.unwrap_or_else(|panic| Err(panic.to_string()))
}

impl<S> fmt::Debug for InProcess<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InProcess")
    }
}
