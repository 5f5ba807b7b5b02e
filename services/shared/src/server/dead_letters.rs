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

use crate::{DatabaseError, Mounted};

/// The dead letters of all subscriptions of the process, and how to try one again.
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
        .with_state(modules)
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

/// The letters of the event's aggregate are being tried again; look at the list to see how it went.
#[derive(Serialize)]
struct Retried {
    subscription: String,
    event_id: Uuid,
}

fn answer(status: StatusCode, data: impl Serialize) -> Response {
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
    let error = ErrorBody {
        code: ErrorCode::NotFound,
        message: format!("there is no dead letter {event_id} of subscription {subscription}; see /v2/dead-letters"),
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
    tracing::error!(%error, "dead letters are not readable");
    commerce::http::internal(&Context::current())
}
