use std::{future::Future, time::Duration};

use bytes::Bytes;
use http::{Request, Response};
use tokio::time::timeout_at;

use super::{AnswerWithin, headers::inject};
use crate::{
    Context, TransportFailure,
    time::{self, Instant},
};

/// The steps that all transports take around sending: deadline, headers, time limit.
pub(super) struct Exchange {
    to: String,
    begun: Instant,
    until: Option<Instant>,
}

impl Exchange {
    /// Refuses a request whose time is up, and writes the context's headers into any other. `limit` is how long
    /// the transport waits on its own account.
    pub(super) fn begin(
        to: &str,
        request: &mut Request<Bytes>,
        limit: Option<Duration>,
    ) -> Result<Self, TransportFailure> {
        let context = Context::current().child();
        if context.remaining().is_some_and(|left| left.is_zero()) {
            return Err(TransportFailure::new(
                to,
                "the deadline was past before it was sent; it was not sent",
            ));
        }
        inject(&context, request.headers_mut());
        let begun = time::monotonic();
        let limit = request
            .extensions()
            .get()
            .map_or(limit, |AnswerWithin(limit)| Some(*limit));
        let own = limit.and_then(|limit| begun.checked_add(limit));
        let until = [own, context.deadline].into_iter().flatten().min();
        Ok(Self {
            to: to.to_owned(),
            begun,
            until,
        })
    }

    /// Awaits the response, up to the time limit.
    pub(super) async fn run(
        self,
        work: impl Future<Output = Result<Response<Bytes>, String>>,
    ) -> Result<Response<Bytes>, TransportFailure> {
        let answered = match self.until {
            Some(until) => timeout_at(until, work).await,
            None => Ok(work.await),
        };
        let reason = match answered {
            Ok(Ok(response)) => return Ok(response),
            Ok(Err(reason)) => reason,
            Err(_) => format!("no answer within {} ms", self.begun.elapsed().as_millis()),
        };
        Err(TransportFailure::new(self.to, reason))
    }
}
