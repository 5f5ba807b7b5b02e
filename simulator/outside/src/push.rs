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
/// The most messages that are kept.
const CAPACITY: usize = 100_000;

/// A push message as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Push {
    /// The caller's idempotency key.
    pub key: String,
    /// The device.
    pub token: String,
    /// The headline.
    pub title: String,
    /// The text.
    pub body: String,
    /// How often it came. Only the first was kept.
    pub deliveries: u64,
}

/// A push endpoint that takes every message, keeps it, and shows it.
///
/// `POST /push` with the header `Idempotency-Key` (1 to 255 visible ASCII characters) and the JSON body `token`, `title`, `body`, of at
/// most 64 KiB: 200 means kept. The same key with the same message is counted and not kept again; with another one it is refused (422).
/// A token that begins with `refused` belongs to no device (410). Beyond 100,000 messages it is full (507).
/// `GET /messages`: the kept [`Push`]es, oldest first, as a JSON array. `GET /health/live`.
#[derive(Debug)]
pub struct PushSink {
    address: SocketAddr,
    _host: Host,
}

impl PushSink {
    /// Serves on `listener` until dropped, with the messages that `data` holds.
    pub fn start(listener: TcpListener, data: Option<&Path>) -> Result<Self, NodeError> {
        let (journal, kept) = Journal::open(data, "push-sink.jsonl")?;
        let mut store = Store {
            journal,
            messages: Vec::new(),
            places: HashMap::new(),
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

    /// Where it serves.
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
    places: HashMap<String, usize>,
}

impl Store {
    fn take(&mut self, push: Push) {
        let next = self.messages.len();
        let place = *self.places.entry(push.key.clone()).or_insert(next);
        match self.messages.get_mut(place) {
            Some(known) => known.deliveries += 1,
            None => self.messages.push(push),
        }
    }

    fn keep(&mut self, push: Push) -> Result<(), Refusal> {
        let known = self.places.get(&push.key).and_then(|place| self.messages.get(*place));
        match known {
            Some(known) if (&known.token, &known.title, &known.body) != (&push.token, &push.title, &push.body) => {
                return Err(Refusal(
                    StatusCode::UNPROCESSABLE_ENTITY,
                    "key was used with another message".to_owned(),
                ));
            }
            None if self.messages.len() >= CAPACITY => {
                return Err(Refusal(
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

struct Refusal(StatusCode, String);

impl From<JournalError> for Refusal {
    fn from(error: JournalError) -> Self {
        Self(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
    }
}

impl IntoResponse for Refusal {
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

async fn push(State(store): State<Shared>, headers: HeaderMap, bytes: Bytes) -> Result<Json<Push>, Refusal> {
    let key = headers
        .get("idempotency-key")
        .and_then(|value| value.to_str().ok())
        .filter(|key| !key.is_empty() && key.len() <= 255 && key.bytes().all(|byte| byte.is_ascii_graphic()))
        .ok_or_else(|| {
            Refusal(
                StatusCode::BAD_REQUEST,
                "wanted header Idempotency-Key: 1 to 255 visible ASCII".to_owned(),
            )
        })?;
    let Body { token, title, body } =
        serde_json::from_slice(&bytes).map_err(|error| Refusal(StatusCode::BAD_REQUEST, error.to_string()))?;
    if token.starts_with("refused") {
        return Err(Refusal(StatusCode::GONE, "the token belongs to no device".to_owned()));
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
