use std::{io, net::TcpListener};

use axum::Router;
use tokio::runtime::{Builder, Runtime};

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

    /// Serves `router` on the listener until dropped.
    pub(crate) fn serve(&self, listener: TcpListener, router: Router) -> io::Result<()> {
        self.run(listener, |listener| async move {
            // Ends only when the runtime is dropped.
            let _ = axum::serve(listener, router).await;
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
