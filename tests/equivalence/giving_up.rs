//! Customers that take 503 for "not done" and order again with a new key, while Inventory hangs: none is charged twice.

use std::{
    collections::BTreeMap,
    net::TcpListener,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use commerce::{Currency, Inventory, InventoryCall, InventoryReply, Money, ProductUpdate, http};
use futures::future::join_all;
use outside::{Ledger, MailSink, PaymentProvider, PushSink};
use reqwest::{Client, StatusCode};
use seam::{BoxFuture, Carrier, Contract, Direct};
use serde_json::{Value, json};
use shared::{
    Environment, Mounted, Settings, server,
    settings::{optional, standard},
    testing::{Log, until},
};
use sqlx::AnyPool;
use tempfile::TempDir;
use tokio::sync::watch;

const CUSTOMERS: usize = 12;
const STOCK: i64 = 1_000;
/// Tries that a customer makes with its own deadline, which may be past, before it makes any without.
const HOPELESS: usize = 4;

/// Inventory whose process can be stopped and continued: the calls that arrive meanwhile are carried out afterwards,
/// when their callers are long gone.
struct Stoppable {
    inventory: Direct<dyn Inventory>,
    runs: watch::Sender<bool>,
}

struct Shared(Arc<Stoppable>);

impl Carrier<dyn Inventory> for Shared {
    fn carry(&self, call: InventoryCall) -> BoxFuture<'_, InventoryReply> {
        Box::pin(async move {
            let mut runs = self.0.runs.subscribe();
            assert!(
                runs.wait_for(|runs| *runs).await.is_ok(),
                "the sender lives as long as this"
            );
            self.0.inventory.carry(call).await
        })
    }
}

/// The platform with Inventory as a service of its own, on files in `folder`.
struct Shop {
    folder: TempDir,
    base: String,
    inventory: Arc<Stoppable>,
    provider: PaymentProvider,
    _outside: (MailSink, PushSink),
}

fn listener() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").unwrap()
}

fn environment(folder: &TempDir, pairs: &[(&'static str, String)]) -> Environment {
    let database = format!("sqlite://{}/{{module}}.db", folder.path().display());
    let mut pairs = pairs.to_vec();
    pairs.push(("DATABASE_URL", database));
    let declared = monolith::settings().and(&[optional(&standard::LISTEN)]);
    let pairs = pairs.iter().map(|(name, value)| (*name, value.as_str()));
    Environment::new(Settings::from_pairs(&declared, pairs).unwrap())
}

async fn serve(environment: Environment, modules: Vec<Mounted>) -> String {
    let server = server::bind(environment, modules).await.unwrap();
    let base = format!("http://{}", server.address());
    tokio::spawn(server.serve(std::future::pending()));
    base
}

impl Shop {
    async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let provider = PaymentProvider::start(listener(), None).await.unwrap();
        let mail = MailSink::start(listener(), listener(), None).unwrap();
        let push = PushSink::start(listener(), None).unwrap();

        let alone = environment(&folder, &[]);
        let dependencies = inventory::Dependencies {
            orders_feed: Arc::new(Log::default()),
        };
        let module = inventory::open(&alone, dependencies).await.unwrap();
        let tea = ProductUpdate {
            sku: "tea".parse().unwrap(),
            price: Money::new(1_250, Currency::EUR),
            stock: STOCK,
        };
        module.service.put_product(tea).await.unwrap();
        let inventory = Arc::new(Stoppable {
            inventory: Direct(Arc::clone(&module.service)),
            runs: watch::Sender::new(true),
        });
        let stoppable = <dyn Inventory>::via(Arc::new(Shared(Arc::clone(&inventory))));
        let routes = http::inventory::router(stoppable);
        let inventory_url = serve(alone, vec![Mounted::routes("inventory", routes)]).await;

        let settings = [
            ("INVENTORY_URL", inventory_url),
            ("PROVIDER_URL", format!("http://{}", provider.address())),
            ("SMTP_ADDRESS", mail.smtp_address().to_string()),
            ("PUSH_URL", format!("http://{}", push.address())),
            ("CALL_TIMEOUT_MS", "200".to_owned()),
            ("LEASE_MS", "1000".to_owned()),
        ];
        let others = environment(&folder, &settings);
        let modules = monolith::open(others.clone()).await.unwrap();
        Self {
            base: serve(others, modules).await,
            folder,
            inventory,
            provider,
            _outside: (mail, push),
        }
    }

    /// The rows of one column of a module's own database.
    async fn rows(&self, module: &str, query: &'static str) -> Vec<(String, i64)> {
        let file = self.folder.path().join(format!("{module}.db"));
        let pool = AnyPool::connect(&format!("sqlite://{}?mode=ro", file.display()))
            .await
            .unwrap();
        let rows = sqlx::query_as(query).fetch_all(&pool).await.unwrap();
        pool.close().await;
        rows
    }

    /// Waits until no order is open. Whatever was claimed goes forward, also what its customer has given up.
    async fn settled(&self) {
        until("nothing is open", async || {
            let claims = self
                .rows("orders", "SELECT key, 1 FROM idempotency WHERE reply IS NULL")
                .await;
            let pending = self
                .rows("orders", "SELECT id, 1 FROM orders WHERE status = 'pending'")
                .await;
            (claims.is_empty() && pending.is_empty()).then_some(())
        })
        .await;
    }

    async fn ledger(&self) -> Ledger {
        let answer = reqwest::get(format!("http://{}/ledger", self.provider.address()))
            .await
            .unwrap();
        answer.json().await.unwrap()
    }
}

/// A customer who wants one tea, and believes that 503 means "not done".
struct Customer {
    number: usize,
    name: String,
    /// The deadline that it sends with its first tries, in ms.
    deadline_ms: Option<u64>,
    client: Client,
}

impl Customer {
    /// Orders until an order is made. Counts its answers in its place of `answered`; returns all of their statuses.
    async fn order(self, base: String, answered: Arc<[AtomicUsize; CUSTOMERS]>) -> Vec<StatusCode> {
        let (mut key, mut statuses) = (0, Vec::new());
        until("the customer has an order", async || {
            let answer = self.ask(&base, key, statuses.len()).await;
            let (status, patience) = (answer.status(), answer.headers().contains_key("retry-after"));
            statuses.push(status);
            answered[self.number].fetch_add(1, Ordering::SeqCst);
            match status {
                StatusCode::CREATED => return Some(()),
                // "Nothing was done": the customer orders again, and nothing remembers the first try.
                StatusCode::SERVICE_UNAVAILABLE => key += 1,
                StatusCode::GATEWAY_TIMEOUT | StatusCode::CONFLICT => {}
                other => panic!("{other}: {}", answer.text().await.unwrap()),
            }
            assert!(patience, "{status} says when to try again");
            None
        })
        .await;
        statuses
    }

    async fn ask(&self, base: &str, key: usize, tries: usize) -> reqwest::Response {
        let body: Value = json!({
            "customer_id": self.name,
            "contact": { "email": format!("{}@example.org", self.name) },
            "payment_method": "tok_ok",
            "items": [{ "sku": "tea", "quantity": 1 }],
        });
        let request = self.client.post(format!("{base}/v2/orders")).json(&body);
        let mut request = request.header("idempotency-key", format!("{}-{key}", self.name));
        if let Some(deadline) = self.deadline_ms.filter(|_| tries < HOPELESS) {
            request = request.header("x-seam-deadline-ms", deadline.to_string());
        }
        request.send().await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn customers_that_take_503_for_not_done_are_charged_once_though_inventory_hangs() {
    let shop = Shop::open().await;
    shop.inventory.runs.send_replace(false);
    let answered: Arc<[AtomicUsize; CUSTOMERS]> = Arc::default();
    let customers = (0..CUSTOMERS).map(|number| {
        let customer = Customer {
            number,
            name: format!("customer{number}"),
            deadline_ms: [None, Some(0), Some(50), Some(1_000)][number % 4],
            client: Client::new(),
        };
        customer.order(shop.base.clone(), Arc::clone(&answered))
    });
    let continued = async {
        until("all had some answers", async || {
            let all = answered.iter().all(|one| one.load(Ordering::SeqCst) > HOPELESS + 1);
            all.then_some(())
        })
        .await;
        shop.inventory.runs.send_replace(true);
    };
    let (statuses, ()) = futures::join!(join_all(customers), continued);
    let statuses = statuses.into_iter().flatten();
    let mut met: BTreeMap<u16, usize> = BTreeMap::new();
    for status in statuses {
        *met.entry(status.as_u16()).or_default() += 1;
    }
    shop.settled().await;

    let orders = shop
        .rows(
            "orders",
            "SELECT customer_id, COUNT(*) FROM orders GROUP BY customer_id",
        )
        .await;
    let owners = shop
        .rows("orders", "SELECT id || ' ' || customer_id, 1 FROM orders")
        .await;
    let owners: BTreeMap<&str, &str> = owners.iter().filter_map(|(pair, _)| pair.split_once(' ')).collect();
    let mut charged: BTreeMap<&str, usize> = BTreeMap::new();
    let ledger = shop.ledger().await;
    for charge in &ledger.charges {
        *charged.entry(owners[&*charge.capture.reference]).or_default() += 1;
    }
    let reserved = shop.rows("inventory", "SELECT sku, reserved FROM products").await;
    assert_eq!(orders.len(), CUSTOMERS, "{met:?}");
    assert!(orders.iter().all(|(_, count)| *count == 1), "{met:?}: {orders:?}");
    assert_eq!(charged.len(), CUSTOMERS, "{met:?}: {charged:?}");
    assert!(charged.values().all(|count| *count == 1), "{met:?}: {charged:?}");
    assert_eq!(reserved, [("tea".to_owned(), i64::try_from(CUSTOMERS).unwrap())]);
    assert!(
        met.contains_key(&504) && met.contains_key(&503),
        "both were met: {met:?}"
    );
}
