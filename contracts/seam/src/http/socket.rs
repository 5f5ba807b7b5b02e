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

use super::{Transport, exchange::Exchange, redacted};
use crate::{BoxFuture, TransportFailure};

/// A client of one server over TCP, with connections that it keeps: HTTP/1.1, no TLS, no proxy.
///
/// The path goes out byte for byte as given: `.` and `..` are segments like any other.
///
/// A request that a kept connection could not even begin to take, because the server had closed it, goes to another
/// connection: it was not sent. Nothing else is sent twice.
///
/// ```
/// use axum::{Router, routing::get};
/// use seam::http::{Socket, SocketLimits, Transport};
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
/// let server = listener.local_addr()?;
/// let router = Router::new().route("/stock/{sku}", get(|| async { "3" }));
/// tokio::spawn(async { axum::serve(listener, router).await });
///
/// let socket = Socket::new(&format!("http://{server}"), SocketLimits::default())?;
/// let request = http::Request::get("/stock/tea").body(bytes::Bytes::new())?;
/// assert_eq!(socket.send(request).await?.body(), "3");
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
#[derive(Clone)]
pub struct Socket {
    client: Client<HttpConnector, Full<Bytes>>,
    server: Authority,
    name: String,
    limits: SocketLimits,
}

/// The limits of a [`Socket`]'s waiting and reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SocketLimits {
    /// The time to connect: 1 s by default.
    pub connect: Duration,
    /// The time for the whole answer, connecting included, where the request has no
    /// [`AnswerWithin`](super::AnswerWithin): 10 s.
    pub answer: Duration,
    /// The most bytes of a reply's body: 8 MiB by default.
    pub body: usize,
}

/// The error for a base URL that no request can be sent to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("base URL is {url:?}, wanted http://host or http://host:port")]
pub struct MalformedBaseUrl {
    /// The URL that was given, without its password.
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
            url: redacted(base_url),
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
