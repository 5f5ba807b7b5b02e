//! A service with prepared replies, and the ways to reach it.

use std::sync::{Arc, Mutex};

use seam::{
    BoxFuture, Carrier, Contract, Wire,
    http::{InProcess, Socket, SocketLimits},
};
use tests::equivalence::Reqwest;
use tokio::net::TcpListener;

use super::Binding;

/// Records the calls that it receives, and returns the prepared reply.
pub(super) struct Scripted<C: Contract + ?Sized> {
    heard: Mutex<Vec<C::Call>>,
    answer: Mutex<Option<C::Reply>>,
}

impl<C: Contract + ?Sized> Scripted<C> {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            heard: Mutex::default(),
            answer: Mutex::default(),
        })
    }

    /// Prepares the reply to all further calls.
    pub(super) fn answer(&self, reply: C::Reply) {
        *self.answer.lock().unwrap() = Some(reply);
    }

    /// Takes the calls that were received since the last time.
    pub(super) fn heard(&self) -> Vec<C::Call> {
        std::mem::take(&mut *self.heard.lock().unwrap())
    }

    /// The contract, served by this script.
    pub(super) fn service(self: &Arc<Self>) -> Arc<C> {
        C::via(self.clone())
    }
}

impl<C: Contract + ?Sized> Carrier<C> for Scripted<C> {
    fn carry(&self, call: C::Call) -> BoxFuture<'_, C::Reply> {
        self.heard.lock().unwrap().push(call);
        let answer = self.answer.lock().unwrap().clone();
        Box::pin(async move { answer.expect("the test says what to answer") })
    }
}

/// The service by function call, through JSON, through the router, over TCP with our client and over TCP with
/// reqwest.
pub(super) async fn ways<C: Contract + ?Sized>(service: &Arc<C>, binding: &Binding<C>) -> [(&'static str, Arc<C>); 5] {
    let router = (binding.router)(Arc::clone(service));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let served = router.clone();
    tokio::spawn(async move { axum::serve(listener, served).await });
    let socket = Socket::new(&base, SocketLimits::default()).unwrap();
    [
        ("direct", Arc::clone(service)),
        ("wire", C::via(Arc::new(Wire(Arc::clone(service))))),
        ("router", (binding.client)(Arc::new(InProcess::new(router)))),
        ("tcp", (binding.client)(Arc::new(socket))),
        ("reqwest", (binding.client)(Arc::new(Reqwest::to(base)))),
    ]
}
