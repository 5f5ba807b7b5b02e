//! A payments module with a real database and the real provider of the outside world, beside a fake of Orders.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use commerce::{
    Contact, Currency, CustomerId, IdempotencyKey, Money, NewOrder, Order, OrderError, OrderId, OrderStatus, Orders,
    Page, PageRequest, Payment, PaymentError, PaymentMethod, PaymentStatus, Payments, Refund, Shipment, Timestamp,
    http,
};
use outside::{Ledger, PaymentProvider};
use payments::Dependencies;
use seam::{
    Context,
    http::{Socket, SocketLimits},
};
use serde_json::{Value, json};
use shared::{
    Environment, Module, Mounted, server,
    testing::{self, Log, Port, until},
};
use tempfile::TempDir;

/// A fake of Orders: it knows the orders that a test puts into it, and hangs when it is told to.
#[derive(Default)]
pub(crate) struct FakeOrders {
    orders: Mutex<Vec<Order>>,
    hangs: AtomicBool,
    hung: AtomicUsize,
}

impl FakeOrders {
    pub(crate) fn put(&self, order: Order) {
        let mut orders = self.orders.lock().expect("nobody panicked");
        orders.retain(|known| known.id != order.id);
        orders.push(order);
    }

    /// Leaves every call from now on without an answer.
    pub(crate) fn hang(&self) {
        self.hangs.store(true, Ordering::SeqCst);
    }

    /// Answers calls again. Those that hang go on hanging.
    pub(crate) fn recover(&self) {
        self.hangs.store(false, Ordering::SeqCst);
    }

    /// Waits until this many calls were left without an answer.
    pub(crate) async fn until_hung(&self, calls: usize) {
        until("calls of Orders hang", async || {
            (self.hung.load(Ordering::SeqCst) >= calls).then_some(())
        })
        .await;
    }
}

#[seam::async_trait]
impl Orders for FakeOrders {
    async fn get_order(&self, id: OrderId) -> Result<Order, OrderError> {
        if self.hangs.load(Ordering::SeqCst) {
            self.hung.fetch_add(1, Ordering::SeqCst);
            std::future::pending::<()>().await;
        }
        let orders = self.orders.lock().expect("nobody panicked");
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

/// Limit of a call in tests where everybody answers: a slow machine must not make an answer late.
const PATIENT: Duration = Duration::from_secs(10);
/// Limit of a call in tests where a neighbour or the provider does not answer.
pub(crate) const IMPATIENT: Duration = Duration::from_millis(400);

/// The way in which the module reaches Orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deployment {
    /// By function call, as in the monolith.
    InProcess,
    /// Over HTTP, as a service of its own.
    OverHttp,
}

impl Deployment {
    pub(crate) const ALL: [Self; 2] = [Self::InProcess, Self::OverHttp];
}

pub(crate) struct Fixture {
    pub(crate) orders: Arc<FakeOrders>,
    pub(crate) feed: Arc<Log>,
    provider: Option<PaymentProvider>,
    port: Port,
    deployment: Deployment,
    limit: Duration,
    folder: TempDir,
    running: Option<(Environment, Module<dyn Payments>)>,
}

impl Fixture {
    /// A module with the provider up.
    pub(crate) async fn new() -> Self {
        Self::waiting(PATIENT).await
    }

    /// A module with the provider up, and this limit of a call.
    pub(crate) async fn waiting(limit: Duration) -> Self {
        let mut fixture = Self::opened(Deployment::InProcess, limit).await;
        fixture.provider_up().await;
        fixture
    }

    /// A module with nobody behind the provider's address.
    pub(crate) async fn without_provider() -> Self {
        Self::deployed(Deployment::InProcess).await
    }

    /// A module that is deployed this way, with nobody behind the provider's address.
    pub(crate) async fn deployed(deployment: Deployment) -> Self {
        Self::opened(deployment, IMPATIENT).await
    }

    async fn opened(deployment: Deployment, limit: Duration) -> Self {
        let mut fixture = Self {
            deployment,
            limit,
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

    /// Ends the provider and its connections. Its operations stay.
    pub(crate) async fn provider_down(&mut self) {
        self.provider = None;
        self.port.take_back().await;
    }

    /// Opens the module on the database that the last one left.
    pub(crate) async fn start(&mut self) {
        let provider = format!("http://{}", self.port.address());
        let limit = self.limit.as_millis().to_string();
        let settings = [("PROVIDER_URL", &*provider), ("CALL_TIMEOUT_MS", &limit)];
        let environment = testing::environment(self.folder.path(), payments::SETTINGS, &settings);
        let dependencies = Dependencies {
            orders: self.orders_as_deployed().await,
            orders_feed: self.feed.clone(),
        };
        let module = payments::open(&environment, dependencies)
            .await
            .expect("the module opens");
        self.running = Some((environment, module));
    }

    async fn orders_as_deployed(&self) -> Arc<dyn Orders> {
        if self.deployment == Deployment::InProcess {
            return self.orders.clone();
        }
        let environment = testing::environment(self.folder.path(), &[], &[]);
        let orders = Mounted::routes("orders", http::orders::router(self.orders.clone()));
        let served = server::bind(environment, vec![orders]).await.expect("a free port");
        let base = format!("http://{}", served.address());
        tokio::spawn(served.serve(std::future::pending()));
        let limits = SocketLimits {
            answer: self.limit,
            ..SocketLimits::default()
        };
        let socket = Socket::new(&base, limits).expect("a base URL");
        Arc::new(http::orders::Client::new(socket))
    }

    /// Stops the module in the middle of its work.
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

    /// A new order of 1,000 cents, with this token as its payment method.
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

    /// A settled payment of an order that was cancelled while nobody could ask the provider, which is up after that.
    pub(crate) async fn cancelled_unasked(&mut self) -> Payment {
        let mut order = self.order("o", "tok_ok");
        let payment = self.payments().process_payment(order.id).await.expect("it is begun");
        order.status = OrderStatus::Cancelled;
        self.orders.put(order);
        self.provider_up().await;
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

    /// Lets an authorisation of the payment arrive at the provider, as one that was long on its way. Returns its id.
    pub(crate) async fn authorize_late(&self, payment: &Payment, token: &str) -> String {
        let body = json!({
            "amount_cents": payment.amount.cents,
            "currency": payment.amount.currency,
            "payment_method": token,
            "reference": payment.order_id.to_string(),
        });
        self.command("authorizations", &format!("{}:authorize", payment.id), &body)
            .await
    }

    /// Sends a command to the provider, past the module, and returns the id of its operation.
    pub(crate) async fn command(&self, path: &str, key: &str, body: &Value) -> String {
        let answer = reqwest::Client::new()
            .post(format!("http://{}/{path}", self.port.address()))
            .header("idempotency-key", key)
            .body(body.to_string())
            .send()
            .await
            .expect("the provider answers");
        let operation: Value = serde_json::from_slice(&answer.bytes().await.expect("a body")).expect("JSON");
        operation["id"].as_str().expect("an operation").to_owned()
    }

    pub(crate) async fn ledger(&self) -> Ledger {
        let body = reqwest::get(format!("http://{}/ledger", self.port.address()))
            .await
            .expect("the provider answers");
        serde_json::from_slice(&body.bytes().await.expect("a body")).expect("a ledger")
    }

    /// The rows of our own ledger: account and cents, in the order of booking.
    pub(crate) async fn own_ledger(&self) -> Vec<(String, i64)> {
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

/// Requests a refund as `caller`.
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

/// Makes a call with a deadline that is far shorter than [`PATIENT`]; fails if the call takes long all the same.
pub(crate) async fn in_a_hurry<T>(call: impl Future<Output = T>) -> T {
    let context = Context::root("shop").within(Duration::from_millis(250));
    tokio::time::timeout(PATIENT / 2, context.scope(call))
        .await
        .expect("nobody waits longer than the caller's deadline")
}
