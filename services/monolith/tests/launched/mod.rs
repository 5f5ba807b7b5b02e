//! Modules that are launched in the dark, by configuration alone.

use std::{net::SocketAddr, path::Path};

use ::http::{Request, StatusCode};
use axum::body::Bytes;
use commerce::{Inventory, Notifications, PageRequest, Payments, http};
use seam::{
    http::Transport,
    launch::{Seen, Stage, Status},
};
use serde_json::{Value, json};
use shared::testing::{Port, until};
use tempfile::TempDir;

use crate::{Outside, environment, follow_one_order, socket, start};

const TOKEN: &str = "operators-of-a-test";

/// Settings by their names.
type Settings = Vec<(&'static str, String)>;

/// The settings of a monolith whose modules but Orders have a candidate at this address.
fn launched(outside: &Outside, folder: &Path, candidate: SocketAddr) -> Settings {
    let url = format!("http://{candidate}");
    let mut settings = outside.settings();
    settings.extend([
        ("PAYMENTS_CANDIDATE_URL", url.clone()),
        ("INVENTORY_CANDIDATE_URL", url.clone()),
        ("NOTIFICATIONS_CANDIDATE_URL", url),
        ("ADMIN_TOKEN", TOKEN.to_owned()),
        ("LAUNCH_FILE", format!("{}/{{module}}.toml", folder.display())),
    ]);
    settings
}

/// Sends a request and returns the status and the body.
async fn ask(address: &SocketAddr, line: &str, token: Option<&str>, body: Option<&Value>) -> (StatusCode, String) {
    let (method, path) = line.split_once(' ').unwrap();
    let mut request = Request::builder().method(method).uri(path);
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let body = body.map(ToString::to_string).unwrap_or_default();
    let request = request.header("if-match", "*").body(Bytes::from(body)).unwrap();
    let (head, body) = socket(address).send(request).await.unwrap().into_parts();
    (head.status, String::from_utf8(body.to_vec()).unwrap())
}

async fn status(address: &SocketAddr, module: &str) -> Status {
    let (code, text) = ask(address, &format!("GET /admin/launch/{module}"), Some(TOKEN), None).await;
    assert_eq!(code, StatusCode::OK, "{text}");
    serde_json::from_str(&text).unwrap()
}

/// Turns the reads of a module; in stage `live` its candidate serves them all.
async fn turn(address: &SocketAddr, module: &str, stage: Stage, shadowed: &str) -> (StatusCode, String) {
    let off = json!({ "stage": "off" });
    let reads = json!({ "stage": stage, "shadowed": shadowed, "served": "100 %" });
    let position = json!({ "reads": reads, "writes": off, "killed": false, "noise": "0 %" });
    ask(
        address,
        &format!("PUT /admin/launch/{module}"),
        Some(TOKEN),
        Some(&position),
    )
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_of_each_module_go_to_its_candidate_too_and_their_differences_are_told() {
    let outside = Outside::start().await;
    let (home, away) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    // With a database of its own, in which nobody has ordered anything.
    let candidate = start(Port::hold(), away.path(), &outside.settings()).await;
    let settings = launched(&outside, home.path(), candidate);
    let monolith = start(Port::hold(), home.path(), &settings).await;

    let order = follow_one_order(&monolith).await;
    let modules = ["payments", "inventory", "notifications"];
    for module in modules {
        assert_eq!(turn(&monolith, module, Stage::Shadow, "100 %").await.0, StatusCode::OK);
    }
    let payments = http::payments::Client::new(socket(&monolith));
    let inventory = http::inventory::Client::new(socket(&monolith));
    let notifications = http::notifications::Client::new(socket(&monolith));

    let paid = payments
        .list_payments_for_order(order.id, PageRequest::default())
        .await
        .unwrap();
    let paid = payments.get_payment(paid.items[0].id).await.unwrap();
    assert_eq!(
        paid.captured, order.total,
        "the caller gets the answer of the module that is in use"
    );
    assert_eq!(inventory.get_product("lamp".parse().unwrap()).await.unwrap().stock, 8);
    let told = notifications
        .list_notifications_for_order(order.id, PageRequest::default())
        .await
        .unwrap();
    assert!(!told.items.is_empty());

    for (module, method) in modules
        .into_iter()
        .zip(["get_payment", "get_product", "list_notifications_for_order"])
    {
        let status = until("the difference is told", async || {
            let status = status(&monolith, module).await;
            let counts = status.methods.iter().find(|counts| counts.method == method).unwrap();
            (counts.of(Seen::Different) > 0).then_some(status)
        })
        .await;
        let group = status.gate.groups.iter().find(|group| group.method == method);
        assert!(group.is_some_and(|group| group.count > 0), "{:?}", status.gate.groups);
    }
    figures_and_switches_are_those_of_operators(&monolith).await;
}

/// Looks at the figures after one difference of each module, at the switches and at their description.
async fn figures_and_switches_are_those_of_operators(monolith: &SocketAddr) {
    let (code, metrics) = ask(monolith, "GET /metrics", None, None).await;
    assert_eq!(code, StatusCode::OK);
    let payments = r#"contract="payments",launch="payments",method="get_payment""#;
    for line in [
        format!(r#"seam_launch_shadowed_total{{{payments},result="different"}} 1"#),
        format!(r#"seam_launch_shadowed_total{{{payments},result="timed_out"}} 0"#),
        r#"seam_launch_stage{contract="inventory",launch="inventory",lane="reads"} 2"#.to_owned(),
    ] {
        assert!(metrics.contains(&line), "{line} is not in\n{metrics}");
    }

    let (code, refused) = turn(monolith, "payments", Stage::Complete, "0 %").await;
    assert!(
        code == StatusCode::UNPROCESSABLE_ENTITY && refused.contains("no stage may be skipped"),
        "{refused}"
    );
    let refused = ask(monolith, "GET /admin/launch", Some("operators-of-a-tesT"), None).await;
    assert_eq!(refused.0, StatusCode::UNAUTHORIZED);
    let (_, document) = ask(monolith, "GET /openapi.json", None, None).await;
    let document: Value = serde_json::from_str(&document).unwrap();
    assert!(
        document["paths"]["/admin/launch/{module}"]["put"].is_object(),
        "{}",
        document["paths"]
    );
    assert!(
        !document.to_string().contains("\"launches\""),
        "the launches are no module"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_candidate_that_serves_and_is_away_is_named_without_its_address_and_one_can_go_back() {
    let outside = Outside::start().await;
    let folder = TempDir::new().unwrap();
    let nobody = Port::hold();
    let settings = launched(&outside, folder.path(), nobody.address());
    let monolith = start(Port::hold(), folder.path(), &settings).await;
    let order = follow_one_order(&monolith).await;
    let payments = http::payments::Client::new(socket(&monolith));
    for stage in [Stage::Shadow, Stage::Live] {
        assert_eq!(turn(&monolith, "payments", stage, "0 %").await.0, StatusCode::OK);
    }

    let error = payments
        .list_payments_for_order(order.id, PageRequest::default())
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("payments") && error.contains("was not answered"),
        "{error}"
    );
    assert!(!error.contains("127.0.0.1") && !error.contains("http://"), "{error}");
    assert_eq!(turn(&monolith, "payments", Stage::Off, "0 %").await.0, StatusCode::OK);
    let paid = payments
        .list_payments_for_order(order.id, PageRequest::default())
        .await
        .unwrap();
    assert_eq!(paid.items[0].captured, order.total);
}

#[tokio::test]
async fn without_a_token_there_are_no_switches_and_without_a_candidate_no_figures() {
    let outside = Outside::start().await;
    let folder = TempDir::new().unwrap();
    let mut settings = launched(&outside, folder.path(), "127.0.0.1:1".parse().unwrap());
    settings.retain(|(name, _)| *name != "ADMIN_TOKEN");
    let monolith = start(Port::hold(), folder.path(), &settings).await;
    assert_eq!(ask(&monolith, "GET /metrics", None, None).await.0, StatusCode::OK);
    let (code, text) = ask(&monolith, "GET /admin/launch", Some(TOKEN), None).await;
    assert!(
        code == StatusCode::NOT_FOUND && text.contains("UNKNOWN_ROUTE"),
        "{text}"
    );

    let folder = TempDir::new().unwrap();
    let monolith = start(Port::hold(), folder.path(), &outside.settings()).await;
    assert_eq!(
        ask(&monolith, "GET /metrics", None, None).await.0,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn a_launch_that_can_not_be_is_refused_at_the_start_with_the_setting() {
    let outside = Outside::start().await;
    let folder = TempDir::new().unwrap();
    let database = format!("sqlite://{}/{{module}}.db", folder.path().display());
    let refused = async |change: &dyn Fn(&mut Settings)| {
        let mut settings = launched(&outside, folder.path(), "127.0.0.1:1".parse().unwrap());
        settings.push(("DATABASE_URL", database.clone()));
        change(&mut settings);
        monolith::open(environment(&settings)).await.err().unwrap().to_string()
    };
    let weak = refused(&|settings| {
        settings.retain(|(name, _)| *name != "ADMIN_TOKEN");
        settings.push(("ADMIN_TOKEN", "hunter2".to_owned()));
    });
    let weak = weak.await;
    assert!(
        weak.contains("ADMIN_TOKEN") && weak.contains("7 bytes") && !weak.contains("hunter2"),
        "{weak}"
    );

    let itself = refused(&|settings| settings.push(("PAYMENTS_URL", "http://127.0.0.1:1".to_owned())));
    let itself = itself.await;
    assert!(
        itself.contains("PAYMENTS_CANDIDATE_URL") && itself.contains("another service"),
        "{itself}"
    );

    let nowhere = refused(&|settings| {
        settings.retain(|(name, _)| *name != "LAUNCH_FILE");
        settings.push(("LAUNCH_FILE", "/no/such/folder/{module}.toml".to_owned()));
    });
    let nowhere = nowhere.await;
    assert!(nowhere.contains("/no/such/folder/inventory.toml"), "{nowhere}");

    let settings = launched(&outside, folder.path(), "127.0.0.1:1".parse().unwrap());
    let _first = start(Port::hold(), folder.path(), &settings).await;
    let second = refused(&|_| ()).await;
    assert!(
        second.contains("the launch of inventory") && second.contains("another launch holds this file"),
        "{second}"
    );
}
