use std::{
    io::{self, Write},
    net::TcpListener,
};

use axum::{
    Json, Router,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use listener::{Hooks, Limits, Refusal};
use tokio::runtime::{Builder, Runtime};

const HOOKS: Hooks = Hooks {
    refuse,
    notice: |notice| complain(&notice.to_string()),
};

/// Writes a line for the operator.
pub(crate) fn complain(message: &str) {
    // If stderr is closed, nobody is left to tell.
    let _ = writeln!(io::stderr(), "{message}");
}

fn refuse(refusal: Refusal, _: &HeaderMap) -> Response {
    let (status, message) = match refusal {
        Refusal::Host => (StatusCode::BAD_REQUEST, "wanted one header Host"),
        Refusal::TransferEncoding => (
            StatusCode::NOT_IMPLEMENTED,
            "the only transfer coding that is known is chunked",
        ),
        Refusal::Busy => (StatusCode::SERVICE_UNAVAILABLE, "all connections are being worked on"),
        Refusal::Memory => (StatusCode::SERVICE_UNAVAILABLE, "requests hold too much memory"),
    };
    (status, Json(serde_json::json!({ "error": { "message": message } }))).into_response()
}

/// Runtime of its own for the tasks of one server. Dropping it ends all of them, open connections included, as a
/// kill would.
#[derive(Debug)]
pub(crate) struct Host(Option<Runtime>);

impl Host {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self(Some(
            Builder::new_multi_thread().worker_threads(1).enable_all().build()?,
        )))
    }

    /// Runs the server that `start` makes from the listener.
    pub(crate) fn run<F>(
        &self,
        listener: TcpListener,
        start: impl FnOnce(tokio::net::TcpListener) -> F,
    ) -> io::Result<()>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let Some(runtime) = &self.0 else { return Ok(()) };
        let _entered = runtime.enter();
        listener.set_nonblocking(true)?;
        runtime.spawn(start(tokio::net::TcpListener::from_std(listener)?));
        Ok(())
    }

    /// Serves `router` on the listener until dropped, with the limits that services have.
    pub(crate) fn serve(&self, listener: TcpListener, router: Router) -> io::Result<()> {
        self.run(listener, |listener| {
            ::listener::serve(listener, router, Limits::default(), HOOKS, std::future::pending())
        })
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
