//! One order through the whole platform, with real files and sockets: all modules in one process, and with one
//! taken out.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod launched;
mod order;

use std::{
    net::{SocketAddr, TcpListener},
    path::Path,
    process::Command,
    sync::Arc,
    time::Duration,
};

use commerce::{
    Currency, Delivery, EventFeed, Inventory, Money, Notifications, Order, OrderStatus, Orders, PageRequest,
    PaymentStatus, Payments, ProductUpdate, http,
};
use order::lamps;
use outside::{MailSink, PaymentProvider, PushSink};
use seam::http::{Socket, SocketLimits};
use shared::{
    Environment, Settings, StartError,
    server::{self, Server},
    settings::{optional, standard},
    testing::{Port, until},
};
use tempfile::TempDir;

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_paid_committed_and_told_about_in_one_process() {
    let outside = Outside::start().await;
    let folder = TempDir::new().unwrap();
    let monolith = start(Port::hold(), folder.path(), &outside.settings()).await;

    let order = follow_one_order(&monolith).await;

    let payments = http::payments::Client::new(socket(&monolith));
    let paid = payments
        .list_payments_for_order(order.id, PageRequest::default())
        .await
        .unwrap();
    assert_eq!(
        (paid.items[0].status, paid.items[0].captured),
        (PaymentStatus::Captured, order.total)
    );
    let notifications = http::notifications::Client::new(socket(&monolith));
    until("two mails are sent", async || {
        let told = notifications.list_notifications_for_order(order.id, PageRequest::default());
        let told = told.await.ok()?.items;
        (told.iter().filter(|told| told.email == Delivery::Sent).count() == 2).then_some(())
    })
    .await;
    let files = ["orders", "payments", "inventory", "notifications"].map(|module| format!("{module}.db"));
    assert!(
        files.iter().all(|file| folder.path().join(file).exists()),
        "each module has its own file"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_extracted_module_is_reached_by_one_setting_and_its_api_stays_whole() {
    let outside = Outside::start().await;
    let (home, away) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let (monolith, inventory) = (Port::hold(), Port::hold());
    let (monolith_url, inventory_url) = (
        format!("http://{}", monolith.address()),
        format!("http://{}", inventory.address()),
    );
    let others = [
        ("ORDERS_URL", &monolith_url),
        ("PAYMENTS_URL", &monolith_url),
        ("NOTIFICATIONS_URL", &monolith_url),
    ];
    let here: Vec<_> = outside
        .settings()
        .into_iter()
        .chain([("INVENTORY_URL", inventory_url)])
        .collect();

    start(inventory, away.path(), &others.map(|(name, url)| (name, url.clone()))).await;
    let monolith = start(monolith, home.path(), &here).await;

    follow_one_order(&monolith).await;
    assert!(
        !home.path().join("inventory.db").exists(),
        "nothing of the extracted module is left in the monolith"
    );
    assert!(away.path().join("inventory.db").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_extracted_module_that_does_not_answer_is_named_and_its_address_is_not() {
    let outside = Outside::start().await;
    let folder = TempDir::new().unwrap();
    let nobody = Port::hold();
    let mut settings = outside.settings();
    settings.push(("INVENTORY_URL", format!("http://{}", nobody.address())));
    let monolith = start(Port::hold(), folder.path(), &settings).await;

    let inventory = http::inventory::Client::new(socket(&monolith));
    let product = inventory.get_product("lamp".parse().unwrap()).await.unwrap_err();
    let feed = http::feed::Client::new("inventory", socket(&monolith));
    let events = feed.read_events(0, 1, Duration::ZERO).await.unwrap_err();

    for answer in [product.to_string(), events.to_string()] {
        assert!(answer.contains("was not answered"), "{answer}");
        for internal in ["127.0.0.1", "http://", "os error", "tcp"] {
            assert!(!answer.contains(internal), "{internal:?} is in {answer}");
        }
    }
}

#[tokio::test]
async fn at_least_one_module_must_run_here() {
    let url = "http://127.0.0.1:1".to_owned();
    let all = ["ORDERS_URL", "PAYMENTS_URL", "INVENTORY_URL", "NOTIFICATIONS_URL"].map(|name| (name, url.clone()));

    let refused = monolith::open(environment(&all)).await;

    let error = refused.err().unwrap().to_string();
    assert!(
        error.contains("NOTIFICATIONS_URL") && error.contains("at least one"),
        "{error}"
    );
}

#[test]
fn a_setting_that_a_local_module_lacks_is_named_and_the_exit_code_is_2() {
    let output = Command::new(env!("CARGO_BIN_EXE_monolith"))
        .env_clear()
        .output()
        .unwrap();

    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("PROVIDER_URL is not set"), "{text}");
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn help_lists_every_setting() {
    let output = Command::new(env!("CARGO_BIN_EXE_monolith"))
        .arg("--help")
        .env_clear()
        .output()
        .unwrap();

    let text = String::from_utf8(output.stdout).unwrap();
    let names = [
        "LISTEN",
        "DATABASE_URL",
        "ORDERS_URL",
        "NOTIFICATIONS_URL",
        "PROVIDER_URL",
        "SMTP_ADDRESS",
        "LEASE_MS",
    ];
    for name in names {
        assert!(text.contains(name), "{name} is not in {text}");
    }
}

/// Orders two lamps and waits until they are paid for and out of stock for good.
async fn follow_one_order(address: &SocketAddr) -> Order {
    let inventory = http::inventory::Client::new(socket(address));
    let orders = http::orders::Client::new(socket(address));
    let lamp = ProductUpdate {
        sku: "lamp".parse().unwrap(),
        price: Money::new(2_000, Currency::EUR),
        stock: 10,
    };
    until("the stock is there", async || {
        inventory.put_product(lamp.clone()).await.ok()
    })
    .await;

    let order = orders.create_order(lamps(2)).await.unwrap();

    until("the order is confirmed", async || {
        orders
            .get_order(order.id)
            .await
            .ok()
            .filter(|order| order.status == OrderStatus::Confirmed)
    })
    .await;
    until("the stock is committed", async || {
        let lamp = inventory.get_product(lamp.sku.clone()).await.ok()?;
        ((lamp.stock, lamp.reserved, lamp.committed) == (8, 0, 2)).then_some(())
    })
    .await;
    order
}

/// The world around the platform.
struct Outside {
    provider: PaymentProvider,
    mail: MailSink,
    push: PushSink,
}

impl Outside {
    async fn start() -> Self {
        Self {
            provider: PaymentProvider::start(listener(), None).await.unwrap(),
            mail: MailSink::start(listener(), listener(), None).unwrap(),
            push: PushSink::start(listener(), None).unwrap(),
        }
    }

    fn settings(&self) -> Vec<(&'static str, String)> {
        vec![
            ("PROVIDER_URL", format!("http://{}", self.provider.address())),
            ("SMTP_ADDRESS", self.mail.smtp_address().to_string()),
            ("PUSH_URL", format!("http://{}", self.push.address())),
        ]
    }
}

/// Opens and serves a monolith with these settings until the test ends.
async fn start(port: Port, folder: &Path, settings: &[(&'static str, String)]) -> SocketAddr {
    let database = format!("sqlite://{}/{{module}}.db", folder.display());
    let mut pairs = vec![("LISTEN", port.address().to_string()), ("DATABASE_URL", database)];
    pairs.extend_from_slice(settings);
    let environment = environment(&pairs);
    let server: Result<Server, StartError> = async {
        let modules = monolith::open(environment.clone()).await?;
        drop(port);
        server::bind(environment, modules).await
    }
    .await;
    let server = server.unwrap();
    let address = server.address();
    tokio::spawn(server.serve(std::future::pending()));
    address
}

fn environment(pairs: &[(&'static str, String)]) -> Environment {
    let declared = monolith::settings().and(&[optional(&standard::LISTEN)]);
    let pairs = pairs.iter().map(|(name, value)| (*name, value.as_str()));
    Environment::new(Settings::from_pairs(&declared, pairs).unwrap())
}

fn socket(address: &SocketAddr) -> Arc<Socket> {
    Arc::new(Socket::new(&format!("http://{address}"), SocketLimits::default()).unwrap())
}

fn listener() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").unwrap()
}
