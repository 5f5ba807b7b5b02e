use std::sync::Arc;

use axum::{
    Json,
    extract::{RawPathParams, State, rejection::RawPathParamsRejection},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use commerce::{
    ErrorCode, Invalid, Timestamp,
    http::{ApiResponse, ErrorBody, Operation},
};
use http::{HeaderMap, StatusCode, Uri};
use seam::Context;
use serde::Serialize;
use uuid::Uuid;

use super::described::Described;
use crate::{DatabaseError, Mounted, events::DeadLetter};

/// Routes to list the dead letters of all subscriptions of the process, and to try one again.
pub(super) fn routes() -> Described {
    let listed = Operation::get(
        "/v2/dead-letters",
        "list_dead_letters",
        "Lists the events that the subscriptions of this service could not apply.",
    );
    let retried = Operation::post(
        "/v2/dead-letters/{subscription}/{event_id}/retry",
        "retry_dead_letter",
        "Tries the dead letters of the event's aggregate again: 202 at once, and the list shows the result.",
    );
    Described::new()
        .serve(listed.for_operators().returns_all::<DeadLetter>(), get(list))
        .serve(
            retried
                .for_operators()
                .returns::<Retried>()
                .answers(&[202])
                .fails(&[ErrorCode::NotFound]),
            post(retry),
        )
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

async fn retry(
    State(modules): State<Arc<[Mounted]>>,
    uri: Uri,
    headers: HeaderMap,
    parameters: Result<RawPathParams, RawPathParamsRejection>,
) -> Response {
    let Ok(parameters) = parameters else {
        let invalid = Invalid::new("path", uri.path(), "UTF-8, percent-encoded");
        return commerce::http::invalid(invalid, &headers);
    };
    let parameter = |wanted: &str| {
        let found = parameters.iter().find(|(name, _)| *name == wanted);
        found.map_or_else(String::new, |(_, value)| value.to_owned())
    };
    let (name, event_id) = (parameter("subscription"), parameter("event_id"));
    let id = match commerce::parse_uuid(&event_id) {
        Ok(id) => id,
        Err(invalid) => {
            let field = "event_id".to_owned();
            return commerce::http::invalid(Invalid { field, ..invalid }, &headers);
        }
    };
    let subscription = modules
        .iter()
        .flat_map(|module| &module.subscriptions)
        .find(|subscription| subscription.name() == name);
    let Some(subscription) = subscription else {
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
#[derive(Serialize, utoipa::ToSchema)]
struct Retried {
    /// Name of the subscription that keeps the letter.
    subscription: String,
    /// Id of the event.
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
        "subscription {subscription:.100} has no dead letter {event_id}; GET /v2/dead-letters lists them"
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
