use pact_verifier::{FilterInfo, PactSource};
use serde_json::{Value, json};
use verifier::{Outcome, Stage, Verdict};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{body_partial_json, method, path},
};

use crate::shop::{by_itself, file, provider, shows_the_order, strictly};

/// What was asked of the provider's states, in order: the action and the state.
async fn changes(server: &MockServer) -> Vec<(String, String)> {
    let requests = server.received_requests().await.unwrap();
    let changes = requests.iter().filter(|request| request.url.path() == "/states");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let change = |body: Value| (text(&body["action"]), text(&body["state"]));
    changes.map(|request| change(request.body_json().unwrap())).collect()
}

fn pairs(wanted: &[(&str, &str)]) -> Vec<(String, String)> {
    wanted
        .iter()
        .map(|(action, state)| ((*action).to_owned(), (*state).to_owned()))
        .collect()
}

async fn fails_at(server: &MockServer, action: &str, state: &str) {
    let wanted = json!({ "action": action, "state": state });
    Mock::given(method("POST"))
        .and(path("/states"))
        .and(body_partial_json(wanted))
        .respond_with(ResponseTemplate::new(503))
        .with_priority(1)
        .mount(server)
        .await;
}

fn needs(states: &[&str]) -> Value {
    let states: Vec<Value> = states
        .iter()
        .map(|name| json!({ "name": name, "params": { "id": 1 } }))
        .collect();
    shows_the_order(json!({ "providerStates": states }))
}

#[tokio::test(flavor = "multi_thread")]
async fn states_are_set_up_in_order_and_torn_down_in_the_other() {
    let server = provider().await;

    let strict = strictly(&server, &[file("shop", &[needs(&["a", "b"])])]).await;

    assert_eq!(strict.verdict(), Verdict::Pass, "{strict:?}");
    let wanted = [("setup", "a"), ("setup", "b"), ("teardown", "b"), ("teardown", "a")];
    assert_eq!(changes(&server).await, pairs(&wanted));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_set_up_before_a_failure_is_torn_down() {
    let pact = file("shop", &[needs(&["a", "b", "c"])]);
    let (left, tidied) = (provider().await, provider().await);
    fails_at(&left, "setup", "b").await;
    fails_at(&tidied, "setup", "b").await;

    by_itself(&left, PactSource::String(pact.to_string()), FilterInfo::None).await;
    let strict = strictly(&tidied, &[pact]).await;

    let torn_down = |changes: Vec<(String, String)>| changes.iter().filter(|(action, _)| action == "teardown").count();
    assert_eq!(torn_down(changes(&left).await), 0, "pact_verifier tears nothing down");
    let wanted = [("setup", "a"), ("setup", "b"), ("teardown", "b"), ("teardown", "a")];
    assert_eq!(changes(&tidied).await, pairs(&wanted));
    let (_, failed) = strict.failures().next().unwrap();
    assert!(
        matches!(
            failed.outcome,
            Outcome::Failed {
                stage: Stage::SetUp,
                ..
            }
        ),
        "{failed:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_that_is_left_behind_is_a_failure() {
    let server = provider().await;
    fails_at(&server, "teardown", "a").await;

    let strict = strictly(&server, &[file("shop", &[needs(&["a"])])]).await;

    let (_, failed) = strict.failures().next().unwrap();
    assert!(
        matches!(
            failed.outcome,
            Outcome::Failed {
                stage: Stage::TearDown,
                ..
            }
        ),
        "{failed:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_that_no_state_hands_back_is_a_failure_and_not_the_example() {
    let server = provider().await;
    let mut interaction = needs(&["an order"]);
    interaction["request"]["generators"] =
        json!({ "path": { "type": "ProviderState", "expression": "/orders/${order_id}", "dataType": "STRING" } });
    let pact = file("shop", &[interaction]);

    let strict = strictly(&server, &[pact]).await;

    let (_, failed) = strict.failures().next().unwrap();
    assert!(
        matches!(&failed.outcome, Outcome::Failed { stage: Stage::Ask, reason } if reason.contains("order_id")),
        "{failed:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_that_a_state_hands_back_is_asked_for() {
    let server = provider().await;
    let wanted = json!({ "action": "setup", "state": "an order" });
    Mock::given(method("POST"))
        .and(path("/states"))
        .and(body_partial_json(wanted))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({ "order_id": 1 })))
        .with_priority(1)
        .mount(&server)
        .await;
    let mut interaction = needs(&["an order"]);
    interaction["request"]["path"] = json!("/orders/77");
    interaction["request"]["generators"] =
        json!({ "path": { "type": "ProviderState", "expression": "/orders/${order_id}", "dataType": "STRING" } });

    let strict = strictly(&server, &[file("shop", &[interaction])]).await;

    assert_eq!(strict.verdict(), Verdict::Pass, "{strict:?}");
}
