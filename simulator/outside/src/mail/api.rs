use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Query, State},
    routing::get,
};
use serde::Deserialize;

use super::mailbox::{Mailbox, Message};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Filter {
    to: Option<String>,
}

/// Makes the routes that show the kept messages.
pub(super) fn router(mailbox: Arc<Mailbox>) -> Router {
    Router::new()
        .route("/messages", get(messages))
        .route(
            "/health/live",
            get(async || Json(serde_json::json!({ "status": "live" }))),
        )
        .with_state(mailbox)
}

async fn messages(State(mailbox): State<Arc<Mailbox>>, Query(filter): Query<Filter>) -> Json<Vec<Message>> {
    Json(mailbox.messages(filter.to.as_deref()))
}
