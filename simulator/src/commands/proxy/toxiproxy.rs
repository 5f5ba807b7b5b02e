//! The endpoints that Toxiproxy has, with its statuses.

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::{Desk, TOXIPROXY, answers::body};
use crate::proxies::{Named, Refusal};

type Answer = Result<Json<Value>, Refusal>;

pub(super) fn routes() -> Router<Desk> {
    Router::new()
        .route("/proxies", get(proxies).post(create))
        .route("/proxies/{proxy}", get(proxy).post(change).patch(change).delete(remove))
        .route("/proxies/{proxy}/toxics", get(toxics).post(add))
        .route(
            "/proxies/{proxy}/toxics/{toxic}",
            get(toxic).post(change_toxic).patch(change_toxic).delete(remove_toxic),
        )
        .route("/populate", post(populate))
        .route("/reset", post(reset))
        .route("/version", get(version))
}

async fn proxies(State(desk): State<Desk>) -> Json<Value> {
    let proxies = desk.open().await;
    let shown: Map<String, Value> = proxies.all().map(|one| (one.name().to_owned(), one.shown())).collect();
    Json(shown.into())
}

async fn create(State(desk): State<Desk>, bytes: Bytes) -> Result<(StatusCode, Json<Value>), Refusal> {
    let mut proxies = desk.open().await;
    let created = proxies.create(body(&bytes)?).await?;
    Ok((StatusCode::CREATED, Json(created.shown())))
}

async fn proxy(State(desk): State<Desk>, Path(name): Path<String>) -> Answer {
    Ok(Json(desk.open().await.get(&name)?.shown()))
}

async fn change(State(desk): State<Desk>, Path(name): Path<String>, bytes: Bytes) -> Answer {
    let mut proxies = desk.open().await;
    proxies.get(&name)?;
    Ok(Json(proxies.change(&name, body(&bytes)?).await?.shown()))
}

async fn remove(State(desk): State<Desk>, Path(name): Path<String>) -> Result<StatusCode, Refusal> {
    desk.open().await.remove(&name).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn toxics(State(desk): State<Desk>, Path(name): Path<String>) -> Answer {
    Ok(Json(desk.open().await.get(&name)?.toxics().into()))
}

async fn add(State(desk): State<Desk>, Path(name): Path<String>, bytes: Bytes) -> Answer {
    let mut proxies = desk.open().await;
    Ok(Json(proxies.get(&name)?.add(body(&bytes)?)?))
}

async fn toxic(State(desk): State<Desk>, Path((name, toxic)): Path<(String, String)>) -> Answer {
    Ok(Json(desk.open().await.get(&name)?.toxic(&toxic)?.shown()))
}

async fn change_toxic(State(desk): State<Desk>, Path((name, toxic)): Path<(String, String)>, bytes: Bytes) -> Answer {
    let mut proxies = desk.open().await;
    let proxy = proxies.get(&name)?;
    proxy.toxic(&toxic)?;
    Ok(Json(proxy.change_toxic(&toxic, body(&bytes)?)?))
}

async fn remove_toxic(
    State(desk): State<Desk>,
    Path((name, toxic)): Path<(String, String)>,
) -> Result<StatusCode, Refusal> {
    desk.open().await.get(&name)?.remove_toxic(&toxic)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn populate(State(desk): State<Desk>, bytes: Bytes) -> Response {
    let mut proxies = desk.open().await;
    let populated = match body(&bytes) {
        Ok(list) => proxies.populate(list).await,
        Err(refusal) => Err(refusal),
    };
    match populated {
        Ok(names) => {
            let shown: Vec<Value> = names
                .iter()
                .filter_map(|name| proxies.get(name).ok().map(|proxy: &mut Named| proxy.shown()))
                .collect();
            (StatusCode::CREATED, Json(json!({ "proxies": shown }))).into_response()
        }
        Err(refusal) => refusal.into_response(),
    }
}

async fn reset(State(desk): State<Desk>) -> Result<StatusCode, Refusal> {
    desk.open().await.reset().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn version() -> Json<Value> {
    Json(json!({ "version": TOXIPROXY, "server": concat!("seam ", env!("CARGO_PKG_VERSION")) }))
}
