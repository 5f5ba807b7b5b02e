use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde::{Deserialize, de::DeserializeOwned};
use wiremock::{Request, Respond, ResponseTemplate};

use super::{
    books::{Books, Command, Decision, Entry, Refusal, refuse},
    operation::{Operation, OperationKind, OperationStatus},
};
use crate::journal::Journal;

const BODY_LIMIT: usize = 64 * 1024;
const SLOW: Duration = Duration::from_secs(2);
/// Delay of a reply that never comes: longer than any caller waits. The reply is dropped when the caller hangs up.
const NEVER: Duration = Duration::from_secs(24 * 60 * 60);

/// The books and their journal, shared by the responders of all routes.
#[derive(Clone)]
pub(super) struct SharedBooks(Arc<Mutex<(Books, Journal<Entry>)>>);

impl SharedBooks {
    pub(super) fn new(books: Books, journal: Journal<Entry>) -> Self {
        Self(Arc::new(Mutex::new((books, journal))))
    }

    /// Makes the responder for all commands.
    pub(super) fn commands(&self) -> impl Respond + use<> {
        let shared = self.clone();
        move |request: &Request| shared.command(request).unwrap_or_else(|refusal| refused(&refusal))
    }

    /// Makes the responder that shows the operation of a key.
    pub(super) fn operations(&self) -> impl Respond + use<> {
        let shared = self.clone();
        move |request: &Request| {
            let key = segment(request, 1);
            match shared.lock().0.operation(&key) {
                Some(operation) => ResponseTemplate::new(200).set_body_json(operation),
                None => error(404, "not_found", &format!("nothing was booked under key {key}")),
            }
        }
    }

    /// Makes the responder that shows all of the books.
    pub(super) fn ledger(&self) -> impl Respond + use<> {
        let shared = self.clone();
        move |_: &Request| ResponseTemplate::new(200).set_body_json(shared.lock().0.ledger())
    }

    fn command(&self, request: &Request) -> Result<ResponseTemplate, Refusal> {
        let key = key(request)?;
        let command = parse(request)?;
        let mut guard = self.lock();
        let (books, journal) = &mut *guard;
        let decision = books.decide(&key, &command)?;
        let mut entries = vec![Entry::Requested(key.clone())];
        let operation = match decision {
            Decision::Known(operation) => operation,
            Decision::New(operation) => {
                entries.push(Entry::Booked(operation.clone()));
                operation
            }
        };
        journal
            .append(&entries)
            .map_err(|error| refuse(500, "journal", error.to_string()))?;
        entries.into_iter().for_each(|entry| books.apply(entry));
        Ok(reply(&operation, books.requests(&key)))
    }

    fn lock(&self) -> MutexGuard<'_, (Books, Journal<Entry>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes the reply to a refused request, in the form that all routes share.
pub(super) fn error(status: u16, code: &str, message: &str) -> ResponseTemplate {
    let body = serde_json::json!({ "error": { "code": code, "message": message } });
    ResponseTemplate::new(status).set_body_json(body)
}

fn refused(refusal: &Refusal) -> ResponseTemplate {
    error(refusal.status, refusal.code, &refusal.message)
}

fn reply(operation: &Operation, requests: u64) -> ResponseTemplate {
    let status = match operation.status {
        OperationStatus::Succeeded => 201,
        OperationStatus::Declined => 402,
    };
    let reply = ResponseTemplate::new(status).set_body_json(operation);
    match (operation.payment_method.as_str(), operation.kind, requests) {
        ("tok_slow", OperationKind::Authorization, _) => reply.set_delay(SLOW),
        ("tok_timeout", OperationKind::Authorization, 1) => reply.set_delay(NEVER),
        ("tok_error_after_charge", OperationKind::Capture, 1)
        | ("tok_error_after_refund", OperationKind::Refund, 1) => error(500, "internal", "something went wrong"),
        _ => reply,
    }
}

fn key(request: &Request) -> Result<String, Refusal> {
    request
        .headers
        .get("idempotency-key")
        .and_then(|value| value.to_str().ok())
        .filter(|key| !key.is_empty() && key.len() <= 255 && key.bytes().all(|byte| byte.is_ascii_graphic()))
        .map(str::to_owned)
        .ok_or_else(|| {
            refuse(
                400,
                "key_missing",
                "header Idempotency-Key: 1 to 255 visible ASCII".to_owned(),
            )
        })
}

fn parse(request: &Request) -> Result<Command, Refusal> {
    if request.body.len() > BODY_LIMIT {
        return Err(refuse(
            413,
            "too_large",
            format!("body is {} bytes, wanted at most {BODY_LIMIT}", request.body.len()),
        ));
    }
    let id = segment(request, 1);
    match segment(request, 2).as_str() {
        "capture" => {
            let Amount { amount_cents } = body(request)?;
            Ok(Command::Capture {
                authorization: id,
                amount_cents,
            })
        }
        "void" => Ok(Command::Void { authorization: id }),
        "refunds" => {
            let Amount { amount_cents } = body(request)?;
            Ok(Command::Refund {
                charge: id,
                amount_cents,
            })
        }
        _ => {
            let Authorize {
                amount_cents,
                currency,
                payment_method,
                reference,
            } = body(request)?;
            Ok(Command::Authorize {
                amount_cents,
                currency,
                payment_method,
                reference,
            })
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Authorize {
    amount_cents: i64,
    currency: String,
    payment_method: String,
    reference: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Amount {
    amount_cents: i64,
}

fn body<T: DeserializeOwned>(request: &Request) -> Result<T, Refusal> {
    serde_json::from_slice(&request.body).map_err(|error| refuse(400, "invalid_body", error.to_string()))
}

/// Returns segment `index` of the path, percent-decoded: a key may contain `/` or `%`.
fn segment(request: &Request, index: usize) -> String {
    let raw = request.url.path().split('/').nth(index + 1).unwrap_or_default();
    percent_encoding::percent_decode_str(raw)
        .decode_utf8_lossy()
        .into_owned()
}
