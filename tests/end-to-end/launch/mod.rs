//! A module of the monolith, launched in the dark beside its service: real processes, turned by `seam launch`.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

use std::{net::TcpListener, sync::Arc, time::Duration};

use crate::{
    lamps::{ordered, stocked},
    service::Service,
};
use commerce::{Inventory, Orders, PageRequest, Payment, PaymentStatus, Payments, http};
use outside::{MailSink, PaymentProvider, PushSink};
use seam::http::{Socket, SocketLimits};
use serde_json::Value;
use shared::testing::{Port, until};
use tempfile::TempDir;
use tests::seam;

const TOKEN: &str = "operators-of-a-test";

/// The monolith with its payments beside the service, and the outside world.
struct Platform {
    monolith: Service,
    candidate: Service,
    settings: Vec<(&'static str, String)>,
    home: TempDir,
    /// The folder of the candidate, which has a database of its own.
    _away: TempDir,
    _outside: (PaymentProvider, MailSink, PushSink),
}

impl Platform {
    async fn start() -> Self {
        let listener = || TcpListener::bind("127.0.0.1:0").unwrap();
        let provider = PaymentProvider::start(listener(), None).await.unwrap();
        let mail = MailSink::start(listener(), listener(), None).unwrap();
        let push = PushSink::start(listener(), None).unwrap();
        let (home, away) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        let provider_url = format!("http://{}", provider.address());
        // It hears of no order, so it has no payment and charges nobody.
        let nobody = Port::hold();
        let alone = [
            ("PROVIDER_URL", provider_url.clone()),
            ("ORDERS_URL", format!("http://{}", nobody.address())),
        ];
        let candidate = Service::start("payments", away.path(), &alone).await;
        let settings = vec![
            ("PROVIDER_URL", provider_url),
            ("SMTP_ADDRESS", mail.smtp_address().to_string()),
            ("PUSH_URL", format!("http://{}", push.address())),
            ("PAYMENTS_CANDIDATE_URL", candidate.url()),
            ("LAUNCH_FILE", format!("{}/{{module}}.toml", home.path().display())),
            ("ADMIN_TOKEN", TOKEN.to_owned()),
        ];
        Self {
            monolith: Service::start("monolith", home.path(), &settings).await,
            candidate,
            settings,
            home,
            _away: away,
            _outside: (provider, mail, push),
        }
    }

    fn socket(&self) -> Arc<Socket> {
        Arc::new(Socket::new(&self.monolith.url(), SocketLimits::default()).unwrap())
    }

    /// Places an order and waits for its payment.
    async fn paid(&self) -> Payment {
        http::inventory::Client::new(self.socket())
            .put_product(stocked(10))
            .await
            .unwrap();
        let order = http::orders::Client::new(self.socket())
            .create_order(ordered("k", 2))
            .await
            .unwrap();
        let payments = http::payments::Client::new(self.socket());
        until("the order is paid", async || {
            let page = payments
                .list_payments_for_order(order.id, PageRequest::default())
                .await
                .ok()?;
            page.items
                .into_iter()
                .find(|payment| payment.status == PaymentStatus::Captured)
        })
        .await
    }

    /// Reads the payment so many times: each answer is the monolith's own.
    async fn read(&self, payment: &Payment, times: usize) {
        let payments = http::payments::Client::new(self.socket());
        for _ in 0..times {
            assert_eq!(payments.get_payment(payment.id).await.as_ref(), Ok(payment));
        }
    }

    /// Runs `seam launch` and returns its exit code and what it printed.
    async fn launch(&self, line: &str) -> (Option<i32>, String) {
        let mut command = seam();
        command.arg("launch").args(line.split(' '));
        command
            .env("SEAM_LAUNCH_URL", self.monolith.url())
            .env("SEAM_ADMIN_TOKEN", TOKEN);
        let output = tokio::task::spawn_blocking(move || command.output().unwrap())
            .await
            .unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8(said).unwrap())
    }

    async fn set(&self, line: &str) {
        let (code, said) = self.launch(&format!("set payments {line}")).await;
        assert_eq!(code, Some(0), "{said}");
    }

    /// The launch of payments, as `seam launch status --json` has it.
    async fn status(&self) -> Value {
        let (code, said) = self.launch("status --json").await;
        assert_eq!(code, Some(0), "{said}");
        let all: Value = serde_json::from_str(&said).unwrap();
        let launches = all.as_array().unwrap();
        assert_eq!((launches.len(), &launches[0]["name"]), (1, &"payments".into()), "{all}");
        launches[0].clone()
    }

    /// Waits until the payment was read so many times with one of these results since the last step.
    async fn reads_seen(&self, results: &[&str], times: u64) -> Value {
        until("the shadow calls are recorded", async || {
            let status = self.status().await;
            let methods = status["methods"].as_array().unwrap();
            let reads = methods.iter().find(|counts| counts["method"] == "get_payment").unwrap();
            let count = |result: &&str| reads["results"][*result].as_u64().unwrap();
            (results.iter().map(count).sum::<u64>() == times).then(|| status.clone())
        })
        .await
    }

    /// The reads of a payment that differed, since the monolith started, from its metrics.
    async fn differed(&self) -> u64 {
        let text = reqwest::get(format!("{}/metrics", self.monolith.url()))
            .await
            .unwrap()
            .text()
            .await
            .unwrap();
        let labels = r#"contract="payments",launch="payments",method="get_payment",result="different""#;
        let series = format!("seam_launch_shadowed_total{{{labels}}} ");
        let line = text.lines().find_map(|line| line.strip_prefix(&series)).unwrap();
        line.parse().unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_candidate_without_the_payment_is_told_as_one_group_until_its_dial_is_turned_to_nothing() {
    let platform = Platform::start().await;
    let payment = platform.paid().await;
    assert_eq!(
        platform.differed().await,
        0,
        "every series is there before the first shadow call"
    );
    platform.set("--reads shadow --shadowed 100%").await;

    platform.read(&payment, 20).await;
    let status = platform.reads_seen(&["different"], 20).await;
    let groups = status["gate"]["groups"].as_array().unwrap();
    let shown: Vec<_> = groups
        .iter()
        .map(|group| {
            (
                group["method"].as_str().unwrap(),
                group["class"].as_str().unwrap(),
                &group["count"],
            )
        })
        .collect();
    assert_eq!(shown, [("get_payment", "outcome", &Value::from(20))]);
    assert_eq!(groups[0]["samples"].as_array().unwrap().len(), 5);
    assert_eq!(groups[0]["samples"][0]["seen"], "\"domain_error\"");
    // To hold, or to roll back if the candidate was slower by chance.
    let decision = status["gate"]["decision"].as_str().unwrap();
    assert_ne!(decision, "promote");
    let (_, table) = platform.launch("status").await;
    assert!(
        table.contains("get_payment: outcome") && table.contains("\ngate: "),
        "{table}"
    );

    platform.set("--reads shadow --shadowed 0%").await;
    platform.read(&payment, 10).await;
    platform.set("--reads shadow --shadowed 100%").await;
    platform.read(&payment, 1).await;
    platform.reads_seen(&["different"], 1).await;
    assert_eq!(platform.differed().await, 21, "no call was shadowed at 0 %");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dial_survives_a_monolith_that_is_killed_and_a_candidate_that_is_away_hurts_nobody() {
    let mut platform = Platform::start().await;
    let payment = platform.paid().await;
    platform.set("--reads shadow --shadowed 12.5%").await;

    platform.monolith.end();
    platform.monolith = Service::start("monolith", platform.home.path(), &platform.settings).await;

    let status = platform.status().await;
    assert_eq!(
        status["position"]["reads"],
        serde_json::json!({
            "stage": "shadow", "shadowed": "12.5 %", "served": "0 %",
        })
    );
    platform.set("--reads shadow --shadowed 100%").await;
    platform.candidate.end();
    let begun = std::time::Instant::now();
    platform.read(&payment, 20).await;
    assert!(
        begun.elapsed() < Duration::from_secs(10),
        "the callers waited {:?}",
        begun.elapsed()
    );
    let status = platform.reads_seen(&["transport", "timed_out"], 20).await;
    assert_eq!(
        status["gate"]["groups"],
        serde_json::json!([]),
        "no answer is no mismatch"
    );
}
