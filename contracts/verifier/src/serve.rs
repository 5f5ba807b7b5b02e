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
use ledger::document::State;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use tokio::{
    net::TcpListener,
    sync::{mpsc, oneshot},
};

use crate::{Provider, Values, http_provider::METADATA};

/// Answers, in the name of `provider`, at the two addresses that the verifier of any Pact tool uses: a state is changed by a POST to `/states`
/// of `{"state", "params", "action": "setup" | "teardown"}`, and answered with the values that it hands back; a message is asked for by a POST to
/// `/messages` of `{"description", "providerStates"}`. A state without a name is none: other tools send it for an interaction without states. It is the other side of [`HttpProvider`](crate::HttpProvider). Requests are answered
/// one after the other; 400 says what is wrong with one, 500 why the provider could not. Runs until it is dropped.
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
            // Whoever no longer waits needs no answer.
            let _ = answer.send(states.answer(provider, question).await);
        }
        Ok(())
    };
    tokio::select! {
        served = async { axum::serve(listener, router).await } => served,
        answered = answering => answered,
    }
}

/// What is asked. Providers need not be `Send`, so none of it is answered where it arrives.
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
    /// Where nothing is said: not every tool tears down.
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
    // Both ends are gone once `serve` is dropped.
    let _ = desk.send((question(read), answer)).await;
    let gone = |_| StatusCode::SERVICE_UNAVAILABLE.into_response();
    answered.await.unwrap_or_else(gone)
}

/// The states that the provider is in.
#[derive(Default)]
struct States {
    open: usize,
    /// What they handed back. A tool hands it on in requests, but neither when it ends a state nor when it asks for a message.
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
        let state = State {
            name: change.state,
            params: change.params.unwrap_or_default(),
        };
        if state.name.is_empty() {
            // What other tools send for an interaction without states: nothing that was handed back before is meant.
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
        let state = |named: Named| State {
            name: named.name,
            params: named.params.unwrap_or_default(),
        };
        let states: Vec<State> = wanted.states.into_iter().map(state).collect();
        let message = provider.message(&wanted.description, &states, &self.given).await?;
        let metadata = STANDARD.encode(Value::Object(message.metadata).to_string());
        let headers = [
            (CONTENT_TYPE, message.content_type),
            (HeaderName::from_static(METADATA), metadata),
        ];
        Ok((headers, message.contents).into_response())
    }
}
