//! A payments module with a real database and the real provider of the outside world, and orders as they are told to be.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use commerce::{
    Contact, Currency, CustomerId, IdempotencyKey, Money, NewOrder, Order, OrderError, OrderId, OrderStatus, Orders,
    Page, PageRequest, Payment, PaymentError, PaymentMethod, PaymentStatus, Payments, Refund, Shipment, Timestamp,
};
use outside::{Ledger, PaymentProvider};
use payments::Dependencies;
use seam::Context;
use shared::{
    Environment, Module,
    testing::{self, Log, Port, until},
};
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

/// How long the provider is waited for where it answers: a slow machine must not make its answer late.
const PATIENT: Duration = Duration::from_secs(10);
/// How long where nobody answers.
pub(crate) const IMPATIENT: Duration = Duration::from_millis(400);

pub(crate) struct Fixture {
    pub(crate) orders: Arc<FakeOrders>,
    pub(crate) feed: Arc<Log>,
    provider: Option<PaymentProvider>,
    port: Port,
    patience: Duration,
    folder: TempDir,
    running: Option<(Environment, Module<dyn Payments>)>,
}

impl Fixture {
    /// With the provider up.
    pub(crate) async fn new() -> Self {
        Self::waiting(PATIENT).await
    }

    /// With the provider up, and waited for no longer than this.
    pub(crate) async fn waiting(patience: Duration) -> Self {
        let mut fixture = Self::opened(patience).await;
        fixture.provider_up().await;
        fixture
    }

    /// With nobody behind the provider's address.
    pub(crate) async fn without_provider() -> Self {
        Self::opened(IMPATIENT).await
    }

    async fn opened(patience: Duration) -> Self {
        let mut fixture = Self {
            patience,
            orders: Arc::default(),
            feed: Arc::default(),
            provider: None,
            port: Port::hold(),
            folder: tempfile::tempdir().expect("a folder"),
            running: None,
        };
        fixture.start().await;
        fixture
    }

    pub(crate) async fn provider_up(&mut self) {
        let listener = self.port.listen().await;
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
        self.port.take_back().await;
    }

    /// Opens the module on the database that is there.
    pub(crate) async fn start(&mut self) {
        let provider = format!("http://{}", self.port.address());
        let patience = self.patience.as_millis().to_string();
        let settings = [("PROVIDER_URL", &*provider), ("CALL_TIMEOUT_MS", &patience)];
        let environment = testing::environment(self.folder.path(), &settings);
        let dependencies = Dependencies {
            orders: self.orders.clone(),
            orders_feed: self.feed.clone(),
        };
        let module = payments::open(&environment, dependencies).await.expect("the module opens");
        self.running = Some((environment, module));
    }

    /// Stops the module in the middle of whatever it does.
    pub(crate) async fn stop(&mut self) {
        let (environment, module) = self.running.take().expect("it runs");
        testing::stop(&environment, &module).await;
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
        until("the payment has come so far", async || {
            let now = self.payments().get_payment(payment.id).await;
            let now = now.expect("the payment is there");
            reached(now.status).then_some(now)
        })
        .await
    }

    pub(crate) async fn ledger(&self) -> Ledger {
        let body = reqwest::get(format!("http://{}/ledger", self.port.address()))
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
        testing::events(self.module()).await
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
