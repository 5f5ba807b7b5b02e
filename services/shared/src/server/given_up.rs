use std::sync::Arc;

use axum::{
    extract::{RawPathParams, State, rejection::RawPathParamsRejection},
    response::Response,
    routing::{get, post},
};
use commerce::{ErrorCode, http::Operation};
use http::StatusCode;
use seam::Context;
use serde::Serialize;

use super::{
    dead_letters::{answer, not_found},
    described::Described,
};
use crate::{DatabaseError, GivenUp, Mounted};

/// Routes to list the work that the modules of the process have given up, to have it tried again, and to note that it
/// was settled elsewhere.
pub(super) fn routes() -> Described {
    let listed = Operation::get(
        "/v2/given-up",
        "list_given_up",
        "Lists the work that this service has given up, because whoever it needs refuses it for good.",
    );
    let retried = Operation::post(
        "/v2/given-up/{kind}/{id}/retry",
        "retry_given_up",
        "Has the work tried again: 202 at once, and the list shows the result.",
    );
    let resolved = Operation::post(
        "/v2/given-up/{kind}/{id}/resolve",
        "resolve_given_up",
        "Notes that a person has settled the work elsewhere: it is never tried again.",
    );
    let decision = |operation: Operation| {
        operation
            .for_operators()
            .returns::<Decided>()
            .fails(&[ErrorCode::NotFound])
    };
    Described::new()
        .serve(listed.for_operators().returns_all::<GivenUp>(), get(list))
        .serve(decision(retried).answers(&[202]), post(retry))
        .serve(decision(resolved), post(resolve))
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
#[derive(Serialize, utoipa::ToSchema)]
struct Decided {
    /// Kind of the work.
    kind: String,
    /// Id of the work within its kind.
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
