mod answer;
mod books;
mod operation;

use std::{
    net::{SocketAddr, TcpListener},
    path::Path,
};

use wiremock::{
    Match, Mock, MockServer, Request, ResponseTemplate,
    matchers::{any, method, path},
};

pub use operation::{Ledger, LedgerCharge, Operation, OperationKind, OperationStatus};

use crate::{JournalError, journal::Journal};
use answer::{Provider, error};
use books::{Books, Entry};

/// A payment provider that keeps its books: every command is idempotent by its key, and the books can be read.
///
/// # HTTP API
///
/// Commands carry the header `Idempotency-Key` (1 to 255 visible ASCII characters) and a JSON body of at most 64 KiB, and are answered
/// with the [`Operation`] that was booked: 201, or 402 where it was declined. The same key with the same request is answered with the
/// same operation and books nothing; with another request it is refused (422 `key_reused`).
///
/// | request | body | refusals |
/// |---|---|---|
/// | `POST /authorizations` | `amount_cents`, `currency`, `payment_method`, `reference` | 400 `invalid_amount` |
/// | `POST /authorizations/{id}/capture` | `amount_cents` | 404, 409 `exceeds_authorization`, `declined`, `closed` |
/// | `POST /authorizations/{id}/void` | `{}` | 404, 409 `declined`, `closed` |
/// | `POST /charges/{id}/refunds` | `amount_cents` | 404, 409 `exceeds_charge` |
/// | `GET /operations/{key}` | | 404 `not_found`: nothing was booked under this key |
/// | `GET /ledger` | | the whole [`Ledger`] |
/// | `GET /health/live` | | |
///
/// A capture's `id` is the charge's id. An authorisation is closed by one capture or one void, never both. Refusals are
/// `{"error": {"code", "message"}}`; nothing is remembered under the key of a refused request. Nothing authenticates the caller.
///
/// # Payment methods
///
/// | token | what it does |
/// |---|---|
/// | `tok_decline` | the authorisation is declined |
/// | `tok_slow` | the authorisation is answered after 2 s |
/// | `tok_timeout` | the authorisation is booked, and the first request for it never answered |
/// | `tok_error_after_charge` | the capture is booked, and the first request for it answered with 500 |
/// | `tok_error_after_refund` | the refund is booked, and the first request for it answered with 500 |
/// | `tok_refund_refused` | every refund is declined |
/// | anything else, such as `tok_ok` | works |
///
/// # Limits
///
/// The server beneath reads a request whole before its size is looked at, and keeps every request in memory: it is made for rehearsals,
/// not for strangers.
#[derive(Debug)]
pub struct PaymentProvider {
    server: MockServer,
}

impl PaymentProvider {
    /// Serves on `listener` until dropped, with the books that `data` holds; without a folder they are new and gone in the end.
    pub async fn start(listener: TcpListener, data: Option<&Path>) -> Result<Self, JournalError> {
        let (journal, entries) = Journal::<Entry>::open(data, "payment-provider.jsonl")?;
        let mut books = Books::default();
        entries.into_iter().for_each(|entry| books.apply(entry));
        let provider = Provider::new(books, journal);

        let server = MockServer::builder()
            .listener(listener)
            .disable_request_recording()
            .start()
            .await;
        for command in [
            "/authorizations",
            "/authorizations/*/capture",
            "/authorizations/*/void",
            "/charges/*/refunds",
        ] {
            Mock::given(method("POST"))
                .and(Route(command))
                .respond_with(provider.commands())
                .mount(&server)
                .await;
        }
        Mock::given(method("GET"))
            .and(Route("/operations/*"))
            .respond_with(provider.operations())
            .mount(&server)
            .await;
        Mock::given(method("GET"))
            .and(path("/ledger"))
            .respond_with(provider.ledger())
            .mount(&server)
            .await;
        Mock::given(method("GET"))
            .and(path("/health/live"))
            .respond_with(ResponseTemplate::new(200).set_body_json(serde_json::json!({"status": "live"})))
            .mount(&server)
            .await;
        Mock::given(any())
            .respond_with(error(
                404,
                "no_such_route",
                "see the table of routes of the payment provider",
            ))
            .with_priority(u8::MAX)
            .mount(&server)
            .await;
        Ok(Self { server })
    }

    /// Where it serves.
    pub fn address(&self) -> SocketAddr {
        *self.server.address()
    }
}

/// Matches a path whose segments are these; `*` stands for any segment that is not empty.
///
/// Not `path_regex`: compiling regular expressions is most of the start of a provider, and suites start thousands.
struct Route(&'static str);

impl Match for Route {
    fn matches(&self, request: &Request) -> bool {
        let (wanted, given) = (self.0.split('/'), request.url.path().split('/'));
        let is_same = |(wanted, given): (&str, &str)| wanted == given || (wanted == "*" && !given.is_empty());
        wanted.clone().count() == given.clone().count() && wanted.zip(given).all(is_same)
    }
}
