use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, State},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use commerce::{
    ErrorCode, Timestamp,
    http::{ApiResponse, ErrorBody},
};
use http::StatusCode;
use seam::Context;
use serde::Serialize;
use uuid::Uuid;

use super::given_up;
use crate::{DatabaseError, Mounted};

/// Routes to list the dead letters of all subscriptions of the process and to try one again, and those of work that was
/// given up.
pub(super) fn routes(modules: Arc<[Mounted]>) -> Router {
    Router::new()
        .route(
            "/v2/dead-letters",
            get(list).fallback(commerce::http::method_not_allowed),
        )
        .route(
            "/v2/dead-letters/{subscription}/{event_id}/retry",
            post(retry).fallback(commerce::http::method_not_allowed),
        )
        .with_state(Arc::clone(&modules))
        .merge(given_up::routes(modules))
}

async fn list(State(modules): State<Arc<[Mounted]>>) -> Response {
    let mut letters = Vec::new();
    for subscription in modules.iter().flat_map(|module| &module.subscriptions) {
        match subscription.dead_letters().await {
            Ok(own) => letters.extend(own),
            Err(error) => return failed(&error),
        }
    }
    answer(StatusCode::OK, letters)
}

async fn retry(State(modules): State<Arc<[Mounted]>>, Path((name, event_id)): Path<(String, String)>) -> Response {
    let subscription = modules
        .iter()
        .flat_map(|module| &module.subscriptions)
        .find(|subscription| subscription.name() == name);
    let (Some(subscription), Ok(id)) = (subscription, Uuid::parse_str(&event_id)) else {
        return unknown(&name, &event_id);
    };
    match subscription.retry(id).await {
        Ok(true) => answer(
            StatusCode::ACCEPTED,
            Retried {
                subscription: name,
                event_id: id,
            },
        ),
        Ok(false) => unknown(&name, &event_id),
        Err(error) => failed(&error),
    }
}

/// Answer to a retry that was started: the letters of the event's aggregate are being tried again. The list shows the
/// result.
#[derive(Serialize)]
struct Retried {
    subscription: String,
    event_id: Uuid,
}

pub(super) fn answer(status: StatusCode, data: impl Serialize) -> Response {
    let request_id = Context::current().request_id;
    let body = ApiResponse {
        data: Some(data),
        error: None,
        request_id,
        timestamp: Timestamp::now(),
    };
    (status, Json(body)).into_response()
}

fn unknown(subscription: &str, event_id: &str) -> Response {
    not_found(format!(
        "subscription {subscription} has no dead letter {event_id}; GET /v2/dead-letters lists them"
    ))
}

pub(super) fn not_found(message: String) -> Response {
    let error = ErrorBody {
        code: ErrorCode::NotFound,
        message,
        details: serde_json::Value::Null,
    };
    let request_id = Context::current().request_id;
    let body = ApiResponse::<()> {
        data: None,
        error: Some(error),
        request_id,
        timestamp: Timestamp::now(),
    };
    (StatusCode::NOT_FOUND, Json(body)).into_response()
}

fn failed(error: &DatabaseError) -> Response {
    tracing::error!(%error, "dead letters can't be read");
    commerce::http::internal(&Context::current())
}
