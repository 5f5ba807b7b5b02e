use std::sync::{Arc, Mutex};

use seam::{BoxFuture, Carrier, Contract};

/// An implementation of any contract that notes what it was asked and answers what it was told to.
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

    /// One that answers this.
    pub(crate) fn answering(reply: C::Reply) -> Arc<Self> {
        let recorded = Self::new();
        recorded.answer(reply);
        recorded
    }

    /// From now on it answers this.
    pub(crate) fn answer(&self, reply: C::Reply) {
        *self.answer.lock().unwrap() = Some(reply);
    }

    /// What it was asked since the last time somebody looked.
    pub(crate) fn heard(&self) -> Vec<C::Call> {
        std::mem::take(&mut *self.heard.lock().unwrap())
    }

    /// The contract, answered by this.
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
