use std::sync::Arc;

use axum::{
    body::{Body, to_bytes},
    extract::{Path, Request, State},
    response::{IntoResponse, Response},
    routing::post,
};
use commerce::http::Operation;
use http::StatusCode;
use seam::{
    handover::{HANDOVER_BODY, answer_handover},
    http::BearerToken,
};

use super::described::Described;
use crate::Mounted;

/// The route by which operators who know the token carry the rows of the modules to another database, and the duty to
/// act with them.
pub(super) fn routes(token: BearerToken) -> Described {
    let operation = Operation::post(
        "/admin/handover/{module}",
        "hand_over",
        "Answers a call of the contract `handover`, as JSON. It needs the operators' token.",
    );
    let token = Arc::new(token);
    let answer = move |State(modules): State<Arc<[Mounted]>>, Path(module): Path<String>, request: Request| {
        let token = Arc::clone(&token);
        async move { answer(&token, &modules, &module, request).await }
    };
    Described::new().serve(operation.plain(), post(answer))
}

async fn answer(token: &BearerToken, modules: &[Mounted], module: &str, request: Request) -> Response {
    // Before the body is read, which anybody may send.
    if !token.admits(request.headers()) {
        let reason = "the token of the operators is wanted: Authorization: Bearer TOKEN";
        return refused(StatusCode::UNAUTHORIZED, reason);
    }
    let mut able = modules.iter().filter(|known| known.handover.is_some());
    let store = able
        .find(|known| known.name == module)
        .and_then(|known| known.handover.clone());
    let Some(store) = store else {
        let able = modules.iter().filter(|known| known.handover.is_some());
        let names: Vec<&str> = able.map(|known| known.name).collect();
        let reason = format!(
            "no module of that name hands rows over here; these do: {}",
            names.join(", ")
        );
        return refused(StatusCode::NOT_FOUND, &reason);
    };
    match to_bytes(request.into_body(), HANDOVER_BODY).await {
        Ok(body) => answer_handover(Arc::new(store), &body).await.map(Body::from),
        Err(_) => {
            let reason = format!("a call has at most {HANDOVER_BODY} bytes; carry fewer aggregates at once");
            refused(StatusCode::PAYLOAD_TOO_LARGE, &reason)
        }
    }
}

fn refused(status: StatusCode, reason: &str) -> Response {
    (status, format!("{reason}\n")).into_response()
}
