use std::sync::Arc;

use axum::{
    Json, Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::get,
};
use http::StatusCode;
use serde::Serialize;
use sqlx::Row;

use crate::{Database, DatabaseError, Environment, Mounted, events::Progress};

/// Routes for operators: liveness, readiness, statistics, and the API's description.
pub(super) fn routes(environment: &Environment, modules: Arc<[Mounted]>) -> Router {
    let health = environment.health.clone();
    let tasks = environment.tasks.clone();
    Router::new()
        .route("/health/live", get(|| async { Json(Alive { alive: true }) }))
        .route(
            "/health/ready",
            get(move || async move {
                let mut report = health.report().await;
                report.ready &= !tasks.is_stopping();
                let status = if report.ready {
                    StatusCode::OK
                } else {
                    StatusCode::SERVICE_UNAVAILABLE
                };
                (status, Json(report))
            }),
        )
        .route("/stats", get(stats))
        .route("/openapi.json", get(|| async { Json(commerce::http::openapi()) }))
        .with_state(modules)
}

#[derive(Serialize)]
struct Alive {
    alive: bool,
}

/// Statistics of a module of this process.
#[derive(Serialize)]
struct ModuleStats {
    module: String,
    /// Number of transactions made durable since the start.
    commits: u64,
    /// Number of successful writes in these transactions.
    writes: u64,
    /// Position of the last event in the module's log.
    events: i64,
    subscriptions: Vec<Progress>,
}

async fn stats(State(modules): State<Arc<[Mounted]>>) -> Response {
    let mut all = Vec::new();
    for module in modules.iter() {
        let Some(db) = &module.database else { continue };
        match of_module(module, db).await {
            Ok(stats) => all.push(stats),
            Err(error) => {
                tracing::error!(%error, module = module.name, "statistics can't be read");
                return commerce::http::internal(&seam::Context::current());
            }
        }
    }
    Json(all).into_response()
}

async fn of_module(module: &Mounted, db: &Database) -> Result<ModuleStats, DatabaseError> {
    let events = sqlx::query("SELECT COALESCE(MAX(position), 0) FROM events")
        .fetch_one(db.readers())
        .await?;
    let stats = db.stats();
    Ok(ModuleStats {
        module: module.name.to_owned(),
        commits: stats.commits,
        writes: stats.writes,
        events: events.try_get(0)?,
        subscriptions: module
            .subscriptions
            .iter()
            .map(crate::events::SubscriptionHandle::progress)
            .collect(),
    })
}
