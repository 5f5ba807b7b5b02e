use serde_json::json;
use tokio::{io::AsyncReadExt, net::TcpListener};
use verifier::{HttpProvider, Outcome, Stage, Verdict, Verification, verify};

use crate::shop::{file, provider, selection, shows_the_order};

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
