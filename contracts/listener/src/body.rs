use std::{
    error::Error,
    fmt,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Poll},
};

use axum::body::Body;
use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use hyper::body::Incoming;

use crate::watch::{Phase, Watch};

/// Bytes of request bodies that one server holds.
#[derive(Debug)]
pub(crate) struct Budget {
    held: AtomicUsize,
    most: usize,
}

/// The bytes that one request holds, until it is answered.
#[derive(Debug)]
pub(crate) struct Held {
    budget: Arc<Budget>,
    bytes: AtomicUsize,
    is_refused: AtomicBool,
}

impl Budget {
    pub(crate) fn new(most: usize) -> Self {
        Self {
            held: AtomicUsize::new(0),
            most,
        }
    }
}

impl Held {
    pub(crate) fn new(budget: &Arc<Budget>) -> Self {
        Self {
            budget: Arc::clone(budget),
            bytes: AtomicUsize::new(0),
            is_refused: AtomicBool::new(false),
        }
    }

    fn take(&self, bytes: usize) -> bool {
        let budget = &self.budget;
        if budget.held.fetch_add(bytes, SeqCst).saturating_add(bytes) > budget.most {
            budget.held.fetch_sub(bytes, SeqCst);
            self.is_refused.store(true, SeqCst);
            return false;
        }
        self.bytes.fetch_add(bytes, SeqCst);
        true
    }

    /// True if a part of the body was refused, so that the request can't have had an effect.
    pub(crate) fn is_refused(&self) -> bool {
        self.is_refused.load(SeqCst)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.budget.held.fetch_sub(self.bytes.load(SeqCst), SeqCst);
    }
}

/// Error of a body that would exceed the budget. The server replaces the answer, whatever the handler makes of it.
#[derive(Debug)]
struct OverBudget;

impl fmt::Display for OverBudget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("request bodies hold too much memory")
    }
}

impl Error for OverBudget {}

/// The body of a request: counted, and seen by the watch.
pub(crate) struct Counted {
    incoming: Option<Incoming>,
    held: Arc<Held>,
    watch: Arc<Watch>,
}

impl Counted {
    pub(crate) fn new(incoming: Incoming, held: Arc<Held>, watch: Arc<Watch>) -> Self {
        watch.enter(Phase::Body);
        let counted = Self {
            incoming: Some(incoming),
            held,
            watch,
        };
        if counted.is_end_stream() {
            counted.end();
        }
        counted
    }

    /// The request is whole, or nobody reads on.
    fn end(&self) {
        self.watch.pass(Phase::Body, Phase::Working);
    }
}

impl HttpBody for Counted {
    type Data = Bytes;
    type Error = Box<dyn Error + Send + Sync>;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let Some(incoming) = &mut self.incoming else {
            return Poll::Ready(None);
        };
        let Poll::Ready(polled) = Pin::new(incoming).poll_frame(cx) else {
            return Poll::Pending;
        };
        if let Some(Ok(frame)) = &polled
            && !self.held.take(frame.data_ref().map_or(0, Bytes::len))
        {
            // What is held already can be freed at once.
            self.incoming = None;
            self.watch.refused_the_rest();
            return Poll::Ready(Some(Err(Box::new(OverBudget))));
        }
        if matches!(polled, Some(Err(_))) {
            // Malformed: what follows is part of no request, and the answer is the connection's last.
            self.watch.refused_the_rest();
        }
        if !matches!(polled, Some(Ok(_))) || self.is_end_stream() {
            self.end();
        }
        Poll::Ready(polled.map(|frame| frame.map_err(Into::into)))
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.as_ref().map(HttpBody::size_hint).unwrap_or_default()
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.end();
    }
}

/// The body of an answer: the watch learns when hyper has taken the last of it.
pub(crate) struct Answer {
    body: Body,
    watch: Arc<Watch>,
}

impl Answer {
    pub(crate) fn new(body: Body, watch: Arc<Watch>) -> Self {
        watch.enter(Phase::Writing);
        Self { body, watch }
    }
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.watch.pass(Phase::Writing, Phase::Flushing);
    }
}
