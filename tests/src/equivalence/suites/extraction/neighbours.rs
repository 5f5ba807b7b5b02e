use axum::Router;
use commerce::http::feed;
use tokio::{net::TcpListener, task::JoinHandle};

use crate::equivalence::models::log;

/// Fake neighbours behind HTTP, until they are dropped.
pub(super) struct Neighbours {
    pub(super) base: String,
    serving: JoinHandle<()>,
}

impl Neighbours {
    /// Serves these routes, with an empty log for each module in `silent`.
    pub(super) async fn serve(routes: Router, silent: &[&'static str]) -> Result<Self, String> {
        let no_port = |error: std::io::Error| format!("no free port: {error}");
        let listener = TcpListener::bind("127.0.0.1:0").await.map_err(no_port)?;
        let base = format!("http://{}", listener.local_addr().map_err(no_port)?);
        let logs = silent.iter().map(|name| feed::router(name, log::silent()));
        let routes = logs.fold(routes, Router::merge);
        let serving = tokio::spawn(async move {
            // Serving ends when the task is aborted.
            let _ = axum::serve(listener, routes).await;
        });
        Ok(Self { base, serving })
    }
}

impl Drop for Neighbours {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
