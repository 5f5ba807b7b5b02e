use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Request, Response};

use crate::{BoxFuture, TransportFailure};

/// Sends a request somewhere and brings the response back.
///
/// Every transport adds the headers of [`Context::current`](crate::Context::current), in a new span; sends
/// nothing once the context's deadline is past, and waits no longer than that; sends each request at most once;
/// and follows no redirect.
pub trait Transport: Send + Sync + 'static {
    /// The response, whatever its status; the request's URI is path and query only.
    ///
    /// Any failure means that it is unknown what became of the request.
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, TransportFailure>>;
}

impl<T: Transport + ?Sized> Transport for Arc<T> {
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, TransportFailure>> {
        (**self).send(request)
    }
}

/// An extension of a request: how long to wait for its answer, instead of the transport's own limit.
///
/// The context's deadline still counts if it is earlier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnswerWithin(pub Duration);
