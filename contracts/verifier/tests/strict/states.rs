use std::time::Duration;

use futures::Stream;
use pact_verifier::{FilterInfo, PactSource};
use serde_json::{Value, json};
use verifier::{Outcome, Stage, Verdict, verify_interruptibly};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{body_partial_json, method, path},
};

use crate::shop::{by_itself, file, http_provider, provider, selection, shows_the_order, strictly};

/// Changes of state that the server was asked for, in order: the action and the state.
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
async fn a_state_that_is_left_behind_is_a_failure_with_values_or_without() {
    let bare = shows_the_order(json!({ "providerStates": [{ "name": "a" }] }));
    for interaction in [needs(&["a"]), bare] {
        let server = provider().await;
        fails_at(&server, "teardown", "a").await;

        let strict = strictly(&server, &[file("shop", &[interaction])]).await;

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
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_ends_with_its_interaction_and_is_given_to_the_teardown() {
    let server = provider().await;
    Mock::given(path("/states"))
        .and(body_partial_json(json!({ "action": "setup", "state": "an order" })))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({ "order_id": 1 })))
        .with_priority(1)
        .mount(&server)
        .await;
    let mut stale = needs(&["another"]);
    stale["description"] = json!("show it again");
    stale["request"]["generators"] =
        json!({ "path": { "type": "ProviderState", "expression": "/orders/${order_id}", "dataType": "STRING" } });

    let strict = strictly(&server, &[file("shop", &[needs(&["an order"]), stale])]).await;

    let failures: Vec<_> = strict.failures().collect();
    let [(_, failed)] = failures.as_slice() else {
        panic!("{strict:?}")
    };
    assert!(
        matches!(&failed.outcome, Outcome::Failed { stage: Stage::Ask, reason } if reason.contains("order_id")),
        "{failed:?}"
    );
    let requests = server.received_requests().await.unwrap();
    let bodies = requests.iter().filter_map(|request| request.body_json::<Value>().ok());
    let torn_down: Vec<Value> = bodies.filter(|body| body["action"] == "teardown").collect();
    assert_eq!(torn_down[0]["params"], json!({ "id": 1, "order_id": 1 }));
    assert_eq!(torn_down[1]["params"], json!({ "id": 1 }));
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

/// Interrupts of a verification: one for each number, as soon as that many changes of state were asked of the server.
fn interrupts(server: &MockServer, after: &[usize]) -> impl Stream<Item = ()> + Unpin {
    let after = after.to_vec();
    let next = move |index: usize| {
        let wanted = after.get(index).copied();
        async move {
            let wanted = wanted?;
            while changes(server).await.len() < wanted {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            Some(((), index + 1))
        }
    };
    Box::pin(futures::stream::unfold(0, next))
}

async fn is_slow_at(server: &MockServer, action: &str, state: &str) {
    let wanted = json!({ "action": action, "state": state });
    Mock::given(method("POST"))
        .and(path("/states"))
        .and(body_partial_json(wanted))
        .respond_with(ResponseTemplate::new(200).set_delay(Duration::from_secs(20)))
        .with_priority(1)
        .mount(server)
        .await;
}

async fn interrupted(server: &MockServer, states: &[&str], after: &[usize]) -> String {
    let selection = selection(&[file("shop", &[needs(states)])]);
    let provider = http_provider(server);
    let interrupted = verify_interruptibly(&selection, &provider, None, &mut interrupts(server, after)).await;
    interrupted.unwrap_err().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_verification_tears_down_what_it_began_last_first() {
    let server = provider().await;
    is_slow_at(&server, "setup", "b").await;
    fails_at(&server, "teardown", "b").await;

    let said = interrupted(&server, &["a", "b", "c"], &[2]).await;

    let wanted = [("setup", "a"), ("setup", "b"), ("teardown", "b"), ("teardown", "a")];
    assert_eq!(changes(&server).await, pairs(&wanted));
    assert!(
        said.starts_with("'b' is left: ") && said.ends_with(", 'a' is torn down"),
        "{said}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_interrupt_leaves_what_is_open_and_names_it() {
    let server = provider().await;
    is_slow_at(&server, "setup", "b").await;
    is_slow_at(&server, "teardown", "a").await;

    let said = interrupted(&server, &["a", "b"], &[2, 4]).await;

    assert_eq!(said, "interrupted again, so these states may be left: 'a'");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verification_that_nobody_interrupts_ends_by_itself() {
    let server = provider().await;
    let selection = selection(&[file("shop", &[needs(&["a"])])]);

    let (provider, mut never) = (http_provider(&server), futures::stream::empty());
    let ended = verify_interruptibly(&selection, &provider, None, &mut never);

    assert_eq!(ended.await.unwrap().verdict(), Verdict::Pass);
}
