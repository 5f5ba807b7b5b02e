use serde_json::{Value, json};
use tokio::{io::AsyncReadExt, net::TcpListener};
use verifier::{HttpProvider, Outcome, Stage, Verdict, Verification, verify};
use wiremock::MockServer;

use crate::shop::{file, provider, selection, shows_the_order, tells_of_payment};

async fn asked_at(url: &str) -> Verification {
    let provider = HttpProvider::new(url, None, None).unwrap();
    let pact = file("shop", &[shows_the_order(json!({}))]);
    verify(&selection(&[pact]), &provider, None).await
}

fn reason(verification: &Verification) -> &str {
    let (_, failed) = verification.failures().next().unwrap();
    match &failed.outcome {
        Outcome::Failed {
            stage: Stage::Reach,
            reason,
        } => reason,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_hangs_up_could_not_be_verified_and_the_cause_is_said() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            // The first connection only asks whether something listens.
            let mut some = [0; 16];
            let _ = socket.read(&mut some).await;
        }
    });

    let verification = asked_at(&url).await;

    assert_eq!(verification.verdict(), Verdict::CouldNotRun, "{verification:?}");
    assert!(!verification.is_whole(), "nothing is recorded");
    let reason = reason(&verification);
    assert!(reason.starts_with("GET /orders/1: "), "{reason}");
    assert!(!reason.contains("error sending request"), "{reason}");
}

#[tokio::test(flavor = "multi_thread")]
async fn https_of_a_provider_that_speaks_http_names_the_handshake() {
    let server = provider().await;
    let verification = asked_at(&server.uri().replace("http:", "https:")).await;

    assert_eq!(verification.verdict(), Verdict::CouldNotRun, "{verification:?}");
    let reason = reason(&verification);
    assert!(reason.contains("InvalidContentType"), "{reason}");
}

/// Verification of a pact by a provider that answers, whose states and messages are asked for at `desk`.
async fn with_desk(desk: &str, interaction: Value) -> Verification {
    let server = provider().await;
    let at = |place: &str| Some(format!("{desk}{place}"));
    let provider = HttpProvider::new(&server.uri(), at("/states"), at("/messages")).unwrap();
    verify(&selection(&[file("shop", &[interaction])]), &provider, None).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_for_states_or_messages_that_does_not_answer_could_not_be_asked_and_the_cause_is_said() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let desk = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let needs_state = shows_the_order(json!({ "providerStates": [{ "name": "an order" }] }));

    let states = with_desk(&desk, needs_state.clone()).await;
    let messages = with_desk(&desk, tells_of_payment(json!({}))).await;
    let not_an_address = with_desk("localhost", needs_state).await;

    for (verification, begin) in [
        (&states, format!("setting up 'an order': POST {desk}/states: ")),
        (&messages, format!("POST {desk}/messages: ")),
        (
            &not_an_address,
            "setting up 'an order': POST localhost/states: ".to_owned(),
        ),
    ] {
        assert_eq!(verification.verdict(), Verdict::CouldNotRun, "{verification:?}");
        assert!(!verification.is_whole(), "nothing is recorded");
        assert!(reason(verification).starts_with(&begin), "{}", reason(verification));
    }
    assert!(reason(&states).contains("refused"), "{}", reason(&states));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_answers_with_a_failure_is_a_failure() {
    let desk = MockServer::start().await;
    let needs_state = shows_the_order(json!({ "providerStates": [{ "name": "an order" }] }));
    for interaction in [needs_state, tells_of_payment(json!({}))] {
        let verification = with_desk(&desk.uri(), interaction).await;
        assert_eq!(verification.verdict(), Verdict::Fail, "{verification:?}");
    }
}
