use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::Response,
};
use seam::{Context, original::Original};
use serde::Serialize;
use serde_json::value::RawValue;

use super::{
    envelope::{ApiResponse, ErrorBody},
    failure::Failure,
};
use crate::{ErrorCode, Timestamp};

/// Header that marks a repeated reply.
pub(crate) const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// A successful reply before it has its envelope.
pub(crate) struct Success {
    status: Status,
    location: Option<String>,
    data: Box<RawValue>,
}

#[derive(Clone, Copy)]
enum Status {
    Ok,
    Created,
    /// Created by this request, or by an earlier one. Never the same bytes twice, because the reply shows the
    /// present state.
    CreatedOrFound,
}

impl Success {
    /// Makes a reply with status 200.
    pub(crate) fn ok<T: Serialize>(data: &T) -> Result<Self, Failure> {
        Self::new(Status::Ok, None, data)
    }

    /// Makes a reply with status 201 and the path of the new thing.
    pub(crate) fn created<T: Serialize>(location: String, data: &T) -> Result<Self, Failure> {
        Self::new(Status::Created, Some(location), data)
    }

    /// Makes a reply with the path of the thing: status 201 if this request created it, 200 if an earlier one did.
    pub(crate) fn created_or_found<T: Serialize>(location: String, data: &T) -> Result<Self, Failure> {
        Self::new(Status::CreatedOrFound, Some(location), data)
    }

    fn new<T: Serialize>(status: Status, location: Option<String>, data: &T) -> Result<Self, Failure> {
        let data = serde_json::value::to_raw_value(data).map_err(|error| {
            tracing::error!(%error, "a reply can't be written as JSON");
            Failure::of_http(ErrorCode::Internal, "internal error".to_owned())
        })?;
        Ok(Self { status, location, data })
    }
}

/// Id and time of the request in the envelope, and the mark of a repetition.
struct Stamp {
    request_id: String,
    timestamp: Timestamp,
    replayed: bool,
}

impl Stamp {
    fn now(context: &Context) -> Self {
        Self {
            request_id: context.request_id.clone(),
            timestamp: Timestamp::now(),
            replayed: false,
        }
    }

    fn of(original: Option<Original>, context: &Context) -> Self {
        let Some(original) = original else {
            return Self::now(context);
        };
        match Timestamp::from_micros(original.at_micros) {
            Ok(timestamp) => Self {
                replayed: original.request_id != context.request_id,
                request_id: original.request_id,
                timestamp,
            },
            Err(_) => Self::now(context),
        }
    }
}

/// Makes the response to a request, new or replayed.
pub(crate) fn respond(result: Result<Success, Failure>, original: Option<Original>, context: &Context) -> Response {
    match result {
        Ok(success) => succeed(success, original, context),
        Err(failure) => fail(failure, Stamp::of(original, context)),
    }
}

/// Makes the response to a request that reaches no implementation.
pub(crate) fn refuse(failure: Failure, context: &Context) -> Response {
    fail(failure, Stamp::now(context))
}

fn succeed(success: Success, original: Option<Original>, context: &Context) -> Response {
    let (status, stamp) = match success.status {
        Status::Ok => (StatusCode::OK, Stamp::of(original, context)),
        Status::Created => (StatusCode::CREATED, Stamp::of(original, context)),
        Status::CreatedOrFound if original.is_some() => (StatusCode::OK, Stamp::now(context)),
        Status::CreatedOrFound => (StatusCode::CREATED, Stamp::now(context)),
    };
    let location = success.location.as_deref().map(HeaderValue::from_str);
    let mut response = envelope(status, Some(success.data), None, stamp);
    if let Some(Ok(location)) = location {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

fn fail(failure: Failure, stamp: Stamp) -> Response {
    let status = StatusCode::from_u16(failure.body.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = envelope(status, None, Some(failure.body), stamp);
    if let Some(wait) = failure.retry_after {
        let seconds = wait.as_millis().div_ceil(1_000).to_string();
        insert(response.headers_mut(), header::RETRY_AFTER, &seconds);
    }
    response
}

fn envelope(status: StatusCode, data: Option<Box<RawValue>>, error: Option<ErrorBody>, stamp: Stamp) -> Response {
    let body = ApiResponse {
        data,
        error,
        request_id: stamp.request_id,
        timestamp: stamp.timestamp,
    };
    // Strings, integers and raw JSON: writing them can't fail.
    let body = serde_json::to_vec(&body).unwrap_or_default();
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    insert(response.headers_mut(), header::CONTENT_TYPE, "application/json");
    if stamp.replayed {
        insert(response.headers_mut(), REPLAYED, "true");
    }
    response
}

fn insert(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}
