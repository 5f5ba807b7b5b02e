//! A notifications module with a real database and real sinks, following logs that a test writes.

use std::{net::TcpListener, sync::Arc};

use commerce::{
    Contact, Currency, Money, Notification, NotificationEvent, Notifications, OrderEvent, OrderId, OrderLine,
    PageRequest,
};
use notifications::Dependencies;
use outside::{MailSink, Message, Push, PushSink};
use shared::{
    Environment, Module,
    testing::{self, Log, Port, until},
};
use tempfile::TempDir;

pub(crate) struct Fixture {
    pub(crate) orders: Arc<Log>,
    pub(crate) payments: Arc<Log>,
    smtp: Port,
    mail_api: Port,
    push: Port,
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
            smtp: Port::hold(),
            mail_api: Port::hold(),
            push: Port::hold(),
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

    /// Opens the module on the database that the last one left.
    pub(crate) async fn start(&mut self) {
        let (smtp, push) = (
            self.smtp.address().to_string(),
            format!("http://{}", self.push.address()),
        );
        let settings = [
            ("SMTP_ADDRESS", &*smtp),
            ("PUSH_URL", &*push),
            ("CALL_TIMEOUT_MS", "1000"),
            ("LEASE_MS", "1500"),
        ];
        let environment = testing::environment(self.folder.path(), notifications::SETTINGS, &settings);
        let dependencies = Dependencies {
            orders_feed: self.orders.clone(),
            payments_feed: self.payments.clone(),
        };
        let module = notifications::open(&environment, dependencies)
            .await
            .expect("the module opens");
        self.running = Some((environment, module));
    }

    /// Stops the module in the middle of its work.
    pub(crate) async fn stop(&mut self) {
        let (environment, module) = self.running.take().expect("it runs");
        testing::stop(&environment, &module).await;
    }

    pub(crate) async fn mail_up(&mut self) {
        let (smtp, api) = (self.smtp.listen().await, self.mail_api.listen().await);
        let data = self.folder.path().join("mail");
        self.mail_sink = Some(MailSink::start(smtp, api, Some(&data)).expect("the sink starts"));
    }

    /// Ends the mail server and its connections. The mails that it accepted stay.
    pub(crate) async fn mail_down(&mut self) {
        self.mail_sink = None;
        self.smtp.take_back().await;
        self.mail_api.take_back().await;
    }

    /// A listener at the mail server's address that accepts connections and never sends a byte.
    pub(crate) async fn silent_mail_server(&mut self) -> TcpListener {
        self.smtp.listen().await
    }

    pub(crate) async fn push_up(&mut self) {
        let data = self.folder.path().join("push");
        let sink = PushSink::start(self.push.listen().await, Some(&data));
        self.push_sink = Some(sink.expect("the sink starts"));
    }

    pub(crate) async fn push_down(&mut self) {
        self.push_sink = None;
        self.push.take_back().await;
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

    /// The order's notifications, once there are `count`.
    pub(crate) async fn told(&self, order_id: OrderId, count: usize) -> Vec<Notification> {
        until(&format!("{count} notifications"), async || {
            let service = self.service();
            let page = service
                .list_notifications_for_order(order_id, PageRequest::default())
                .await;
            let told = page.expect("a page").items;
            (told.len() >= count).then_some(told)
        })
        .await
    }

    pub(crate) async fn mails(&self) -> Vec<Message> {
        get(&format!("http://{}/messages", self.mail_api.address())).await
    }

    pub(crate) async fn pushes(&self) -> Vec<Push> {
        get(&format!("http://{}/messages", self.push.address())).await
    }

    pub(crate) async fn events(&self) -> Vec<NotificationEvent> {
        let events = testing::events(self.module()).await;
        events.iter().map(|event| event.parse().expect("our event")).collect()
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
