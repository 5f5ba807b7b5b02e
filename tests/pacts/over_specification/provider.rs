use std::{collections::BTreeSet, sync::Arc};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    response::Response,
};
use http::request::Parts;
use ledger::source::FoundPact;
use serde_json::Value;
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};
use verifier::mutate::HttpReply;

use crate::consumers::suite::Link;

/// A request and the reply to it.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    method: String,
    path: String,
    query: BTreeSet<String>,
    body: Value,
    pub(crate) reply: HttpReply,
}

impl Answer {
    pub(crate) fn of(pact: &FoundPact, reply: HttpReply) -> Self {
        let request = &pact.document.interactions()[0].raw["request"];
        let text = |field: &str| request[field].as_str().unwrap().to_owned();
        let parameters = request["query"].as_object().into_iter().flatten();
        let value = |values: &Value| values[0].as_str().unwrap().to_owned();
        Self {
            method: text("method"),
            path: text("path"),
            query: parameters
                .map(|(name, values)| format!("{name}={}", value(values)))
                .collect(),
            body: request["body"]["content"].clone(),
            reply,
        }
    }

    fn is_to(&self, request: &Parts) -> bool {
        let query = request.uri.query().unwrap_or_default();
        let query: BTreeSet<String> = query
            .split('&')
            .filter(|one| !one.is_empty())
            .map(str::to_owned)
            .collect();
        self.method == request.method.as_str() && self.path == request.uri.path() && self.query == query
    }

    fn response(&self) -> Response {
        let named = self.reply.headers.iter();
        let builder = Response::builder().status(self.reply.status);
        let builder = named.fold(builder, |builder, (name, value)| builder.header(name, value));
        builder.body(Body::from(self.reply.body.clone())).unwrap()
    }
}

/// A server with prepared replies, and 500 for every other request. It stops when it is dropped.
pub(crate) struct Provider {
    url: String,
    asked: watch::Receiver<usize>,
    serving: JoinHandle<()>,
}

#[derive(Clone)]
struct Shared {
    answers: Arc<[Answer]>,
    asked: watch::Sender<usize>,
}

impl Provider {
    pub(crate) async fn start(answers: Vec<Answer>) -> Self {
        let (sender, asked) = watch::channel(0);
        let shared = Shared {
            answers: answers.into(),
            asked: sender,
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state(shared);
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, asked, serving }
    }

    pub(crate) fn link(&self) -> Link {
        Link { url: self.url.clone() }
    }

    pub(crate) fn asked(&self) -> usize {
        *self.asked.borrow()
    }

    pub(crate) async fn is_asked_more_than(&self, times: usize) {
        let mut asked = self.asked.clone();
        asked.wait_for(|asked| *asked > times).await.unwrap();
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Among requests that differ in their body only, the one with the same body is selected.
async fn answer(State(shared): State<Shared>, request: Request) -> Response {
    shared.asked.send_modify(|asked| *asked += 1);
    let (request, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let mut answers = shared.answers.iter().filter(|answer| answer.is_to(&request));
    let first = answers.clone().next();
    match answers.find(|answer| answer.body == body).or(first) {
        Some(answer) => answer.response(),
        None => Response::builder().status(500).body(Body::empty()).unwrap(),
    }
}
