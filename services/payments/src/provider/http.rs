use bytes::Bytes;
use commerce::Money;
use http::{Method, Request, Response, StatusCode};
use seam::http::Transport;
use serde::Deserialize;
use serde_json::json;

use super::{Hold, Operation, Provider, ProviderError, Verdict};

/// The provider's HTTP API, over any transport. How long to wait is the transport's business.
///
/// Nothing it says is taken on trust: an answer about another key, kind, amount or currency than was asked about is no answer.
#[derive(Clone, Debug)]
pub struct HttpProvider<T> {
    transport: T,
}

/// What an answer must be about.
struct Expected<'a> {
    key: &'a str,
    kind: Option<&'a str>,
    amount: Option<Money>,
}

/// An operation as the provider writes it. Fields that we do not need may come and go.
#[derive(Deserialize)]
struct Answer {
    key: String,
    kind: String,
    id: String,
    status: Status,
    amount_cents: i64,
    currency: String,
    #[serde(default)]
    reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Status {
    Succeeded,
    Declined,
}

impl<T: Transport> HttpProvider<T> {
    /// A provider behind `transport`.
    pub fn new(transport: T) -> Self {
        Self { transport }
    }

    async fn command(
        &self,
        path: String,
        body: serde_json::Value,
        expected: Expected<'_>,
    ) -> Result<Operation, ProviderError> {
        let request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header(http::header::CONTENT_TYPE, "application/json")
            .header("idempotency-key", expected.key)
            .body(Bytes::from(body.to_string()));
        let response = self.send(request).await?;
        match response.status() {
            StatusCode::OK | StatusCode::CREATED | StatusCode::PAYMENT_REQUIRED => read(&response, &expected),
            // It says that it did nothing, but not that it never will.
            StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT => Err(no_answer(&response)),
            // Only in the provider's own words: any proxy on the way may answer 4xx and know nothing.
            status if status.is_client_error() => match code(&response) {
                Some(code) => Err(ProviderError::Refused(format!("{} {code}", status.as_u16()))),
                None => Err(no_answer(&response)),
            },
            _ => Err(no_answer(&response)),
        }
    }

    async fn send(&self, request: http::Result<Request<Bytes>>) -> Result<Response<Bytes>, ProviderError> {
        let request =
            request.map_err(|error| ProviderError::Refused(format!("no request can be made of it: {error}")))?;
        self.transport
            .send(request)
            .await
            .map_err(|failure| ProviderError::NoAnswer(failure.reason))
    }
}

#[seam::async_trait]
impl<T: Transport> Provider for HttpProvider<T> {
    async fn authorize(&self, key: &str, hold: Hold) -> Result<Operation, ProviderError> {
        let body = json!({
            "amount_cents": hold.amount.cents,
            "currency": hold.amount.currency,
            "payment_method": hold.payment_method,
            "reference": hold.reference,
        });
        let expected = Expected {
            key,
            kind: Some("authorization"),
            amount: Some(hold.amount),
        };
        self.command("/authorizations".to_owned(), body, expected).await
    }

    async fn capture(&self, key: &str, authorization_id: &str, amount: Money) -> Result<Operation, ProviderError> {
        let path = format!("/authorizations/{}/capture", segment(authorization_id));
        let expected = Expected {
            key,
            kind: Some("capture"),
            amount: Some(amount),
        };
        self.command(path, json!({ "amount_cents": amount.cents }), expected)
            .await
    }

    async fn void(&self, key: &str, authorization_id: &str) -> Result<Operation, ProviderError> {
        let path = format!("/authorizations/{}/void", segment(authorization_id));
        self.command(
            path,
            json!({}),
            Expected {
                key,
                kind: Some("void"),
                amount: None,
            },
        )
        .await
    }

    async fn refund(&self, key: &str, charge_id: &str, amount: Money) -> Result<Operation, ProviderError> {
        let path = format!("/charges/{}/refunds", segment(charge_id));
        let expected = Expected {
            key,
            kind: Some("refund"),
            amount: Some(amount),
        };
        self.command(path, json!({ "amount_cents": amount.cents }), expected)
            .await
    }

    async fn find(&self, key: &str) -> Result<Option<Operation>, ProviderError> {
        let request = Request::builder()
            .uri(format!("/operations/{}", segment(key)))
            .body(Bytes::new());
        let response = self.send(request).await?;
        match response.status() {
            StatusCode::OK => read(
                &response,
                &Expected {
                    key,
                    kind: None,
                    amount: None,
                },
            )
            .map(Some),
            StatusCode::NOT_FOUND if code(&response).as_deref() == Some("not_found") => Ok(None),
            _ => Err(no_answer(&response)),
        }
    }
}

fn read(response: &Response<Bytes>, expected: &Expected<'_>) -> Result<Operation, ProviderError> {
    let answer: Answer = serde_json::from_slice(response.body())
        .map_err(|error| ProviderError::NoAnswer(format!("its answer makes no sense: {error}")))?;
    let about_it = answer.key == expected.key
        && expected.kind.is_none_or(|kind| answer.kind == kind)
        && expected
            .amount
            .is_none_or(|amount| answer.amount_cents == amount.cents && answer.currency == amount.currency.as_str());
    if !about_it {
        return Err(ProviderError::NoAnswer("its answer is about something else".to_owned()));
    }
    let verdict = match answer.status {
        Status::Succeeded => Verdict::Done,
        Status::Declined => Verdict::Declined(answer.reason.unwrap_or_else(|| "declined".to_owned())),
    };
    Ok(Operation { id: answer.id, verdict })
}

fn no_answer(response: &Response<Bytes>) -> ProviderError {
    let code = code(response).unwrap_or_else(|| "without a reason of its own".to_owned());
    ProviderError::NoAnswer(format!("it answered {} {code}", response.status().as_u16()))
}

/// The provider's word for an error, if it is the provider's. Its message stays out: it may repeat what must not be logged.
fn code(response: &Response<Bytes>) -> Option<String> {
    #[derive(Deserialize)]
    struct Refusal {
        error: Code,
    }
    #[derive(Deserialize)]
    struct Code {
        code: String,
    }
    let refusal: Refusal = serde_json::from_slice(response.body()).ok()?;
    Some(refusal.error.code.chars().take(64).collect())
}

/// Text as one segment of a path.
fn segment(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}
