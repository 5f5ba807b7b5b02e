use std::{
    collections::HashMap,
    net::{SocketAddr, TcpListener},
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::{Deserialize, Serialize};

use crate::{JournalError, NodeError, host::Host, journal::Journal};

const BODY_LIMIT: usize = 64 * 1024;
/// Largest number of messages kept.
const CAPACITY: usize = 100_000;

/// A kept push message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Push {
    /// The caller's idempotency key.
    pub key: String,
    /// Token of the device.
    pub token: String,
    /// Headline of the message.
    pub title: String,
    /// Text of the message.
    pub body: String,
    /// Number of deliveries. Only the first was kept.
    pub deliveries: u64,
}

/// A push endpoint that accepts every message, keeps it, and shows it.
///
/// # HTTP
///
/// - `POST /push` with the header `Idempotency-Key` (1 to 255 visible ASCII characters) and a JSON body with `token`,
///   `title` and `body`, at most 64 KiB. 200 means that the message is kept. The same key with the same message is
///   counted but not kept again; with another message it is refused (422). A token that begins with `refused` belongs to
///   no device (410). After 100,000 messages the endpoint is full (507).
/// - `GET /messages`: the kept [`Push`]es, oldest first, as a JSON array.
/// - `GET /health/live`.
#[derive(Debug)]
pub struct PushSink {
    address: SocketAddr,
    _host: Host,
}

impl PushSink {
    /// Serves on `listener` until dropped, with the messages in the folder `data`; without a folder, it starts empty.
    pub fn start(listener: TcpListener, data: Option<&Path>) -> Result<Self, NodeError> {
        let (journal, kept) = Journal::open(data, "push-sink.jsonl")?;
        let mut store = Store {
            journal,
            messages: Vec::new(),
            indices: HashMap::new(),
        };
        kept.into_iter().for_each(|push| store.take(push));
        let router = Router::new()
            .route("/push", post(push))
            .route("/messages", get(messages))
            .route(
                "/health/live",
                get(async || Json(serde_json::json!({ "status": "live" }))),
            )
            .layer(DefaultBodyLimit::max(BODY_LIMIT))
            .with_state(Shared(Arc::new(Mutex::new(store))));
        let address = listener.local_addr()?;
        let host = Host::new()?;
        host.serve(listener, router)?;
        Ok(Self { address, _host: host })
    }

    /// Returns the address it serves on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

#[derive(Clone)]
struct Shared(Arc<Mutex<Store>>);

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Store> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Store {
    journal: Journal<Push>,
    messages: Vec<Push>,
    indices: HashMap<String, usize>,
}

impl Store {
    fn take(&mut self, push: Push) {
        let next = self.messages.len();
        let index = *self.indices.entry(push.key.clone()).or_insert(next);
        match self.messages.get_mut(index) {
            Some(known) => known.deliveries += 1,
            None => self.messages.push(push),
        }
    }

    fn keep(&mut self, push: Push) -> Result<(), PushRefusal> {
        let known = self.indices.get(&push.key).and_then(|index| self.messages.get(*index));
        match known {
            Some(known) if (&known.token, &known.title, &known.body) != (&push.token, &push.title, &push.body) => {
                return Err(PushRefusal(
                    StatusCode::UNPROCESSABLE_ENTITY,
                    "key was used with another message".to_owned(),
                ));
            }
            None if self.messages.len() >= CAPACITY => {
                return Err(PushRefusal(
                    StatusCode::INSUFFICIENT_STORAGE,
                    format!("{CAPACITY} messages are kept already"),
                ));
            }
            _ => {}
        }
        self.journal.append(std::slice::from_ref(&push))?;
        self.take(push);
        Ok(())
    }
}

struct PushRefusal(StatusCode, String);

impl From<JournalError> for PushRefusal {
    fn from(error: JournalError) -> Self {
        Self(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
    }
}

impl IntoResponse for PushRefusal {
    fn into_response(self) -> Response {
        (self.0, Json(serde_json::json!({ "error": { "message": self.1 } }))).into_response()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    token: String,
    title: String,
    body: String,
}

async fn push(State(store): State<Shared>, headers: HeaderMap, bytes: Bytes) -> Result<Json<Push>, PushRefusal> {
    let key = headers
        .get("idempotency-key")
        .and_then(|value| value.to_str().ok())
        .filter(|key| !key.is_empty() && key.len() <= 255 && key.bytes().all(|byte| byte.is_ascii_graphic()))
        .ok_or_else(|| {
            PushRefusal(
                StatusCode::BAD_REQUEST,
                "wanted header Idempotency-Key: 1 to 255 visible ASCII".to_owned(),
            )
        })?;
    let Body { token, title, body } =
        serde_json::from_slice(&bytes).map_err(|error| PushRefusal(StatusCode::BAD_REQUEST, error.to_string()))?;
    if token.starts_with("refused") {
        return Err(PushRefusal(
            StatusCode::GONE,
            "the token belongs to no device".to_owned(),
        ));
    }
    let push = Push {
        key: key.to_owned(),
        token,
        title,
        body,
        deliveries: 1,
    };
    store.lock().keep(push.clone())?;
    Ok(Json(push))
}

async fn messages(State(store): State<Shared>) -> Json<Vec<Push>> {
    Json(store.lock().messages.clone())
}
