use std::{net::SocketAddr, sync::Arc};

use axum::{Router, middleware};
use seam::time::Instant;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    time::timeout_at,
};

use super::{dead_letters, given_up, handover, limits, operations, request::request};
use crate::{Environment, Mounted, StartError, settings::standard};

/// A server that is bound to its address and does not serve yet.
#[derive(Debug)]
pub struct Server {
    environment: Environment,
    modules: Arc<[Mounted]>,
    listener: TcpListener,
    address: SocketAddr,
}

/// Serves the modules until the process is told to stop by SIGTERM or SIGINT, then drains.
pub async fn run(environment: Environment, modules: Vec<Mounted>) -> Result<(), StartError> {
    let stop = stop_signal()?;
    let server = bind(environment, modules).await?;
    server.serve(stop).await
}

/// Binds to the address in `LISTEN`, and writes the bound address to `ADDRESS_FILE` if that is set.
pub async fn bind(environment: Environment, modules: Vec<Mounted>) -> Result<Server, StartError> {
    let listen = environment.settings.get(&standard::LISTEN)?;
    environment.settings.get(&standard::REQUESTS)?;
    environment.admin_token()?;
    let refused = |error: std::io::Error| StartError::Listen {
        address: listen.to_string(),
        reason: error.to_string(),
    };
    let listener = TcpListener::bind(listen).await.map_err(refused)?;
    let address = listener.local_addr().map_err(refused)?;
    if let Some(file) = environment.settings.find(&standard::ADDRESS_FILE)? {
        // Written to another file and moved, so that a reader that waits for the file never sees half an address.
        let aside = file.with_extension("part");
        let written = async {
            tokio::fs::write(&aside, address.to_string()).await?;
            tokio::fs::rename(&aside, &file).await
        };
        written
            .await
            .map_err(|error| StartError::Other(format!("ADDRESS_FILE {} can't be written: {error}", file.display())))?;
    }
    let tasks = environment.tasks.clone();
    environment.health.add("tasks", move || match tasks.failed().pop() {
        Some(failure) => Err(failure),
        None => Ok(()),
    });
    Ok(Server {
        environment,
        modules: modules.into(),
        listener,
        address,
    })
}

/// Makes the whole router: the modules' routes and the server's own, with context and logs, but without a socket.
pub fn router(environment: &Environment, modules: &Arc<[Mounted]>) -> Router {
    let mut own = operations::routes(environment)
        .and(dead_letters::routes())
        .and(given_up::routes());
    // A token that can be guessed was refused when the server was bound.
    if let Ok(Some(token)) = environment.admin_token() {
        own = own.and(handover::routes(token));
    }
    let mut router = operations::described(own).router.with_state(Arc::clone(modules));
    for module in modules.iter() {
        router = router.merge(module.router.clone());
    }
    router
        .fallback(commerce::http::fallback)
        .method_not_allowed_fallback(commerce::http::method_not_allowed)
        .layer(middleware::from_fn_with_state(
            (environment.tasks.clone(), environment.requests.clone()),
            request,
        ))
}

impl Server {
    /// The bound address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stop` resolves. Then it drains, within `DRAIN_MS`: takes no new connections, closes those that
    /// have sent no whole request, answers the requests under way, ends long polls and tasks, and closes the databases.
    pub async fn serve(self, stop: impl Future<Output = ()> + Send + 'static) -> Result<(), StartError> {
        let limit = self.environment.settings.get(&standard::DRAIN_MS)?;
        let limits = limits::limits(&self.environment.settings)?;
        let router = router(&self.environment, &self.modules);
        tracing::info!(address = %self.address, "listening");
        let (modules, tasks) = (Arc::clone(&self.modules), self.environment.tasks.clone());
        let (draining, drain) = tokio::sync::oneshot::channel();
        let stopped = async move {
            stop.await;
            tracing::info!("stopping");
            tasks.begin_stop();
            for db in modules.iter().filter_map(|module| module.database.as_ref()) {
                db.quiesce();
            }
            // The receiver lives as long as the server.
            let _ = draining.send(Instant::now() + limit);
        };
        let serving = listener::serve(self.listener, router, limits, limits::HOOKS, stopped);
        let mut serving = tokio::spawn(serving);
        let until = tokio::select! {
            // A server without connections ends as soon as it is told to stop.
            biased;
            Ok(until) = drain => until,
            ended = &mut serving => {
                return Err(StartError::Other(format!("server ended by itself: {ended:?}")));
            }
        };
        if timeout_at(until, &mut serving).await.is_err() {
            tracing::warn!("connections still open after DRAIN_MS, closing them");
            serving.abort();
        }
        self.environment.finish(&self.modules, until).await;
        Ok(())
    }
}

impl Environment {
    async fn finish(&self, modules: &[Mounted], until: Instant) {
        if let Err(running) = self.tasks.stop(until.saturating_duration_since(Instant::now())).await {
            tracing::warn!(?running, "tasks still running after DRAIN_MS");
        }
        for db in modules.iter().filter_map(|module| module.database.as_ref()) {
            if timeout_at(until + std::time::Duration::from_secs(1), db.close())
                .await
                .is_err()
            {
                tracing::warn!(module = db.module(), "database did not close in time");
            }
        }
        tracing::info!("stopped");
    }
}

fn stop_signal() -> Result<impl Future<Output = ()> + Send + 'static, StartError> {
    let listen = |kind| signal(kind).map_err(|error| StartError::Other(format!("can't listen for signals: {error}")));
    let mut terminate = listen(SignalKind::terminate())?;
    let mut interrupt = listen(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
