use std::sync::{Arc, OnceLock};

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
    routing::get,
};
use commerce::http::Operation;
use http::StatusCode;
use serde::Serialize;
use sqlx::Row;

use super::{described::Described, requests::Requests};
use crate::{Database, DatabaseError, Environment, LinkStats, Mounted, Report, events::Progress, links::Links};

/// Routes for operators: liveness, readiness, statistics, and the API's description.
pub(super) fn routes(environment: &Environment) -> Described {
    let health = environment.health.clone();
    let tasks = environment.tasks.clone();
    let readiness = move || async move {
        let mut report = health.report().await;
        report.ready &= !tasks.is_stopping();
        let status = if report.ready {
            StatusCode::OK
        } else {
            StatusCode::SERVICE_UNAVAILABLE
        };
        (status, Json(report))
    };
    let live = Operation::get("/health/live", "is_alive", "Says that the process answers.");
    let ready = Operation::get(
        "/health/ready",
        "is_ready",
        "Runs the readiness checks: 200 if all required ones passed, else 503. Checks of what other services do are \
         not required: while one is away, this one is degraded and ready.",
    );
    let process = Process {
        links: environment.links.clone(),
        requests: environment.requests.clone(),
    };
    let statistics = move |State(modules): State<Arc<[Mounted]>>| async move { stats(&modules, &process).await };
    let counted = Operation::get(
        "/stats",
        "get_stats",
        "Returns the statistics of each module since the process started.",
    );
    Described::new()
        .serve(
            live.plain().returns::<Alive>(),
            get(|| async { Json(Alive { alive: true }) }),
        )
        .serve(ready.plain().returns::<Report>().answers(&[200, 503]), get(readiness))
        .serve(counted.plain().returns_all::<ModuleStats>(), get(statistics))
}

/// Adds the route of the document, which describes the modules' routes, all of `routes`, and itself.
pub(super) fn described(routes: Described) -> Described {
    let description = Operation::get(
        "/openapi.json",
        "get_openapi",
        "Returns this document: every route of this service, and no others.",
    );
    let shown: Arc<OnceLock<Vec<Arc<Operation>>>> = Arc::default();
    let seen = Arc::clone(&shown);
    let document = move |State(modules): State<Arc<[Mounted]>>| async move {
        let is_module = |mounted: &&Mounted| mounted.operations.is_empty();
        let names: Vec<&str> = modules.iter().filter(is_module).map(|module| module.name).collect();
        let own = seen.get().into_iter().flatten();
        let all: Vec<_> = own
            .chain(modules.iter().flat_map(|module| &module.operations))
            .cloned()
            .collect();
        Json(commerce::http::openapi(&names, &all))
    };
    let routes = routes.serve(description.plain(), get(document));
    shown.get_or_init(|| routes.operations.clone());
    routes
}

/// Answer of a process that runs.
#[derive(Serialize, utoipa::ToSchema)]
struct Alive {
    /// Always `true`.
    alive: bool,
}

/// Statistics of a module of this process.
#[derive(Serialize, utoipa::ToSchema)]
struct ModuleStats {
    /// Name of the module.
    module: String,
    /// Number of transactions made durable since the start.
    commits: u64,
    /// Number of successful writes in these transactions.
    writes: u64,
    /// Position of the last event in the module's log.
    events: i64,
    /// Progress of each subscription of the module.
    subscriptions: Vec<Progress>,
    /// Links of the process to other services; the same in each of its modules.
    links: Vec<LinkStats>,
    /// Number of requests that the process refused because it was full; the same in each of its modules.
    shed: u64,
}

/// Sources of the figures that belong to the process and to none of its modules.
#[derive(Clone)]
struct Process {
    links: Links,
    requests: Requests,
}

async fn stats(modules: &[Mounted], process: &Process) -> Response {
    let mut all = Vec::new();
    for module in modules.iter() {
        let Some(db) = &module.database else { continue };
        match of_module(module, db, process).await {
            Ok(stats) => all.push(stats),
            Err(error) => {
                tracing::error!(%error, module = module.name, "statistics can't be read");
                return commerce::http::internal(&seam::Context::current());
            }
        }
    }
    Json(all).into_response()
}

async fn of_module(module: &Mounted, db: &Database, process: &Process) -> Result<ModuleStats, DatabaseError> {
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
        links: process.links.stats(),
        shed: process.requests.shed(),
    })
}
