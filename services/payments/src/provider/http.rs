use bytes::Bytes;
use commerce::Money;
use http::{Method, Request, Response, StatusCode};
use seam::http::Transport;
use serde::Deserialize;
use serde_json::json;

use super::{Hold, Operation, Provider, ProviderError, Verdict};

/// The provider's HTTP API over any transport. The transport limits the time of a call.
///
/// Answers are checked: one about another key, kind, amount or currency than the request's counts as no answer.
#[derive(Clone, Debug)]
pub struct HttpProvider<T> {
    transport: T,
}

/// Values that an answer must contain.
struct Expected<'a> {
    key: &'a str,
    kind: Option<&'a str>,
    amount: Option<Money>,
}

/// An operation as the provider writes it. Other fields may come and go.
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
    /// Creates a client that sends its requests over `transport`.
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
            // The provider did nothing, but may do it when asked again.
            StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT => Err(no_answer(&response)),
            // Believed only with an error code of the provider's: a proxy on the way may answer 4xx without knowing
            // anything.
            status if status.is_client_error() => match code(&response) {
                Some(code) => Err(ProviderError::Refused(format!("{} {code}", status.as_u16()))),
                None => Err(no_answer(&response)),
            },
            _ => Err(no_answer(&response)),
        }
    }

    async fn send(&self, request: http::Result<Request<Bytes>>) -> Result<Response<Bytes>, ProviderError> {
        let request =
            request.map_err(|error| ProviderError::Refused(format!("the request can't be built: {error}")))?;
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
        .map_err(|error| ProviderError::NoAnswer(format!("its answer can't be read: {error}")))?;
    let about_it = answer.key == expected.key
        && expected.kind.is_none_or(|kind| answer.kind == kind)
        && expected
            .amount
            .is_none_or(|amount| answer.amount_cents == amount.cents && answer.currency == amount.currency.as_str());
    if !about_it {
        let reason = format!("its answer is about another operation than {}", expected.key);
        return Err(ProviderError::NoAnswer(reason));
    }
    let verdict = match answer.status {
        Status::Succeeded => Verdict::Done,
        Status::Declined => Verdict::Declined(answer.reason.unwrap_or_else(|| "declined".to_owned())),
    };
    Ok(Operation { id: answer.id, verdict })
}

fn no_answer(response: &Response<Bytes>) -> ProviderError {
    let code = code(response).unwrap_or_else(|| "without an error code of its own".to_owned());
    ProviderError::NoAnswer(format!("it answered {} {code}", response.status().as_u16()))
}

/// The error code, if the answer is an error of the provider's. The message stays out: it may quote data that must
/// not be logged.
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

/// Encodes text as one segment of a path.
fn segment(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

#[cfg(test)]
mod tests {
    use commerce::{Currency, PaymentMethod};
    use seam::{BoxFuture, TransportFailure};

    use super::*;

    /// Answers every request with this status and body.
    struct Says(u16, &'static str);

    impl Transport for Says {
        fn send(&self, _: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, TransportFailure>> {
            let response = Response::builder()
                .status(self.0)
                .body(Bytes::from_static(self.1.as_bytes()));
            Box::pin(async move { response.map_err(|error| TransportFailure::new("provider", error.to_string())) })
        }
    }

    async fn authorize(status: u16, body: &'static str) -> Result<Operation, ProviderError> {
        let hold = Hold {
            amount: Money::new(10, Currency::EUR),
            payment_method: PaymentMethod("tok".to_owned()),
            reference: "o".to_owned(),
        };
        HttpProvider::new(Says(status, body)).authorize("k", hold).await
    }

    /// A success with these fields.
    macro_rules! about {
        ($fields:literal) => {
            concat!(r#"{"id":"a","status":"succeeded","#, $fields, "}")
        };
    }

    const HELD: &str = about!(r#""key":"k","kind":"authorization","amount_cents":10,"currency":"EUR","new":1"#);

    #[tokio::test]
    async fn an_answer_about_what_was_asked_is_believed() {
        let held = Operation {
            id: "a".to_owned(),
            verdict: Verdict::Done,
        };

        assert_eq!(authorize(201, HELD).await, Ok(held));
    }

    #[tokio::test]
    async fn an_answer_that_makes_no_sense_or_is_about_something_else_is_no_answer() {
        for (status, body) in [
            (201, "hello"),
            (200, "{}"),
            (
                201,
                about!(r#""key":"x","kind":"authorization","amount_cents":10,"currency":"EUR""#),
            ),
            (
                201,
                about!(r#""key":"k","kind":"refund","amount_cents":10,"currency":"EUR""#),
            ),
            (
                201,
                about!(r#""key":"k","kind":"authorization","amount_cents":11,"currency":"EUR""#),
            ),
            (
                201,
                about!(r#""key":"k","kind":"authorization","amount_cents":10,"currency":"USD""#),
            ),
            (204, HELD),
            (301, HELD),
            (404, "<html>no such page</html>"),
            (429, r#"{"error":{"code":"busy"}}"#),
            (500, r#"{"error":{"code":"internal"}}"#),
        ] {
            let answer = authorize(status, body).await;

            assert!(
                matches!(answer, Err(ProviderError::NoAnswer(_))),
                "{status} {body}: {answer:?}"
            );
        }
    }

    /// Bodies of answers, in the order of the letters in the tables below.
    const BODIES: [&str; 5] = [
        HELD,
        r#"{"id":"a","status":"declined","key":"k","kind":"authorization","amount_cents":10,"currency":"EUR"}"#,
        r#"{"error":{"code":"closed","message":"it is closed"}}"#,
        "<html>bad gateway</html>",
        "",
    ];

    fn letter(answer: &Result<Operation, ProviderError>) -> char {
        match answer {
            Ok(operation) if operation.verdict == Verdict::Done => 'd',
            Ok(_) => 'x',
            Err(ProviderError::Refused(_)) => 'r',
            Err(ProviderError::NoAnswer(_)) => '-',
        }
    }

    #[tokio::test]
    async fn each_status_with_each_kind_of_body_is_believed_as_far_as_it_goes() {
        // Done, declined, an error of the provider's, an error of somebody on the way, nothing.
        for (status, wanted) in [
            (200, "dx---"),
            (201, "dx---"),
            (202, "-----"),
            (204, "-----"),
            (301, "-----"),
            (304, "-----"),
            (400, "--r--"),
            (401, "--r--"),
            (402, "dx---"),
            (403, "--r--"),
            (404, "--r--"),
            (408, "-----"),
            (409, "--r--"),
            (422, "--r--"),
            (429, "-----"),
            (451, "--r--"),
            (500, "-----"),
            (502, "-----"),
            (503, "-----"),
            (504, "-----"),
        ] {
            let mut seen = String::new();
            for body in BODIES {
                seen.push(letter(&authorize(status, body).await));
            }
            assert_eq!(seen, wanted, "{status}");
        }
    }

    #[tokio::test]
    async fn a_look_up_finds_only_what_the_provider_says_is_there() {
        // No status but 200 says that something is there, and none of these that nothing is.
        for (status, wanted) in [
            (200, "dx---"),
            (201, "-----"),
            (402, "-----"),
            (404, "-----"),
            (409, "-----"),
            (410, "-----"),
            (500, "-----"),
            (503, "-----"),
        ] {
            let mut seen = String::new();
            for body in BODIES {
                let found = HttpProvider::new(Says(status, body)).find("k").await;
                seen.push(found.transpose().map_or('0', |found| letter(&found)));
            }
            assert_eq!(seen, wanted, "{status}");
        }
    }

    #[tokio::test]
    async fn only_the_providers_own_words_are_a_refusal_or_say_that_there_is_nothing() {
        let own = r#"{"error":{"code":"not_found","message":"there is none"}}"#;

        assert_eq!(
            authorize(404, own).await,
            Err(ProviderError::Refused("404 not_found".to_owned()))
        );
        assert_eq!(HttpProvider::new(Says(404, own)).find("k").await, Ok(None));
        let from_a_proxy = HttpProvider::new(Says(404, "no upstream")).find("k").await;
        assert!(
            matches!(from_a_proxy, Err(ProviderError::NoAnswer(_))),
            "{from_a_proxy:?}"
        );
    }
}
