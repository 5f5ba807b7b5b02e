//! The binaries as processes: what they have acknowledged survives a kill.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use reqwest::Client;
use serde_json::{Value, json};

struct Node {
    child: Child,
    addresses: Value,
}

impl Node {
    fn start(binary: &str, data: &Path) -> Self {
        let mut child = Command::new(binary)
            .arg("--data")
            .arg(data)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("stdout is piped"))
            .read_line(&mut line)
            .expect("a line");
        Self {
            child,
            addresses: serde_json::from_str(&line).expect("a JSON line"),
        }
    }

    fn url(&self, name: &str, path: &str) -> String {
        format!(
            "http://{}{path}",
            self.addresses[name].as_str().expect("the address is announced")
        )
    }

    async fn get(&self, name: &str, path: &str) -> Value {
        let response = reqwest::get(self.url(name, path)).await.expect("the node answers");
        serde_json::from_slice(&response.bytes().await.expect("a body")).expect("JSON")
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // SIGKILL: the process gets no chance to write anything down.
        self.child.kill().expect("the node can be killed");
        self.child.wait().expect("the node can be waited for");
    }
}

#[tokio::test]
async fn the_provider_knows_its_operations_after_a_kill() {
    let data = tempfile::tempdir().expect("a folder");
    let binary = env!("CARGO_BIN_EXE_payment-provider");
    let body = json!({"amount_cents": 5, "currency": "EUR", "payment_method": "tok_ok", "reference": "o"}).to_string();
    let first = Node::start(binary, data.path());
    let request = Client::new()
        .post(first.url("listen", "/authorizations"))
        .header("Idempotency-Key", "k")
        .body(body);
    assert_eq!(request.send().await.expect("an answer").status(), 201);
    let before = first.get("listen", "/ledger").await;

    drop(first);
    let second = Node::start(binary, data.path());

    assert_eq!(before["authorizations"][0]["key"], "k");
    assert_eq!(second.get("listen", "/ledger").await, before);
}

#[tokio::test]
async fn the_provider_drops_a_line_that_a_kill_cut_short_and_goes_on() {
    let data = tempfile::tempdir().expect("a folder");
    let file = data.path().join("payment-provider.jsonl");
    std::fs::write(&file, "{\"requested\":\"whole\"}\n{\"requested\":\"cu").expect("the file is written");

    let node = Node::start(env!("CARGO_BIN_EXE_payment-provider"), data.path());

    assert_eq!(node.get("listen", "/ledger").await["requests"], json!({"whole": 1}));
    assert_eq!(
        std::fs::read_to_string(&file).expect("the file"),
        "{\"requested\":\"whole\"}\n"
    );
}

#[tokio::test]
async fn the_mail_sink_has_its_messages_after_a_kill_and_still_suppresses_duplicates() {
    let data = tempfile::tempdir().expect("a folder");
    let mut counts = Vec::new();

    for _ in 0..2 {
        let node = Node::start(env!("CARGO_BIN_EXE_mail-sink"), data.path());
        let address = node.addresses["listen"].as_str().expect("an address").to_owned();
        let port = address.rsplit(':').next().expect("a port").parse().expect("a number");
        let mail = Message::builder()
            .message_id(Some("<1@shop>".to_owned()))
            .from("shop@example.com".parse().expect("an address"))
            .to("ann@example.com".parse().expect("an address"))
            .subject("s")
            .body("b".to_owned())
            .expect("a message");
        let transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous("127.0.0.1")
            .port(port)
            .build();
        transport.send(mail).await.expect("it is taken");
        let kept = node.get("listen_http", "/messages").await;
        counts.push((kept.as_array().map(Vec::len), kept[0]["deliveries"].as_u64()));
    }

    assert_eq!(counts, [(Some(1), Some(1)), (Some(1), Some(2))]);
}

#[tokio::test]
async fn the_push_sink_has_its_messages_after_a_kill() {
    let data = tempfile::tempdir().expect("a folder");
    let binary = env!("CARGO_BIN_EXE_push-sink");
    let body = json!({"token": "device", "title": "t", "body": "b"}).to_string();
    let first = Node::start(binary, data.path());
    let request = Client::new()
        .post(first.url("listen", "/push"))
        .header("Idempotency-Key", "k")
        .body(body);
    assert_eq!(request.send().await.expect("an answer").status(), 200);

    drop(first);
    let second = Node::start(binary, data.path());

    assert_eq!(second.get("listen", "/messages").await[0]["key"], "k");
}

#[test]
fn a_bad_address_is_named_with_what_is_wanted() {
    let output = Command::new(env!("CARGO_BIN_EXE_push-sink"))
        .env("LISTEN", "nonsense")
        .output()
        .expect("it starts");

    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        said.contains("LISTEN") && said.contains("nonsense") && said.contains("127.0.0.1:0"),
        "{said}"
    );
}
