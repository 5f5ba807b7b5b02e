use std::sync::Arc;

use axum::{
    Router,
    extract::{RawPathParams, State, rejection::RawPathParamsRejection},
    response::Response,
    routing::{get, post},
};
use http::StatusCode;
use seam::Context;
use serde::Serialize;

use super::dead_letters::{answer, not_found};
use crate::{DatabaseError, Mounted};

/// Routes to list the work that the modules of the process have given up, to have it tried again, and to note that it
/// was settled elsewhere.
pub(super) fn routes(modules: Arc<[Mounted]>) -> Router {
    Router::new()
        .route("/v2/given-up", get(list).fallback(commerce::http::method_not_allowed))
        .route(
            "/v2/given-up/{kind}/{id}/retry",
            post(retry).fallback(commerce::http::method_not_allowed),
        )
        .route(
            "/v2/given-up/{kind}/{id}/resolve",
            post(resolve).fallback(commerce::http::method_not_allowed),
        )
        .with_state(modules)
}

async fn list(State(modules): State<Arc<[Mounted]>>) -> Response {
    let mut all = Vec::new();
    for kind in modules.iter().flat_map(|module| &module.given_up) {
        match kind.list().await {
            Ok(own) => all.extend(own),
            Err(error) => return failed(&error),
        }
    }
    answer(StatusCode::OK, all)
}

/// The path's parts; an error if one is not UTF-8.
type Parts = Result<RawPathParams, RawPathParamsRejection>;

async fn retry(State(modules): State<Arc<[Mounted]>>, path: Parts) -> Response {
    decide(&modules, path, Decision::Retry).await
}

async fn resolve(State(modules): State<Arc<[Mounted]>>, path: Parts) -> Response {
    decide(&modules, path, Decision::Resolve).await
}

#[derive(Clone, Copy)]
enum Decision {
    Retry,
    Resolve,
}

/// Answer to a decision that was noted. A retry goes on after it; the list shows the result.
#[derive(Serialize)]
struct Decided {
    kind: String,
    id: String,
}

async fn decide(modules: &[Mounted], path: Parts, decision: Decision) -> Response {
    let Ok(path) = path else {
        return unknown("work", "whose path is not UTF-8");
    };
    let part = |name: &str| {
        path.iter()
            .find(|(known, _)| *known == name)
            .map_or("", |(_, text)| text)
    };
    let (kind, id) = (part("kind").to_owned(), part("id").to_owned());
    let mut kinds = modules.iter().flat_map(|module| &module.given_up);
    let Some(work) = kinds.find(|work| work.kind() == kind) else {
        return unknown(&kind, &id);
    };
    let (status, done) = match decision {
        Decision::Retry => (StatusCode::ACCEPTED, work.retry(&id).await),
        Decision::Resolve => (StatusCode::OK, work.resolve(&id).await),
    };
    match done {
        Ok(true) => answer(status, Decided { kind, id }),
        Ok(false) => unknown(&kind, &id),
        Err(error) => failed(&error),
    }
}

fn unknown(kind: &str, id: &str) -> Response {
    let cut = |text: &str| text.chars().take(100).collect::<String>();
    let (kind, id) = (cut(kind), cut(id));
    not_found(format!(
        "no {kind} {id} was given up; GET /v2/given-up lists all that was"
    ))
}

fn failed(error: &DatabaseError) -> Response {
    tracing::error!(%error, "work that was given up can't be read or changed");
    commerce::http::internal(&Context::current())
}
