mod books;
mod operation;
mod responders;

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
use books::{Books, Entry};
use responders::{SharedBooks, error};

/// A payment provider with books: every command is idempotent by its key, and the books can be read.
///
/// # HTTP API
///
/// Commands carry the header `Idempotency-Key` (1 to 255 visible ASCII characters) and a JSON body of at most 64
/// KiB. The reply is the booked [`Operation`]: 201, or 402 if it was declined. The same key with the same request
/// returns the same operation and books nothing; with another request it is refused (422 `key_reused`).
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
/// A capture's `id` is the charge's id. An authorisation is closed by one capture or one void, never both. Refusals
/// are `{"error": {"code", "message"}}`, and the key of a refused request stays new. Callers are not authenticated.
///
/// # Payment methods
///
/// | token | effect |
/// |---|---|
/// | `tok_decline` | the authorisation is declined |
/// | `tok_slow` | the authorisation's reply takes 2 s |
/// | `tok_timeout` | the authorisation is booked, and the first request for it gets no reply |
/// | `tok_error_after_charge` | the capture is booked, and the first request for it fails with 500 |
/// | `tok_error_after_refund` | the refund is booked, and the first request for it fails with 500 |
/// | `tok_refund_refused` | every refund is declined |
/// | anything else, such as `tok_ok` | works |
///
/// # Limits
///
/// The server reads a request whole before it checks its size: use it for rehearsals, and never expose it to
/// strangers.
#[derive(Debug)]
pub struct PaymentProvider {
    server: MockServer,
}

impl PaymentProvider {
    /// Serves on `listener` until dropped, with the books in the folder `data`; without a folder, with new books in
    /// memory.
    ///
    /// Fails if the journal in `data` can't be read.
    pub async fn start(listener: TcpListener, data: Option<&Path>) -> Result<Self, JournalError> {
        let (journal, entries) = Journal::<Entry>::open(data, "payment-provider.jsonl")?;
        let mut books = Books::default();
        entries.into_iter().for_each(|entry| books.apply(entry));
        let books = SharedBooks::new(books, journal);

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
                .respond_with(books.commands())
                .mount(&server)
                .await;
        }
        Mock::given(method("GET"))
            .and(Route("/operations/*"))
            .respond_with(books.operations())
            .mount(&server)
            .await;
        Mock::given(method("GET"))
            .and(path("/ledger"))
            .respond_with(books.ledger())
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

    /// Returns the address it serves on.
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
