//! A notifications module with a real database, real sinks, and logs as they are told to be.

use std::{
    net::{SocketAddr, TcpListener},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use commerce::{
    Contact, Currency, DomainEvent, DomainEventPayload, EventFeed, EventMetadata, FeedError, Money, Notification,
    NotificationEvent, Notifications, OrderEvent, OrderId, OrderLine, PageRequest, RecordedEvent, Timestamp,
};
use notifications::Dependencies;
use outside::{MailSink, Message, Push, PushSink};
use shared::{
    Environment, Module, Settings,
    settings::{Declared, required, standard},
};
use tempfile::TempDir;

const SETTINGS: &[Declared] = &[
    required(&standard::DATABASE_URL),
    required(&standard::SMTP_ADDRESS),
    required(&standard::PUSH_URL),
    required(&standard::CALL_TIMEOUT_MS),
    required(&standard::LEASE_MS),
];

/// A log in memory.
#[derive(Default)]
pub(crate) struct FakeFeed(Mutex<Vec<RecordedEvent>>);

impl FakeFeed {
    /// Appends number `version` of its aggregate.
    pub(crate) fn append(&self, payload: &impl DomainEventPayload, version: i64) {
        let metadata = EventMetadata {
            correlation_id: "the first request".to_owned(),
            causation_id: None,
            source_service: "elsewhere".to_owned(),
        };
        let event = DomainEvent::new(payload, version, Timestamp::now(), metadata).expect("an event");
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
    pub(crate) orders: Arc<FakeFeed>,
    pub(crate) payments: Arc<FakeFeed>,
    smtp: SocketAddr,
    mail_api: SocketAddr,
    push: SocketAddr,
    mail_sink: Option<MailSink>,
    push_sink: Option<PushSink>,
    folder: TempDir,
    running: Option<(Environment, Module<dyn Notifications>)>,
}

impl Fixture {
    pub(crate) async fn new() -> Self {
        let mut fixture = Self {
            orders: Arc::default(),
            payments: Arc::default(),
            smtp: free(),
            mail_api: free(),
            push: free(),
            mail_sink: None,
            push_sink: None,
            folder: tempfile::tempdir().expect("a folder"),
            running: None,
        };
        fixture.mail_up().await;
        fixture.push_up().await;
        fixture.start().await;
        fixture
    }

    /// Opens the module on the database that is there.
    pub(crate) async fn start(&mut self) {
        let database = format!("sqlite://{}/{{module}}.db", self.folder.path().display());
        let (smtp, push) = (self.smtp.to_string(), format!("http://{}", self.push));
        let pairs = [
            ("DATABASE_URL", &*database),
            ("SMTP_ADDRESS", &*smtp),
            ("PUSH_URL", &*push),
            ("CALL_TIMEOUT_MS", "1000"),
            ("LEASE_MS", "1500"),
        ];
        let settings = Settings::from_pairs(SETTINGS, pairs).expect("good settings");
        let environment = Environment::new(settings);
        let needs = Dependencies {
            order_events: self.orders.clone(),
            payment_events: self.payments.clone(),
        };
        let module = notifications::open(&environment, needs)
            .await
            .expect("the module opens");
        self.running = Some((environment, module));
    }

    /// Stops the module in the middle of whatever it does.
    pub(crate) async fn stop(&mut self) {
        let (environment, module) = self.running.take().expect("it runs");
        let _ = environment.tasks.stop(Duration::from_secs(5)).await;
        module.database.close().await;
    }

    pub(crate) async fn mail_up(&mut self) {
        let (smtp, api) = (bound(self.smtp).await, bound(self.mail_api).await);
        let data = self.folder.path().join("mail");
        self.mail_sink = Some(MailSink::start(smtp, api, Some(&data)).expect("the sink starts"));
    }

    /// Gone, with its connections; what it has taken stays.
    pub(crate) fn mail_down(&mut self) {
        self.mail_sink = None;
    }

    /// Somebody who takes connections at the mail server's address and never says a word.
    pub(crate) async fn silent_mail_server(&self) -> TcpListener {
        bound(self.smtp).await
    }

    pub(crate) async fn push_up(&mut self) {
        let data = self.folder.path().join("push");
        let sink = PushSink::start(bound(self.push).await, Some(&data));
        self.push_sink = Some(sink.expect("the sink starts"));
    }

    pub(crate) fn push_down(&mut self) {
        self.push_sink = None;
    }

    pub(crate) fn module(&self) -> &Module<dyn Notifications> {
        &self.running.as_ref().expect("it runs").1
    }

    pub(crate) fn environment(&self) -> &Environment {
        &self.running.as_ref().expect("it runs").0
    }

    pub(crate) fn service(&self) -> Arc<dyn Notifications> {
        Arc::clone(&self.module().service)
    }

    /// What was told about the order, once it is `count`.
    pub(crate) async fn told(&self, order_id: OrderId, count: usize) -> Vec<Notification> {
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            let page = self
                .service()
                .list_notifications_for_order(order_id, PageRequest::default())
                .await;
            let told = page.expect("a page").items;
            if told.len() >= count {
                return told;
            }
            assert!(Instant::now() < deadline, "{} of {count} after 10 s", told.len());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    pub(crate) async fn mails(&self) -> Vec<Message> {
        get(&format!("http://{}/messages", self.mail_api)).await
    }

    pub(crate) async fn pushes(&self) -> Vec<Push> {
        get(&format!("http://{}/messages", self.push)).await
    }

    pub(crate) async fn events(&self) -> Vec<NotificationEvent> {
        let events = self
            .module()
            .feed
            .read_events(0, 1000, Duration::ZERO)
            .await
            .expect("the log can be read");
        events
            .into_iter()
            .map(|recorded| recorded.event.parse().expect("our event"))
            .collect()
    }
}

pub(crate) fn contact(email: &str, push_token: Option<&str>) -> Contact {
    Contact {
        email: email.to_owned(),
        push_token: push_token.map(str::to_owned),
    }
}

pub(crate) fn created(order_id: OrderId, contact: Contact) -> OrderEvent {
    let price = Money::new(1250, Currency::EUR);
    OrderEvent::OrderCreated {
        order_id,
        customer_id: "ann".parse().expect("a customer id"),
        contact,
        lines: vec![OrderLine {
            sku: "TEA".parse().expect("a sku"),
            quantity: 2,
            unit_price: price,
        }],
        total: Money::new(2500, Currency::EUR),
    }
}

fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0")
        .and_then(|free| free.local_addr())
        .expect("a free port")
}

async fn bound(address: SocketAddr) -> TcpListener {
    let deadline = Instant::now() + Duration::from_secs(5);
    loop {
        match TcpListener::bind(address) {
            Ok(listener) => return listener,
            Err(error) => assert!(Instant::now() < deadline, "port is not free after 5 s: {error}"),
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn get<T>(url: &str) -> Vec<T>
where
    Vec<T>: for<'de> serde::Deserialize<'de>,
{
    let body = reqwest::get(url)
        .await
        .expect("the sink answers")
        .bytes()
        .await
        .expect("a body");
    serde_json::from_slice(&body).expect("messages")
}
