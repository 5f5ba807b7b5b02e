use std::{error::Error, fmt, time::Duration};

use bytes::Bytes;
use http::{
    Request, Response, Uri,
    uri::{Authority, PathAndQuery, Scheme},
};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};

use super::{Transport, exchange::Exchange};
use crate::{BoxFuture, TransportFailure};

/// Sends requests over TCP to one server, on connections that it keeps; HTTP/1.1, no TLS, no proxy.
///
/// The path goes out byte for byte as given: `.` and `..` are segments like any other.
///
/// A request that a kept connection could not even begin to take, because the server had closed it, goes to another
/// connection: it was not sent. Nothing else is sent twice.
#[derive(Clone)]
pub struct Socket {
    client: Client<HttpConnector, Full<Bytes>>,
    server: Authority,
    name: String,
    limits: SocketLimits,
}

/// How long a [`Socket`] waits, and how much it reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SocketLimits {
    /// To reach the server: 1 s.
    pub connect: Duration,
    /// For the whole answer, connecting included, where the request has no [`AnswerWithin`](super::AnswerWithin): 10 s.
    pub answer: Duration,
    /// Bytes of a reply's body: 8 MiB.
    pub body: usize,
}

/// A base URL that no request can be sent to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("base URL is {url:?}, wanted http://host or http://host:port")]
pub struct MalformedBaseUrl {
    /// What was given.
    pub url: String,
}

impl Default for SocketLimits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(1),
            answer: Duration::from_secs(10),
            body: 8 << 20,
        }
    }
}

impl Socket {
    /// To the server at `base_url`, such as `http://127.0.0.1:8080`. Connects when the first request is sent.
    pub fn new(base_url: &str, limits: SocketLimits) -> Result<Self, MalformedBaseUrl> {
        let server = server_of(base_url).ok_or_else(|| MalformedBaseUrl {
            url: base_url.to_owned(),
        })?;
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(limits.connect));
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(Duration::from_secs(30))
            .build(connector);
        let name = format!("http://{server}");
        Ok(Self {
            client,
            server,
            name,
            limits,
        })
    }

    async fn answer(&self, request: Request<Bytes>) -> Result<Response<Bytes>, String> {
        let (mut head, body) = request.into_parts();
        head.uri = self.absolute(head.uri)?;
        let request = Request::from_parts(head, Full::new(body));
        let response = self.client.request(request).await.map_err(|error| reasons(&error))?;
        let (head, body) = response.into_parts();
        let body = Limited::new(body, self.limits.body).collect().await;
        let body = body.map_err(|error| format!("reading the reply: {}", reasons(&*error)))?;
        Ok(Response::from_parts(head, body.to_bytes()))
    }

    fn absolute(&self, uri: Uri) -> Result<Uri, String> {
        let path = uri.path_and_query().cloned().unwrap_or(PathAndQuery::from_static("/"));
        Uri::builder()
            .scheme(Scheme::HTTP)
            .authority(self.server.clone())
            .path_and_query(path)
            .build()
            .map_err(|error| format!("request URI is {uri}, wanted path and query: {error}"))
    }
}

impl Transport for Socket {
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, TransportFailure>> {
        Box::pin(async move {
            let mut request = request;
            let exchange = Exchange::begin(&self.name, &mut request, Some(self.limits.answer))?;
            exchange.run(self.answer(request)).await
        })
    }
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Socket({})", self.name)
    }
}

fn server_of(base_url: &str) -> Option<Authority> {
    let uri: Uri = base_url.parse().ok()?;
    let bare = matches!(uri.path(), "" | "/") && uri.query().is_none();
    let plain = uri.scheme() == Some(&Scheme::HTTP) && bare;
    let server = uri.into_parts().authority.filter(|_| plain)?;
    (!server.as_str().contains('@') && !server.host().is_empty()).then_some(server)
}

// The outermost error alone says only "client error (Connect)".
fn reasons(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
