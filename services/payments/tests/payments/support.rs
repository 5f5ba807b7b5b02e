//! A payments module with a real database and the real provider of the outside world, and orders as they are told to be.

use std::{
    net::{SocketAddr, TcpListener},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use commerce::{
    Contact, Currency, CustomerId, EventFeed, FeedError, IdempotencyKey, Money, NewOrder, Order, OrderError, OrderId,
    OrderStatus, Orders, Page, PageRequest, Payment, PaymentError, PaymentMethod, PaymentStatus, Payments,
    RecordedEvent, Refund, Shipment, Timestamp,
};
use outside::{Ledger, PaymentProvider};
use payments::Dependencies;
use seam::Context;
use shared::{Environment, Module, Settings};
use tempfile::TempDir;

/// The orders module as a test wants it.
#[derive(Default)]
pub(crate) struct FakeOrders(Mutex<Vec<Order>>);

impl FakeOrders {
    pub(crate) fn put(&self, order: Order) {
        let mut orders = self.0.lock().expect("nobody panicked");
        orders.retain(|known| known.id != order.id);
        orders.push(order);
    }
}

#[seam::async_trait]
impl Orders for FakeOrders {
    async fn get_order(&self, id: OrderId) -> Result<Order, OrderError> {
        let orders = self.0.lock().expect("nobody panicked");
        let order = orders.iter().find(|order| order.id == id).cloned();
        order.ok_or_else(|| OrderError::NotFound {
            what: "order".to_owned(),
            id: id.to_string(),
        })
    }
    async fn create_order(&self, _: NewOrder) -> Result<Order, OrderError> {
        Err(OrderError::Internal)
    }
    async fn list_orders_for_customer(&self, _: CustomerId, _: PageRequest) -> Result<Page<Order>, OrderError> {
        Err(OrderError::Internal)
    }
    async fn confirm_order(&self, _: OrderId) -> Result<Order, OrderError> {
        Err(OrderError::Internal)
    }
    async fn cancel_order(&self, _: OrderId, _: String) -> Result<Order, OrderError> {
        Err(OrderError::Internal)
    }
    async fn ship_order(&self, _: OrderId, _: Shipment) -> Result<Order, OrderError> {
        Err(OrderError::Internal)
    }
    async fn deliver_order(&self, _: OrderId) -> Result<Order, OrderError> {
        Err(OrderError::Internal)
    }
}

/// A log in memory.
#[derive(Default)]
pub(crate) struct FakeFeed(Mutex<Vec<RecordedEvent>>);

impl FakeFeed {
    pub(crate) fn append(&self, event: commerce::DomainEvent) {
        let mut events = self.0.lock().expect("nobody panicked");
        let position = i64::try_from(events.len()).expect("few events") + 1;
        events.push(RecordedEvent { position, event });
    }
}

#[seam::async_trait]
impl EventFeed for FakeFeed {
    async fn read_events(&self, after: i64, limit: u32, wait: Duration) -> Result<Vec<RecordedEvent>, FeedError> {
        let until = Instant::now() + wait;
        loop {
            let events: Vec<_> = self.0.lock().expect("nobody panicked").clone();
            let events: Vec<_> = events.into_iter().filter(|event| event.position > after).collect();
            if !events.is_empty() || Instant::now() >= until {
                return Ok(events.into_iter().take(limit as usize).collect());
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

pub(crate) struct Fixture {
    pub(crate) orders: Arc<FakeOrders>,
    pub(crate) feed: Arc<FakeFeed>,
    provider: Option<PaymentProvider>,
    address: SocketAddr,
    folder: TempDir,
    running: Option<(Environment, Module<dyn Payments>)>,
}

impl Fixture {
    /// With the provider up.
    pub(crate) async fn new() -> Self {
        let mut fixture = Self::without_provider().await;
        fixture.provider_up().await;
        fixture
    }

    /// With nobody behind the provider's address.
    pub(crate) async fn without_provider() -> Self {
        let address = TcpListener::bind("127.0.0.1:0")
            .and_then(|free| free.local_addr())
            .expect("a free port");
        let mut fixture = Self {
            orders: Arc::default(),
            feed: Arc::default(),
            provider: None,
            address,
            folder: tempfile::tempdir().expect("a folder"),
            running: None,
        };
        fixture.start().await;
        fixture
    }

    pub(crate) async fn provider_up(&mut self) {
        let deadline = Instant::now() + Duration::from_secs(5);
        let listener = loop {
            match TcpListener::bind(self.address) {
                Ok(listener) => break listener,
                Err(error) => assert!(Instant::now() < deadline, "the provider's port is not free: {error}"),
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        };
        let data = self.folder.path().join("provider");
        self.provider = Some(
            PaymentProvider::start(listener, Some(&data))
                .await
                .expect("the provider starts"),
        );
    }

    /// Gone, with its connections; what it has booked stays.
    pub(crate) async fn provider_down(&mut self) {
        self.provider = None;
        let deadline = Instant::now() + Duration::from_secs(5);
        while tokio::net::TcpStream::connect(self.address).await.is_ok() {
            assert!(Instant::now() < deadline, "the provider still accepts after 5 s");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Opens the module on the database that is there.
    pub(crate) async fn start(&mut self) {
        let database = format!("sqlite://{}/{{module}}.db", self.folder.path().display());
        let provider = format!("http://{}", self.address);
        let pairs = [
            ("DATABASE_URL", &*database),
            ("PROVIDER_URL", &*provider),
            ("CALL_TIMEOUT_MS", "400"),
        ];
        let settings = Settings::from_pairs(payments::SETTINGS, pairs).expect("good settings");
        let environment = Environment::new(settings);
        let needs = Dependencies {
            orders: self.orders.clone(),
            order_events: self.feed.clone(),
        };
        let module = payments::open(&environment, needs).await.expect("the module opens");
        self.running = Some((environment, module));
    }

    /// Stops the module in the middle of whatever it does.
    pub(crate) async fn stop(&mut self) {
        let (environment, module) = self.running.take().expect("it runs");
        let _ = environment.tasks.stop(Duration::from_secs(5)).await;
        module.database.close().await;
    }

    pub(crate) fn module(&self) -> &Module<dyn Payments> {
        &self.running.as_ref().expect("it runs").1
    }

    pub(crate) fn payments(&self) -> Arc<dyn Payments> {
        Arc::clone(&self.module().service)
    }

    /// An order of 1,000 cents, paid for with this token.
    pub(crate) fn order(&self, name: &str, token: &str) -> Order {
        let order = order(name, token);
        self.orders.put(order.clone());
        order
    }

    /// A captured payment of 1,000 cents.
    pub(crate) async fn captured(&self, name: &str, token: &str) -> Payment {
        let order = self.order(name, token);
        let payment = self.payments().process_payment(order.id).await.expect("it is paid");
        self.settled(payment).await
    }

    /// The payment once it is settled.
    pub(crate) async fn settled(&self, payment: Payment) -> Payment {
        self.until(payment, |status| {
            !matches!(
                status,
                PaymentStatus::Pending | PaymentStatus::Authorized | PaymentStatus::Unknown
            )
        })
        .await
    }

    pub(crate) async fn until(&self, payment: Payment, reached: impl Fn(PaymentStatus) -> bool) -> Payment {
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            let now = self
                .payments()
                .get_payment(payment.id)
                .await
                .expect("the payment is there");
            if reached(now.status) {
                return now;
            }
            assert!(Instant::now() < deadline, "still {:?} after 10 s", now.status);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    pub(crate) async fn ledger(&self) -> Ledger {
        let body = reqwest::get(format!("http://{}/ledger", self.address))
            .await
            .expect("the provider answers");
        serde_json::from_slice(&body.bytes().await.expect("a body")).expect("a ledger")
    }

    /// The rows of our own ledger: account and cents, in the order of booking.
    pub(crate) async fn books(&self) -> Vec<(String, i64)> {
        sqlx::query_as("SELECT account, amount FROM ledger ORDER BY booked_at, amount")
            .fetch_all(self.module().database.readers())
            .await
            .expect("the ledger can be read")
    }

    pub(crate) async fn events(&self) -> Vec<commerce::DomainEvent> {
        let events = self
            .module()
            .feed
            .read_events(0, 1000, Duration::ZERO)
            .await
            .expect("the log can be read");
        events.into_iter().map(|recorded| recorded.event).collect()
    }
}

pub(crate) fn order(name: &str, token: &str) -> Order {
    let now = Timestamp::now();
    Order {
        id: OrderId::derive(&[name]),
        customer_id: "ann".parse().expect("a customer id"),
        contact: Contact {
            email: "ann@example.com".to_owned(),
            push_token: None,
        },
        payment_method: PaymentMethod(token.to_owned()),
        status: OrderStatus::Pending,
        lines: Vec::new(),
        total: euros(1000),
        payment_id: None,
        cancel_reason: None,
        shipment: None,
        version: 1,
        created_at: now,
        updated_at: now,
    }
}

pub(crate) fn euros(cents: i64) -> Money {
    Money::new(cents, Currency::EUR)
}

/// Asks for a refund as `caller`.
pub(crate) async fn refund(
    payments: Arc<dyn Payments>,
    caller: &str,
    payment: &Payment,
    key: &str,
    cents: i64,
) -> Result<Payment, PaymentError> {
    let key: IdempotencyKey = key.parse().expect("a key");
    let wanted = Refund {
        key,
        amount: euros(cents),
    };
    Context::root(caller)
        .scope(payments.refund_payment(payment.id, wanted))
        .await
}
