//! Ctrl-C in the middle of a verification of a provider that runs.

use std::{
    process::Stdio,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tokio::{process::Command, time::timeout};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{body_partial_json, method, path},
};

use crate::shop::Shop;

const PATIENCE: Duration = Duration::from_secs(30);
/// Longer than any test lasts.
const HANGS: Duration = Duration::from_secs(600);

/// A provider with states, in which the part called `hangs` answers far too late.
async fn provider(hangs: &str) -> MockServer {
    let server = MockServer::start().await;
    let answer = |name: &str| {
        let delay = if name == hangs { HANGS } else { Duration::ZERO };
        ResponseTemplate::new(200)
            .set_body_json(json!({ "id": "o-1" }))
            .set_delay(delay)
    };
    let reads = Mock::given(method("GET")).and(path("/v2/orders/o-1"));
    reads.respond_with(answer("an order")).mount(&server).await;
    for action in ["setup", "teardown"] {
        let changes = Mock::given(path("/states")).and(body_partial_json(json!({ "action": action })));
        changes.respond_with(answer(action)).mount(&server).await;
    }
    server
}

/// A shop whose pact needs two states.
fn shop() -> Shop {
    let shop = Shop::new();
    let pact = json!({
        "consumer": { "name": "storefront" }, "provider": { "name": "orders" },
        "interactions": [{
            "description": "an order is read",
            "providerStates": [{ "name": "stock", "params": { "sku": "s-1" } }, { "name": "an order" }],
            "request": { "method": "GET", "path": "/v2/orders/o-1" },
            "response": { "status": 200 },
        }],
        "metadata": { "pactSpecification": { "version": "3.0.0" } },
    });
    shop.write("pacts/storefront-orders.json", &pact.to_string());
    shop
}

/// The changes of states that the provider was asked for: action and name.
async fn changes(server: &MockServer) -> Vec<(String, String)> {
    let requests = server.received_requests().await.unwrap();
    let changes = requests.iter().filter(|request| request.url.path() == "/states");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let change = |body: Value| (text(&body["action"]), text(&body["state"]));
    changes.map(|request| change(request.body_json().unwrap())).collect()
}

/// Begins a verification, interrupts it once the provider has got `requests` requests, and returns the exit code and
/// stderr.
async fn interrupted_after(requests: usize, shop: &Shop, server: &MockServer) -> (Option<i32>, String) {
    let uri = server.uri();
    let child = Command::new(env!("CARGO_BIN_EXE_seam"))
        .args(["verify", "orders", "--record", "--version", "1"])
        .args(["--provider-url", &uri, "--state-url", &format!("{uri}/states")])
        .current_dir(shop.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let deadline = Instant::now() + PATIENCE;
    while server.received_requests().await.unwrap().len() < requests {
        assert!(Instant::now() < deadline, "{:?}", changes(server).await);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let pid = i32::try_from(child.id().unwrap()).unwrap();
    kill_process(Pid::from_raw(pid).unwrap(), Signal::INT).unwrap();
    let output = timeout(PATIENCE, child.wait_with_output())
        .await
        .expect("it ends")
        .unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

fn pairs(wanted: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(action, state): &(&str, &str)| ((*action).to_owned(), (*state).to_owned());
    wanted.iter().map(owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verification_that_is_interrupted_tears_down_what_is_open_and_exits_with_2() {
    let (shop, server) = (shop(), provider("an order").await);

    let (code, said) = interrupted_after(3, &shop, &server).await;

    let words = "seam verify: interrupted; 'an order' is torn down, 'stock' is torn down; nothing was recorded";
    assert!(code == Some(2) && said.contains(words), "{code:?} {said}");
    let wanted = [
        ("setup", "stock"),
        ("setup", "an order"),
        ("teardown", "an order"),
        ("teardown", "stock"),
    ];
    assert_eq!(changes(&server).await, pairs(&wanted));
    assert!(!shop.ledger().folder().exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_whose_change_hangs_is_torn_down_too() {
    let (shop, server) = (shop(), provider("setup").await);

    let (code, said) = interrupted_after(1, &shop, &server).await;

    assert!(
        code == Some(2) && said.contains("interrupted; 'stock' is torn down; nothing"),
        "{code:?} {said}"
    );
    assert_eq!(
        changes(&server).await,
        pairs(&[("setup", "stock"), ("teardown", "stock")])
    );
}
