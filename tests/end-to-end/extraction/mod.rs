//! Payments taken out of the monolith: real processes, their rows and the duty to charge carried over by `seam
//! handover`, their reads turned by `seam launch`.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod followed;

use std::{
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
};

use commerce::{Inventory, Order, OrderStatus, Orders, PageRequest, Payment, PaymentStatus, Payments, http};
use outside::{Ledger, MailSink, PaymentProvider, PushSink};
use seam::http::{Socket, SocketLimits};
use shared::testing::{Port, until};
use tempfile::TempDir;
use tests::seam;

use crate::{
    lamps::{ordered, stocked},
    service::Service,
};

const TOKEN: &str = "operators-of-a-test";

/// The monolith, the payments service that is to take over, and the outside world.
struct Platform {
    monolith: Service,
    service: Service,
    provider: String,
    /// Settings of the monolith, whatever it does about payments.
    settings: Vec<(&'static str, String)>,
    home: TempDir,
    _away: TempDir,
    /// The monolith's port, which nobody else may have before it listens.
    _door: Port,
    mail: MailSink,
    _outside: (PaymentProvider, PushSink),
}

/// `seam handover copy --every`, which is killed when it is dropped.
struct KeptCurrent(Child);

impl Drop for KeptCurrent {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Platform {
    /// The monolith with its payments beside the service, which stands by.
    async fn start() -> Self {
        Self::started(tests::binary("monolith"), "true", Self::launched).await
    }

    /// Settings of a monolith that launches the service beside its own payments.
    fn launched(service: &Service, home: &Path) -> Vec<(&'static str, String)> {
        vec![
            ("PAYMENTS_CANDIDATE_URL", service.url()),
            ("LAUNCH_FILE", format!("{}/{{module}}.toml", home.display())),
        ]
    }

    /// Settings of a monolith that has the service in place of its own payments.
    fn replaced(service: &Service, _: &Path) -> Vec<(&'static str, String)> {
        vec![("PAYMENTS_URL", service.url())]
    }

    /// The service in place of payments, which this build of the monolith does not have.
    async fn extracted() -> Self {
        let monolith = tests::monolith_with(&["inventory", "notifications"]);
        Self::started(monolith, "false", Self::replaced).await
    }

    async fn started(
        monolith: Command,
        stands_by: &str,
        more: impl FnOnce(&Service, &Path) -> Vec<(&'static str, String)>,
    ) -> Self {
        let listener = || TcpListener::bind("127.0.0.1:0").unwrap();
        let provider = PaymentProvider::start(listener(), None).await.unwrap();
        let mail = MailSink::start(listener(), listener(), None).unwrap();
        let push = PushSink::start(listener(), None).unwrap();
        let provider_url = format!("http://{}", provider.address());
        let [home, away] = [TempDir::new().unwrap(), TempDir::new().unwrap()];
        let door = Port::hold();
        let monolith_url = format!("http://{}", door.address());
        let service = Self::service(away.path(), &provider_url, &monolith_url, stands_by).await;
        let settings = vec![
            ("LISTEN", door.address().to_string()),
            ("PROVIDER_URL", provider_url.clone()),
            ("SMTP_ADDRESS", mail.smtp_address().to_string()),
            ("PUSH_URL", format!("http://{}", push.address())),
            ("ADMIN_TOKEN", TOKEN.to_owned()),
        ];
        let all = [settings.clone(), more(&service, home.path())].concat();
        Self {
            monolith: Service::start_command(monolith, "monolith", home.path(), &all).await,
            service,
            provider: provider_url,
            settings,
            home,
            _away: away,
            _door: door,
            mail,
            _outside: (provider, push),
        }
    }

    async fn service(folder: &Path, provider: &str, monolith: &str, stands_by: &str) -> Service {
        let settings = [
            ("PROVIDER_URL", provider.to_owned()),
            ("ORDERS_URL", monolith.to_owned()),
            ("ADMIN_TOKEN", TOKEN.to_owned()),
            ("STANDS_BY", stands_by.to_owned()),
        ];
        Service::start("payments", folder, &settings).await
    }

    fn socket(service: &Service) -> Arc<Socket> {
        Arc::new(Socket::new(&service.url(), SocketLimits::default()).unwrap())
    }

    fn orders(&self) -> impl Orders {
        http::orders::Client::new(Self::socket(&self.monolith))
    }

    async fn stock(&self) {
        let inventory = http::inventory::Client::new(Self::socket(&self.monolith));
        inventory.put_product(stocked(1_000)).await.unwrap();
    }

    async fn place(&self, key: &str) -> Order {
        self.orders().create_order(ordered(key, 1)).await.unwrap()
    }

    async fn confirmed(&self, order: &Order) {
        until("the order is confirmed", async || {
            let order = self.orders().get_order(order.id).await.ok()?;
            (order.status == OrderStatus::Confirmed).then_some(())
        })
        .await;
    }

    /// The payments of the order, as the service or the monolith has them.
    async fn payments(of: &Service, order: &Order) -> Vec<Payment> {
        let payments = http::payments::Client::new(Self::socket(of));
        let page = payments.list_payments_for_order(order.id, PageRequest::default()).await;
        page.unwrap().items
    }

    fn seam(&self, line: &str) -> Command {
        let mut command = seam();
        command.args(line.split(' '));
        command
            .env("SEAM_LAUNCH_URL", self.monolith.url())
            .env("SEAM_ADMIN_TOKEN", TOKEN);
        command
    }

    async fn said(&self, line: &str) -> String {
        let mut command = self.seam(line);
        let output = tokio::task::spawn_blocking(move || command.output().unwrap())
            .await
            .unwrap();
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert_eq!(output.status.code(), Some(0), "seam {line}: {said}");
        said
    }

    fn there(&self) -> String {
        format!("payments --from {} --to {}", self.monolith.url(), self.service.url())
    }

    fn back(&self) -> String {
        format!("payments --from {} --to {}", self.service.url(), self.monolith.url())
    }

    fn keep_current(&self, sides: &str) -> KeptCurrent {
        let mut command = self.seam(&format!("handover copy {sides} --every 200ms"));
        KeptCurrent(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }

    /// The state of the launch, once so many reads were compared, all of which agreed.
    async fn compared(&self, times: usize) -> serde_json::Value {
        until("the shadow reads are compared", async || {
            let shown: serde_json::Value = serde_json::from_str(&self.said("launch status --json").await).unwrap();
            let methods = shown[0]["methods"].as_array().unwrap();
            let reads = methods
                .iter()
                .find(|counts| counts["method"] == "list_payments_for_order")
                .unwrap();
            let results = reads["results"].as_object().unwrap();
            let same = results["same"].as_u64().unwrap();
            assert_eq!(results["different"], 0, "{shown}");
            (same >= times as u64).then_some(shown)
        })
        .await
    }

    /// Asserts that the provider has charged each of these orders once, and no other.
    async fn assert_charged_once(&self, orders: &[Order]) {
        let body = reqwest::get(format!("{}/ledger", self.provider)).await.unwrap();
        let ledger: Ledger = serde_json::from_slice(&body.bytes().await.unwrap()).unwrap();
        let charged = ledger.charges.iter().map(|charge| charge.capture.reference.clone());
        let placed = orders.iter().map(|order| order.id.to_string());
        let sorted = |mut ids: Vec<String>| {
            ids.sort();
            ids
        };
        assert_eq!(
            sorted(charged.collect()),
            sorted(placed.collect()),
            "each order is charged once"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn payments_leave_the_monolith_with_their_rows_and_their_duty_and_can_come_back() {
    let platform = Platform::start().await;
    platform.stock().await;
    let mut orders = Vec::new();
    for number in 0..10 {
        orders.push(platform.place(&format!("before-{number}")).await);
    }
    for order in &orders {
        platform.confirmed(order).await;
    }

    // Backfill, and shadow reads that agree.
    let status = platform.said(&format!("handover status {}", platform.there())).await;
    let copied = platform.said(&format!("handover copy {}", platform.there())).await;
    let current = platform.keep_current(&platform.there());
    platform
        .said("launch set payments --reads shadow --shadowed 100%")
        .await;
    for order in &orders {
        let [ours, theirs] = [&platform.monolith, &platform.service].map(|side| Platform::payments(side, order));
        assert_eq!(ours.await, theirs.await);
    }
    let shown = platform.compared(orders.len()).await;

    // Orders go on while the duty moves; what the monolith is asked for is carried to the service, and outcomes back.
    let placing = async {
        let mut placed = Vec::new();
        for number in 0..10 {
            placed.push(platform.place(&format!("meanwhile-{number}")).await);
        }
        placed
    };
    let switch = format!("handover switch {}", platform.there());
    let (placed, switched) = tokio::join!(placing, platform.said(&switch));
    orders.extend(placed);
    orders.push(platform.place("after").await);
    // Before any outcome is carried back: it is the service that charges.
    until("the service has charged what came after", async || {
        let payments = Platform::payments(&platform.service, &orders[20]).await;
        (payments.first()?.status == PaymentStatus::Captured).then_some(())
    })
    .await;
    let meanwhile = Platform::payments(&platform.monolith, &orders[20]).await;
    let outcomes = platform.keep_current(&platform.back());
    for order in &orders {
        platform.confirmed(order).await;
    }

    // And back.
    drop((current, outcomes));
    platform.said(&format!("handover switch {}", platform.back())).await;
    let last = platform.place("last").await;
    platform.confirmed(&last).await;
    orders.push(last);

    assert!(status.contains("stands by in epoch 0"), "{status}");
    assert!(copied.contains("10 were carried over"), "{copied}");
    assert_eq!(shown[0]["gate"]["groups"], serde_json::json!([]), "{shown}");
    assert!(switched.contains("acts in epoch 1"), "{switched}");
    let captured = meanwhile
        .iter()
        .filter(|payment| payment.status == PaymentStatus::Captured);
    assert_eq!(captured.count(), 0, "the monolith charges nobody after the switch");
    platform.assert_charged_once(&orders).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_monolith_that_is_built_without_payments_sells_with_the_service_and_does_not_start_without_its_url() {
    let platform = Platform::extracted().await;
    platform.stock().await;
    let order = platform.place("o").await;
    platform.confirmed(&order).await;
    let mut alone = tests::monolith_with(&["inventory", "notifications"]);
    let folder = TempDir::new().unwrap();
    alone.env_clear().env(
        "DATABASE_URL",
        format!("sqlite://{}/{{module}}.db", folder.path().display()),
    );
    let alone = tokio::task::spawn_blocking(move || alone.output().unwrap())
        .await
        .unwrap();

    let charged = Platform::payments(&platform.service, &order).await;
    let said = String::from_utf8(alone.stderr).unwrap();

    assert_eq!(charged.len(), 1);
    assert_eq!(alone.status.code(), Some(2), "{said}");
    assert!(said.contains("PAYMENTS_URL"), "{said}");
}
