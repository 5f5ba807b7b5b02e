use std::io;

use axum::{
    Router,
    extract::State as Shared,
    http::{HeaderName, StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::post,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use ledger::document::ProviderState;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use tokio::{
    net::TcpListener,
    sync::{mpsc, oneshot},
};

use crate::{Provider, Values, http_provider::METADATA};

/// Serves the two addresses that the verifier of any Pact tool uses, in the name of `provider`. It is the other
/// side of [`HttpProvider`](crate::HttpProvider).
///
/// A POST to `/states` of `{"state", "params", "action": "setup" | "teardown"}` changes a state, and is answered
/// with the values that the state hands back. An empty state name is ignored; other tools send one for
/// interactions that have no states. A POST to `/messages` of `{"description", "providerStates"}` is answered
/// with the message.
///
/// Requests are answered one after the other. Status 400 says what is wrong with a request, 500 why the provider
/// could not do what was asked. Runs until it is dropped.
///
/// # Errors
/// When the listener fails.
pub async fn serve(listener: TcpListener, provider: &dyn Provider) -> io::Result<()> {
    let (desk, mut asked) = mpsc::channel::<(Question, oneshot::Sender<Response>)>(1);
    let router = Router::new()
        .route("/states", post(changes_states))
        .route("/messages", post(gives_messages))
        .with_state(desk);
    let answering = async {
        let mut states = States::default();
        while let Some((question, answer)) = asked.recv().await {
            // An error means that the caller no longer waits for the answer.
            let _ = answer.send(states.answer(provider, question).await);
        }
        Ok(())
    };
    tokio::select! {
        served = async { axum::serve(listener, router).await } => served,
        answered = answering => answered,
    }
}

/// Question of another tool. Providers need not be `Send`, so questions are sent to the task that owns the
/// provider.
enum Question {
    Change(Change),
    Message(Wanted),
}

type Desk = mpsc::Sender<(Question, oneshot::Sender<Response>)>;

#[derive(Deserialize)]
struct Change {
    state: String,
    #[serde(default)]
    params: Option<Map<String, Value>>,
    #[serde(default)]
    action: Action,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Action {
    /// The default, since not every tool tears states down.
    #[default]
    Setup,
    Teardown,
}

#[derive(Deserialize)]
struct Wanted {
    description: String,
    #[serde(default, rename = "providerStates")]
    states: Vec<Named>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
    #[serde(default)]
    params: Option<Map<String, Value>>,
}

async fn changes_states(Shared(desk): Shared<Desk>, body: Bytes) -> Response {
    let wanted = r#"{"state": "...", "params": {...}, "action": "setup" or "teardown"}"#;
    ask(&desk, &body, Question::Change, wanted).await
}

async fn gives_messages(Shared(desk): Shared<Desk>, body: Bytes) -> Response {
    let wanted = r#"{"description": "...", "providerStates": [{"name": "...", "params": {...}}]}"#;
    ask(&desk, &body, Question::Message, wanted).await
}

async fn ask<T: DeserializeOwned>(desk: &Desk, body: &[u8], question: fn(T) -> Question, wanted: &str) -> Response {
    let read = match serde_json::from_slice(body) {
        Ok(read) => read,
        Err(error) => return (StatusCode::BAD_REQUEST, format!("{error}; wanted {wanted}\n")).into_response(),
    };
    let (answer, answered) = oneshot::channel();
    // Sending fails only after `serve` was dropped, and then no answer comes either.
    let _ = desk.send((question(read), answer)).await;
    let gone = |_| StatusCode::SERVICE_UNAVAILABLE.into_response();
    answered.await.unwrap_or_else(gone)
}

/// States that the provider is in.
#[derive(Default)]
struct States {
    open: usize,
    /// Values that the open states handed back. Tools send them in requests, but neither when they end a state
    /// nor when they ask for a message.
    given: Values,
}

impl States {
    async fn answer(&mut self, provider: &dyn Provider, question: Question) -> Response {
        let answered = match question {
            Question::Change(change) => self.change(provider, change).await,
            Question::Message(wanted) => self.message(provider, wanted).await,
        };
        answered.unwrap_or_else(|reason| (StatusCode::INTERNAL_SERVER_ERROR, format!("{reason}\n")).into_response())
    }

    async fn change(&mut self, provider: &dyn Provider, change: Change) -> Result<Response, String> {
        let state = ProviderState {
            name: change.state,
            params: change.params.unwrap_or_default(),
        };
        if state.name.is_empty() {
            // Other tools send this for an interaction without states, so values of earlier states are no longer
            // meant.
            *self = Self::default();
            return Ok(StatusCode::OK.into_response());
        }
        match change.action {
            Action::Setup => {
                let values = provider.set_up(&state).await?;
                self.open += 1;
                self.given.extend(values.clone());
                Ok(axum::Json(values).into_response())
            }
            Action::Teardown => {
                let mut values = self.given.clone();
                values.extend(state.params.clone());
                self.open = self.open.saturating_sub(1);
                if self.open == 0 {
                    self.given.clear();
                }
                provider.tear_down(&state, &values).await?;
                Ok(StatusCode::OK.into_response())
            }
        }
    }

    async fn message(&self, provider: &dyn Provider, wanted: Wanted) -> Result<Response, String> {
        let state = |named: Named| ProviderState {
            name: named.name,
            params: named.params.unwrap_or_default(),
        };
        let states: Vec<ProviderState> = wanted.states.into_iter().map(state).collect();
        let message = provider.message(&wanted.description, &states, &self.given).await?;
        let metadata = STANDARD.encode(Value::Object(message.metadata).to_string());
        let headers = [
            (CONTENT_TYPE, message.content_type),
            (HeaderName::from_static(METADATA), metadata),
        ];
        Ok((headers, message.contents).into_response())
    }
}
