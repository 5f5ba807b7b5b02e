//! The endpoints that Toxiproxy lacks: every fault of the library, and the record of its decisions.

use ::faults::{Decision, Fault, Tally};
use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Path, Query, State, rejection::QueryRejection},
    http::{StatusCode, header::CONTENT_TYPE},
    response::IntoResponse,
    routing::{get, put},
};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Desk, answers::body};
use crate::proxies::{Named, Refusal};

/// Description of the whole API.
const OPENAPI: &str = include_str!("openapi.json");

/// Longest description of an upstream, in bytes.
const MOST_OF_A_DOCUMENT: usize = 16 << 20;

type Answer = Result<Json<Value>, Refusal>;

pub(super) fn routes() -> Router<Desk> {
    Router::new()
        .route("/openapi.json", get(describe))
        .route("/v1/proxies/{proxy}/faults", get(list).post(lay).delete(lift_all))
        .route("/v1/proxies/{proxy}/faults/{fault}", put(change).delete(lift))
        .route(
            "/v1/proxies/{proxy}/openapi",
            get(operations)
                .put(describe_upstream)
                .layer(DefaultBodyLimit::max(MOST_OF_A_DOCUMENT)),
        )
        .route("/v1/proxies/{proxy}/record", get(record))
        .route("/v1/proxies/{proxy}/counts", get(counts))
}

async fn describe() -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], OPENAPI)
}

async fn describe_upstream(State(desk): State<Desk>, Path(name): Path<String>, bytes: Bytes) -> Answer {
    let mut proxies = desk.open().await;
    let proxy = proxies.get(&name)?;
    proxy.describe(body(&bytes)?)?;
    Ok(Json(json!({ "operations": proxy.operations() })))
}

async fn operations(State(desk): State<Desk>, Path(name): Path<String>) -> Answer {
    let operations = desk.open().await.get(&name)?.operations();
    Ok(Json(json!({ "operations": operations })))
}

async fn list(State(desk): State<Desk>, Path(name): Path<String>) -> Answer {
    Ok(Json(shown(desk.open().await.get(&name)?)))
}

async fn lay(
    State(desk): State<Desk>,
    Path(name): Path<String>,
    bytes: Bytes,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    let mut proxies = desk.open().await;
    let proxy = proxies.get(&name)?;
    let several = match body(&bytes)? {
        Value::Array(several) => several,
        one => vec![one],
    };
    proxy.lay(several.into_iter().map(read).collect::<Result<_, _>>()?)?;
    Ok((StatusCode::CREATED, Json(shown(proxy))))
}

async fn change(
    State(desk): State<Desk>,
    Path((name, wanted)): Path<(String, String)>,
    bytes: Bytes,
) -> Result<Json<Value>, Refusal> {
    let mut proxies = desk.open().await;
    let proxy = proxies.get(&name)?;
    let fault = read(body(&bytes)?)?;
    if fault.name() != wanted {
        let (seen, way) = (fault.name(), "lift it and lay another to change its name");
        return Err(Refusal::of_body(format!(
            "\"name\" is {seen:?}, wanted {wanted:?}; {way}"
        )));
    }
    proxy.change_fault(fault)?;
    Ok(Json(shown(proxy)))
}

async fn lift(State(desk): State<Desk>, Path((name, fault)): Path<(String, String)>) -> Result<StatusCode, Refusal> {
    desk.open().await.get(&name)?.lift(&fault)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn lift_all(State(desk): State<Desk>, Path(name): Path<String>) -> Result<StatusCode, Refusal> {
    desk.open().await.get(&name)?.lift_all();
    Ok(StatusCode::NO_CONTENT)
}

/// Part of a record that is asked for.
#[derive(Deserialize)]
struct Part {
    last: Option<usize>,
}

type Wanted = Result<Query<Part>, QueryRejection>;

async fn record(State(desk): State<Desk>, Path(name): Path<String>, part: Wanted) -> Answer {
    let part = part.map_err(|error| Refusal::of_query(error.to_string()))?;
    let record = desk.open().await.get(&name)?.record();
    let left_out = part.last.map_or(0, |last| record.decisions.len().saturating_sub(last));
    let decisions: Vec<Value> = record.decisions.iter().skip(left_out).map(decision).collect();
    Ok(Json(json!({
        "decisions": decisions,
        "older": record.forgotten + left_out as u64,
        "tallies": record.tallies,
    })))
}

async fn counts(State(desk): State<Desk>, Path(name): Path<String>) -> Answer {
    let counts = desk.open().await.get(&name)?.counts();
    Ok(Json(json!({
        "connections": counts.connections,
        "open": counts.open,
        "refused": counts.refused,
        "requests": counts.requests,
        "bytes_from_client": counts.bytes_from_client,
        "bytes_to_upstream": counts.bytes_to_upstream,
        "bytes_from_upstream": counts.bytes_from_upstream,
        "bytes_to_client": counts.bytes_to_client,
    })))
}

fn read(value: Value) -> Result<Fault, Refusal> {
    serde_json::from_value(value).map_err(|error| Refusal::of_body(error.to_string()))
}

/// Shows the faults of a proxy with their tallies.
fn shown(proxy: &Named) -> Value {
    let tallies = proxy.record().tallies;
    let faults: Vec<Value> = proxy
        .faults()
        .iter()
        .map(|fault| {
            let tally: Tally = tallies.get(fault.name()).copied().unwrap_or_default();
            json!({ "fault": fault, "tally": tally, "is_toxic": proxy.toxic(fault.name()).is_ok() })
        })
        .collect();
    json!({ "faults": faults })
}

fn decision(decision: &Decision) -> Value {
    json!({
        "at_seconds": decision.at.as_secs_f64(),
        "fault": decision.fault,
        "connection": decision.connection,
        "request": decision.request,
        "outcome": decision.outcome,
    })
}
