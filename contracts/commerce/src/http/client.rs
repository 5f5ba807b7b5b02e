use std::{fmt, time::Duration};

use axum::http::{HeaderMap, HeaderValue, Method, Request, header};
use bytes::Bytes;
use seam::{
    TransportFailure,
    http::{AnswerWithin, Transport},
};
use serde::{Serialize, de::DeserializeOwned};

use super::{envelope::ApiResponse, failure, key};
use crate::{Error, IdempotencyKey, PageRequest, json};

/// Client of one service: sends requests and reads the replies, for every binding.
#[derive(Clone, Debug)]
pub(crate) struct RestClient<T> {
    transport: T,
    /// Name of the service in failures.
    to: &'static str,
}

/// A request before it is sent.
pub(crate) struct Outgoing {
    method: Method,
    path: String,
    key: Option<String>,
    body: Option<serde_json::Result<Vec<u8>>>,
    patience: Option<Duration>,
}

impl Outgoing {
    pub(crate) fn new(method: Method, path: String) -> Self {
        Self {
            method,
            path,
            key: None,
            body: None,
            patience: None,
        }
    }

    pub(crate) fn get(path: String) -> Self {
        Self::new(Method::GET, path)
    }

    pub(crate) fn post(path: String) -> Self {
        Self::new(Method::POST, path)
    }

    pub(crate) fn put(path: String) -> Self {
        Self::new(Method::PUT, path)
    }

    /// Asks for one page of a list.
    pub(crate) fn page(mut self, page: PageRequest) -> Self {
        self.path = format!("{}?page={}&page_size={}", self.path, page.page, page.page_size);
        self
    }

    pub(crate) fn key(mut self, key: &IdempotencyKey) -> Self {
        self.key = Some(key::write(key));
        self
    }

    pub(crate) fn json<B: Serialize>(mut self, body: &B) -> Self {
        self.body = Some(serde_json::to_vec(body));
        self
    }

    /// Sets the time to wait for the reply, instead of the transport's own limit.
    pub(crate) fn patience(mut self, patience: Duration) -> Self {
        self.patience = Some(patience);
        self
    }

    fn build(self) -> Result<Request<Bytes>, String> {
        let mut request = Request::builder().method(self.method).uri(self.path);
        if let Some(patience) = self.patience {
            request = request.extension(AnswerWithin(patience));
        }
        if let Some(key) = self.key {
            request = request.header(key::IDEMPOTENCY_KEY, key);
        }
        let body = match self.body {
            Some(body) => {
                request = request.header(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
                Bytes::from(body.map_err(|error| error.to_string())?)
            }
            None => Bytes::new(),
        };
        request.body(body).map_err(|error| error.to_string())
    }
}

impl<T: Transport> RestClient<T> {
    pub(crate) fn new(to: &'static str, transport: T) -> Self {
        Self { transport, to }
    }

    /// Sends the request and reads the reply. A reply that is not in the documented form is a transport failure:
    /// its outcome is unknown.
    pub(crate) async fn call<R, C>(&self, request: Outgoing) -> Result<R, Error<C>>
    where
        R: DeserializeOwned,
        C: fmt::Display + DeserializeOwned,
    {
        let place = format!("{} {}", request.method, request.path);
        let request = request
            .build()
            .map_err(|reason| self.unanswered(&place, &format!("not sent: {reason}")))?;
        let response = self.transport.send(request).await?;
        let status = response.status().as_u16();
        let answer = match read(status, response.body()) {
            Ok(Err(Error::Transport(failure))) => Err(Error::Transport(failure.as_answer())),
            Ok(answer) => answer,
            Err(reason) => Err(self.unanswered(&place, &format!("status {status}: {reason}")).into()),
        };
        match (answer, retry_after(response.headers())) {
            (Err(Error::Transport(failure)), Some(wait)) => Err(Error::Transport(failure.with_retry_after(wait))),
            (answer, _) => answer,
        }
    }

    fn unanswered(&self, place: &str, reason: &str) -> TransportFailure {
        TransportFailure::new(self.to, format!("{place}: {reason}"))
    }
}

/// Reads `Retry-After` in its form of seconds, which is the one that services use. A date is passed over.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

fn read<R, C>(status: u16, body: &[u8]) -> Result<Result<R, Error<C>>, String>
where
    R: DeserializeOwned,
    C: fmt::Display + DeserializeOwned,
{
    let text = std::str::from_utf8(body).map_err(|_| "the reply is not UTF-8".to_owned())?;
    if (200..300).contains(&status) {
        let reply: ApiResponse<R> = json::parse(text).map_err(|invalid| not_ours(&invalid.field, &invalid.wanted))?;
        return reply.data.map(Ok).ok_or_else(|| not_ours("data", "a value"));
    }
    let reply: ApiResponse<serde::de::IgnoredAny> =
        json::parse(text).map_err(|invalid| not_ours(&invalid.field, &invalid.wanted))?;
    let error = reply.error.ok_or_else(|| not_ours("error", "a value"))?;
    failure::read(status, error).map(Err)
}

/// Describes a reply of another form. The value seen is left out, because it may be personal data.
fn not_ours(field: &str, wanted: &str) -> String {
    format!("the reply is not of the documented form: {field}, wanted {wanted}")
}
