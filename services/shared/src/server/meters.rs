use axum::{
    Json, Router,
    extract::{MatchedPath, Request},
    middleware,
    routing::get,
};
use commerce::http::Operation;
use seam::{meter::Meters, time::Instant};
use serde::Serialize;
use serde_json::Value;

use super::described::Described;
use crate::{Environment, Mounted};

/// Figures of the calls between the modules of the process, and of the requests to each, since the process started.
/// This describes `seam::meter::ProcessFigures`, which the route serves.
#[derive(Serialize, utoipa::ToSchema)]
struct Metering {
    /// For each module that runs here: `module`, the number of `requests` that it answered and of `events` that it
    /// handled, and the time of both, `busy_ns`. Reads of its event log are left out, since most of them wait.
    #[schema(value_type = Vec<Object>)]
    modules: Vec<Value>,
    /// For each module that calls another: `from`, `to`, the number of `requests` and `events` that made such calls,
    /// the `most` calls of one of them, and the figures of each method: calls by outcome, times, sizes in JSON.
    #[schema(value_type = Vec<Object>)]
    meters: Vec<Value>,
}

/// The route for the figures of the meters, which `seam score` reads.
pub(super) fn routes(environment: &Environment) -> Described {
    let meters = environment.meters.clone();
    let operation = Operation::get(
        "/meters",
        "get_meters",
        "Returns the figures of the calls between modules since the process started, wherever the modules run.",
    );
    let figures = move || async move { Json(meters.figures()) };
    Described::new().serve(operation.plain().returns::<Metering>(), get(figures))
}

/// The routes of a module, counted as requests to it. Those of a module that runs elsewhere are not: its own process
/// counts them.
pub(super) fn counted(module: &Mounted, meters: &Meters) -> Router {
    let router = module.router.clone();
    if module.database.is_none() {
        return router;
    }
    let meter = meters.module(module.name);
    router.route_layer(middleware::from_fn(move |request: Request, next: middleware::Next| {
        let meter = meter.clone();
        async move {
            let path = request.extensions().get::<MatchedPath>();
            let is_feed = path.is_some_and(|path| path.as_str().starts_with("/v2/events/"));
            let begun = Instant::now();
            let response = next.run(request).await;
            if !is_feed {
                meter.answered(begun.elapsed());
            }
            response
        }
    }))
}
