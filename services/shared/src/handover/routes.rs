use std::sync::Arc;

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{Path, Request, State},
    response::{IntoResponse, Response},
    routing::post,
};
use http::{HeaderMap, StatusCode, header};
use seam::handover::{HANDOVER_BODY, HANDOVER_PATH, answer_handover};
use sha2::{Digest, Sha256};

use crate::Mounted;

/// Routes by which operators who know the token carry the rows of the modules to another database.
pub(crate) fn routes(token: &str, modules: &Arc<[Mounted]>) -> Router {
    let state = Operators {
        token: Sha256::digest(token).into(),
        modules: Arc::clone(modules),
    };
    let path = format!("{HANDOVER_PATH}/{{module}}");
    Router::new().route(&path, post(answer)).with_state(state)
}

#[derive(Clone)]
struct Operators {
    token: [u8; 32],
    modules: Arc<[Mounted]>,
}

impl Operators {
    /// Compares digests, so that the time tells nothing of the token.
    fn admit(&self, headers: &HeaderMap) -> bool {
        let given = headers
            .get(header::AUTHORIZATION)
            .and_then(|given| given.as_bytes().strip_prefix(b"Bearer "));
        given.is_some_and(|given| <[u8; 32]>::from(Sha256::digest(given)) == self.token)
    }
}

async fn answer(State(operators): State<Operators>, Path(module): Path<String>, request: Request) -> Response {
    if !operators.admit(request.headers()) {
        return refused(
            StatusCode::UNAUTHORIZED,
            "the token of operators is wanted: Authorization: Bearer",
        );
    }
    let mut known = operators.modules.iter();
    let Some(store) = known.find_map(|known| known.handover.as_ref().filter(|_| known.name == module)) else {
        let names: Vec<&str> = operators
            .modules
            .iter()
            .filter(|known| known.handover.is_some())
            .map(|known| known.name)
            .collect();
        let reason = format!("no module of that name hands rows over; here are {}", names.join(", "));
        return refused(StatusCode::NOT_FOUND, &reason);
    };
    let body: Body = request.into_body();
    let body: Bytes = match to_bytes(body, HANDOVER_BODY).await {
        Ok(body) => body,
        Err(_) => {
            let reason = format!("a call has at most {HANDOVER_BODY} bytes; carry fewer aggregates at once");
            return refused(StatusCode::PAYLOAD_TOO_LARGE, &reason);
        }
    };
    answer_handover(Arc::new(store.clone()), &body).await.map(Body::from)
}

fn refused(status: StatusCode, reason: &str) -> Response {
    (status, format!("{reason}\n")).into_response()
}
