use std::sync::{Arc, Mutex};

use seam::{BoxFuture, Carrier, Contract};

/// An implementation of any contract that records its calls and returns a set reply.
pub(crate) struct Recorded<C: Contract + ?Sized> {
    heard: Mutex<Vec<C::Call>>,
    answer: Mutex<Option<C::Reply>>,
}

impl<C: Contract + ?Sized> Recorded<C> {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            heard: Mutex::new(Vec::new()),
            answer: Mutex::new(None),
        })
    }

    /// Makes an implementation that returns `reply`.
    pub(crate) fn answering(reply: C::Reply) -> Arc<Self> {
        let recorded = Self::new();
        recorded.answer(reply);
        recorded
    }

    /// Sets the reply to all calls from now on.
    pub(crate) fn answer(&self, reply: C::Reply) {
        *self.answer.lock().unwrap() = Some(reply);
    }

    /// Takes the calls received since the last time this was called.
    pub(crate) fn heard(&self) -> Vec<C::Call> {
        std::mem::take(&mut *self.heard.lock().unwrap())
    }

    /// Returns the contract over this implementation.
    pub(crate) fn service(self: &Arc<Self>) -> Arc<C> {
        C::via(self.clone())
    }
}

impl<C: Contract + ?Sized> Carrier<C> for Recorded<C> {
    fn carry(&self, call: C::Call) -> BoxFuture<'_, C::Reply> {
        self.heard.lock().unwrap().push(call);
        let answer = self.answer.lock().unwrap().clone();
        Box::pin(async move { answer.expect("the test says what to answer") })
    }
}
