//! Claims about the handover of rows over HTTP.

use std::sync::Arc;

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use seam::{
    Contract,
    handover::{Copying, Handover, HandoverClient, HandoverError},
    http::{Socket, SocketLimits, Transport},
};
use shared::{
    Environment, Module, Settings, StartError,
    handover::HandoverStore,
    server,
    settings::{optional, standard},
};

use crate::handover::{SETS, Side, names};

const TOKEN: &str = "operators-of-a-test";

/// Serves the rows of a side, with this token of the operators.
async fn serve(side: &Side, token: &str) -> Result<String, StartError> {
    let declared = [optional(&standard::ADMIN_TOKEN)];
    let environment = Environment::new(Settings::from_pairs(&declared, [("ADMIN_TOKEN", token)]).unwrap());
    let store = HandoverStore::new(side.db.clone(), SETS);
    let module = Module::<()>::new(
        "boxes",
        side.db.clone(),
        Arc::new(()),
        |_| axum::Router::new(),
        Vec::new(),
    );
    let server = server::bind(environment, vec![module.handing_over(store).mount()]).await?;
    let base = format!("http://{}", server.address());
    tokio::spawn(server.serve(std::future::pending()));
    Ok(base)
}

fn client(base: &str, module: &str, token: &str) -> Arc<dyn Handover> {
    let socket = Socket::new(base, SocketLimits::default()).unwrap();
    <dyn Handover>::via(Arc::new(HandoverClient::new(socket, module, token).unwrap()))
}

async fn post(base: &str, authorization: Option<&str>, body: &'static str) -> (StatusCode, String) {
    let socket = Socket::new(base, SocketLimits::default()).unwrap();
    let mut request = Request::builder().method(Method::POST).uri("/admin/handover/boxes");
    if let Some(authorization) = authorization {
        request = request.header("authorization", authorization);
    }
    let answer = socket.send(request.body(Bytes::from(body)).unwrap()).await.unwrap();
    (answer.status(), String::from_utf8(answer.body().to_vec()).unwrap())
}

#[tokio::test]
async fn rows_are_carried_between_two_services() {
    let (from, to) = (Side::new().await, Side::new().await);
    from.boxes(names(30)).await;
    let (ours, theirs) = (serve(&from, TOKEN).await.unwrap(), serve(&to, TOKEN).await.unwrap());

    let copying = Copying::in_ranges_of(7);
    let report = copying
        .run(
            &*client(&ours, "boxes", TOKEN),
            &*client(&theirs, "boxes", TOKEN),
            |_| (),
        )
        .await
        .unwrap();

    assert!(report.is_even() && report.copied() == 30, "{report}");
}

#[tokio::test]
async fn nobody_without_the_token_sees_or_stores_a_row() {
    let side = Side::new().await;
    side.boxes(names(1)).await;
    let base = serve(&side, TOKEN).await.unwrap();

    let guessed = client(&base, "boxes", "operators-of-a-tesT").layout().await;
    let without = post(&base, None, r#"{"layout":{}}"#).await;
    let basic = post(&base, Some("Basic operators-of-a-test"), r#"{"layout":{}}"#).await;
    let other = client(&base, "crates", TOKEN).layout().await;
    let malformed = post(
        &base,
        Some("Bearer operators-of-a-test"),
        r#"{"layout":{"secret":"tok_1"}}"#,
    )
    .await;

    assert_eq!(guessed, Err(HandoverError::Forbidden));
    assert_eq!(
        (without.0, basic.0),
        (StatusCode::UNAUTHORIZED, StatusCode::UNAUTHORIZED)
    );
    assert!(
        matches!(&other, Err(HandoverError::Transport(failure)) if failure.reason.contains("these do: boxes")),
        "{other:?}"
    );
    assert_eq!(malformed.0, StatusCode::BAD_REQUEST);
    assert!(!malformed.1.contains("tok_1"), "{}", malformed.1);
}

#[tokio::test]
async fn without_a_token_there_is_no_such_path_and_a_weak_one_is_refused_unseen() {
    let side = Side::new().await;
    let none = serve(&side, "").await.unwrap();

    let (status, _) = post(&none, Some("Bearer "), r#"{"layout":{}}"#).await;
    let weak = serve(&side, "hunter2").await.unwrap_err().to_string();

    assert_eq!(status, StatusCode::NOT_FOUND);
    assert!(
        weak.contains("ADMIN_TOKEN") && weak.contains("7 bytes") && !weak.contains("hunter2"),
        "{weak}"
    );
}
