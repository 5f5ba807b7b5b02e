//! Deadlines travel: a module gives its neighbour what is left of its caller's time, and less with every attempt. A
//! command whose time is over is refused and has no effect.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod order;

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{Router, extract::Request};
use commerce::{OrderId, Orders, Payments, http};
use order::lamps;
use seam::{
    Context,
    http::{Socket, SocketLimits},
};
use shared::{
    Environment, Settings, server,
    settings::{optional, standard},
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// Longest time that a module gives its neighbour by itself, in ms: far more than any caller gives here.
const LONG: &str = "60000";
/// Time that the callers give.
const GIVEN: Duration = Duration::from_millis(5_000);

/// A neighbour that answers in a form of its own, so that every outcome is unknown. It keeps what it was asked.
#[derive(Clone, Default)]
struct Neighbour(Arc<Mutex<Vec<Asked>>>);

/// Path of a request, and the milliseconds that it left.
type Asked = (String, Option<u64>);

impl Neighbour {
    async fn start() -> (Self, SocketAddr) {
        let neighbour = Self::default();
        let seen = neighbour.clone();
        let routes = Router::new().fallback(move |request: Request| async move {
            let left = request.headers().get("x-seam-deadline-ms");
            let left = left.map(|left| left.to_str().unwrap().parse().unwrap());
            seen.0.lock().unwrap().push((request.uri().path().to_owned(), left));
            "not of the documented form"
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async { axum::serve(listener, routes).await });
        (neighbour, address)
    }

    /// The time that each request at this path left it, in the order of their arrival.
    fn given(&self, path: &str) -> Vec<Option<u64>> {
        let seen = self.0.lock().unwrap();
        seen.iter()
            .filter(|(at, _)| at.starts_with(path))
            .map(|(_, left)| *left)
            .collect()
    }
}

/// Serves the modules that have no URL among `settings`, with all others at the neighbour.
async fn serve(folder: &TempDir, neighbour: SocketAddr, away: &[&'static str]) -> SocketAddr {
    let url = format!("http://{neighbour}");
    let database = format!("sqlite://{}/{{module}}.db", folder.path().display());
    let mut pairs = vec![
        ("DATABASE_URL", database.as_str()),
        ("PROVIDER_URL", &url),
        ("PUSH_URL", &url),
        ("SMTP_ADDRESS", "127.0.0.1:1"),
        ("CALL_TIMEOUT_MS", LONG),
        ("LEASE_MS", LONG),
    ];
    pairs.extend(away.iter().map(|name| (*name, url.as_str())));
    let declared = monolith::settings().and(&[optional(&standard::LISTEN)]);
    let environment = Environment::new(Settings::from_pairs(&declared, pairs).unwrap());
    let modules = monolith::open(environment.clone()).await.unwrap();
    let server = server::bind(environment, modules).await.unwrap();
    let address = server.address();
    tokio::spawn(server.serve(std::future::pending()));
    address
}

fn socket(address: SocketAddr) -> Arc<Socket> {
    Arc::new(Socket::new(&format!("http://{address}"), SocketLimits::default()).unwrap())
}

/// Checks that there were several attempts, the first three of them within the caller's time, each with less of it.
fn shrinking(given: &[Option<u64>]) {
    let first: Vec<u64> = given.iter().take(3).map(|left| left.unwrap()).collect();
    let most = u64::try_from(GIVEN.as_millis()).unwrap();
    assert!(first.len() == 3 && first[0] <= most && first[0] > most / 2, "{given:?}");
    assert!(first.is_sorted_by(|before, after| before >= after), "{given:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_module_gives_its_neighbour_what_is_left_of_its_callers_time() {
    let folder = TempDir::new().unwrap();
    let (neighbour, address) = Neighbour::start().await;
    let orders = serve(
        &folder,
        address,
        &["INVENTORY_URL", "PAYMENTS_URL", "NOTIFICATIONS_URL"],
    )
    .await;
    let unknown = Context::root("shop")
        .within(GIVEN)
        .scope(http::orders::Client::new(socket(orders)).create_order(lamps(1)))
        .await;
    assert!(unknown.is_err(), "{unknown:?}");
    shrinking(&neighbour.given("/v2/reservations/"));

    let (neighbour, address) = Neighbour::start().await;
    let payments = serve(&folder, address, &["INVENTORY_URL", "ORDERS_URL", "NOTIFICATIONS_URL"]).await;
    let unavailable = Context::root("shop")
        .within(GIVEN)
        .scope(http::payments::Client::new(socket(payments)).process_payment(OrderId::derive(&["k"])))
        .await;
    assert!(unavailable.is_err(), "{unavailable:?}");
    shrinking(&neighbour.given("/v2/orders/"));
}

/// The status and the whole answer to a command with this deadline.
async fn command(server: SocketAddr, line: &str, body: &str, deadline_ms: u64) -> String {
    let head = format!(
        "{line} HTTP/1.1\r\nHost: {server}\r\nContent-Type: application/json\r\nIdempotency-Key: k\r\n\
         x-seam-deadline-ms: {deadline_ms}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(server).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    tokio::time::timeout(Duration::from_secs(10), stream.read_to_string(&mut answer))
        .await
        .unwrap()
        .unwrap();
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn every_service_refuses_a_command_whose_time_is_over() {
    let folder = TempDir::new().unwrap();
    let (neighbour, address) = Neighbour::start().await;
    let server = serve(&folder, address, &[]).await;
    let id = OrderId::derive(&["k"]);
    let contact = r#"{"email": "ada@example.org"}"#;
    let order = format!(
        r#"{{"customer_id": "ada", "contact": {contact}, "payment_method": "tok_ok",
            "items": [{{"sku": "lamp", "quantity": 1}}]}}"#
    );
    let notification = format!(r#"{{"order_id": "{id}", "contact": {contact}, "kind": "order_created"}}"#);
    let product = r#"{"price": {"cents": 100, "currency": "EUR"}, "stock": 5}"#;
    for (line, body) in [
        ("POST /v2/orders".to_owned(), order.as_str()),
        (format!("POST /v2/orders/{id}/payments"), ""),
        ("PUT /v2/products/lamp".to_owned(), product),
        ("POST /v2/notifications".to_owned(), notification.as_str()),
    ] {
        let late = command(server, &line, body, 0).await;
        assert!(
            late.starts_with("HTTP/1.1 503 ") && late.contains("deadline was past"),
            "{line}: {late}"
        );
        let in_time = command(server, &line, body, 5_000).await;
        assert!(!in_time.contains("deadline was past"), "{line}: {in_time}");
        assert!(
            !in_time.starts_with("HTTP/1.1 400 "),
            "the request itself is right: {line}: {in_time}"
        );
        let replayed = in_time.to_lowercase().contains("idempotency-replayed");
        assert!(!replayed, "the late one left nothing behind: {line}: {in_time}");
    }
    assert_eq!(neighbour.given("/v2/"), [], "nobody was asked for anything");
}
