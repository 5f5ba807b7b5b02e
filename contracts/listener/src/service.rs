use std::{convert::Infallible, pin::Pin, sync::Arc};

use axum::{Router, body::Body, response::Response};
use http::{HeaderMap, HeaderValue, Request, header};
use hyper::body::Incoming;
use tower::ServiceExt;

use crate::{
    Hooks,
    body::{Answer, Budget, Counted, Held},
    framing,
    watch::Watch,
};

/// Reason why a request is answered without the router, or without its answer. It had no effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// HTTP/1.1 wants one header Host with a host, and a port if any (RFC 9112, section 3.2). For 400.
    Host,
    /// The only transfer coding is chunked (RFC 9112, section 6.1). For 501.
    TransferEncoding,
    /// All connections are being worked on, and this one is for `/health/` only. For 503.
    Busy,
    /// Bodies of requests hold as much memory as they may. For 503.
    Memory,
}

/// Everything that the connections of a server share to answer.
pub(crate) struct Shared {
    pub(crate) router: Router,
    pub(crate) budget: Arc<Budget>,
    pub(crate) hooks: Hooks,
}

/// The service of one connection.
pub(crate) struct Service {
    pub(crate) shared: Arc<Shared>,
    pub(crate) watch: Arc<Watch>,
}

impl hyper::service::Service<Request<Incoming>> for Service {
    type Response = Response<Answer>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let (shared, watch) = (Arc::clone(&self.shared), Arc::clone(&self.watch));
        let held = Arc::new(Held::new(&shared.budget));
        let request = request.map(|body| Counted::new(body, Arc::clone(&held), Arc::clone(&watch)));
        Box::pin(async move {
            let response = shared.answer(request, &held, &watch).await;
            Ok(response.map(|body| Answer::new(body, watch)))
        })
    }
}

impl Shared {
    async fn answer(&self, request: Request<Counted>, held: &Held, watch: &Watch) -> Response {
        let refusal = if watch.is_surplus && !request.uri().path().starts_with("/health/") {
            Err(Refusal::Busy)
        } else {
            framing::check(&request)
        };
        if let Err(refusal) = refusal {
            return self.refuse(refusal, request.headers());
        }
        let headers = request.headers().clone();
        let response = self.router.clone().oneshot(request.map(Body::new)).await;
        let mut response = response.unwrap_or_else(|never| match never {});
        if held.is_refused() {
            return self.refuse(Refusal::Memory, &headers);
        }
        if watch.is_surplus {
            close(&mut response);
        }
        response
    }

    fn refuse(&self, refusal: Refusal, headers: &HeaderMap) -> Response {
        let mut response = (self.hooks.refuse)(refusal, headers);
        close(&mut response);
        response
    }
}

fn close(response: &mut Response) {
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
}
