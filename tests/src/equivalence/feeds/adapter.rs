use std::{fmt, sync::Arc, time::Duration};

use bytes::Bytes;
use commerce::{Batch, EventFeed, FeedError, http::feed};
use http::{Request, Response};
use seam::{
    BoxFuture, TransportFailure,
    http::{Socket, SocketLimits, Transport},
};
use shared::events::nats::NatsFeed;

use super::{
    Cut, Site,
    cut::Way,
    site::{MODULE, Running},
};

/// Connects a consumer to the module's log. Called within the consumer's runtime, at each of its starts.
///
/// The returned feed outlives stops, restarts and moves of the module; reads fail meanwhile. Its connection
/// breaks when the [`Cut`] is due.
pub type Connect = fn(&Arc<Site>, &Arc<Cut>) -> Result<Arc<dyn EventFeed>, String>;

/// A way for a consumer in another process to read a module's log.
#[derive(Clone, Copy)]
pub struct Adapter {
    /// The name in reports and in the consumer's database: one lower-case word.
    pub name: &'static str,
    /// Connects the consumer.
    pub connect: Connect,
}

/// Every adapter of the platform that needs no broker.
pub const ADAPTERS: &[Adapter] = &[
    Adapter::new("local", local),
    Adapter::new("router", router),
    Adapter::new("tcp", tcp),
];

/// The adapter over a broker.
pub const BROKER: Adapter = Adapter::new("broker", broker);

impl Adapter {
    /// Creates an adapter.
    pub const fn new(name: &'static str, connect: Connect) -> Self {
        Self { name, connect }
    }
}

impl fmt::Debug for Adapter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Adapter({})", self.name)
    }
}

/// Reads by function call, in the module's process. There is no connection to cut.
pub fn local(site: &Arc<Site>, _: &Arc<Cut>) -> Result<Arc<dyn EventFeed>, String> {
    Ok(Arc::new(Local(Arc::clone(site))))
}

/// Reads through the HTTP client and the server's router, without a socket. A cut loses a whole reply.
pub fn router(site: &Arc<Site>, cut: &Arc<Cut>) -> Result<Arc<dyn EventFeed>, String> {
    let transport = Within {
        site: Arc::clone(site),
        cut: Arc::clone(cut),
    };
    Ok(Arc::new(feed::Client::new(MODULE, transport)))
}

/// Reads over TCP, as services read each other's logs.
pub fn tcp(site: &Arc<Site>, cut: &Arc<Cut>) -> Result<Arc<dyn EventFeed>, String> {
    let module = Arc::clone(site);
    let way = Way::to(Arc::new(move || module.address()), cut);
    let way = way.map_err(|error| format!("no way to the module: {error}"))?;
    let url = format!("http://{}", way.address());
    let socket = Socket::new(&url, SocketLimits::default()).map_err(|error| error.to_string())?;
    Ok(Arc::new(Through {
        feed: feed::Client::new(MODULE, socket),
        _way: way,
    }))
}

/// Reads the module's stream on the broker that the history has.
pub fn broker(site: &Arc<Site>, cut: &Arc<Cut>) -> Result<Arc<dyn EventFeed>, String> {
    let channel = site.channel().ok_or("the history has no broker")?;
    let (broker, way) = channel.connect(cut)?;
    Ok(Arc::new(Through {
        feed: NatsFeed::new(broker, MODULE),
        _way: way,
    }))
}

struct Local(Arc<Site>);

#[seam::async_trait]
impl EventFeed for Local {
    async fn read_events(&self, after: i64, limit: u32, wait: Duration) -> Result<Batch, FeedError> {
        let read = self.0.while_it_runs(|running| async move {
            // A SIGKILL of the module's process would end the read as well.
            running.feed.read_events(after, limit, wait).await
        });
        read.await.unwrap_or_else(|reason| Err(FeedError::Unreadable(reason)))
    }
}

struct Within {
    site: Arc<Site>,
    cut: Arc<Cut>,
}

impl Within {
    async fn answer(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportFailure> {
        let failed = |reason: String| TransportFailure::new("the module in this process", reason);
        let sent = self.site.while_it_runs(|running: Arc<Running>| async move {
            let transport = Arc::clone(&running.router);
            transport.send(request).await
        });
        let response = sent.await.map_err(failed)??;
        match self.cut.within(response.body().len()) {
            Some(_) => Err(failed("the reply was cut".to_owned())),
            None => Ok(response),
        }
    }
}

impl Transport for Within {
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, TransportFailure>> {
        Box::pin(self.answer(request))
    }
}

struct Through<F> {
    feed: F,
    _way: Way,
}

#[seam::async_trait]
impl<F: EventFeed> EventFeed for Through<F> {
    async fn read_events(&self, after: i64, limit: u32, wait: Duration) -> Result<Batch, FeedError> {
        self.feed.read_events(after, limit, wait).await
    }
}
