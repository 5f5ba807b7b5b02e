use std::panic::AssertUnwindSafe;

use futures::FutureExt;
use ledger::source::Source;
use pact_verifier::{FilterInfo, PactSource};
use serde_json::json;
use tempfile::TempDir;
use verifier::{Filter, Outcome, Problem, Selection, Stage, Verdict};
use wiremock::ResponseTemplate;

use crate::shop::{
    PROVIDER, answers, by_itself, file, found, provider, selected, shows_the_order, strictly, tells_of_payment,
    version_3,
};

fn dir(folder: &TempDir) -> PactSource {
    PactSource::Dir(folder.path().display().to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_folder_proves_nothing() {
    let (server, folder) = (provider().await, TempDir::new().unwrap());

    let alone = by_itself(&server, dir(&folder), FilterInfo::None).await;
    let strict = strictly(&server, &[]).await;

    assert!(alone.result, "pact_verifier is green");
    assert_eq!(strict.verdict(), Verdict::Inconclusive);
    assert!(matches!(strict.problems[..], [Problem::NoPacts { .. }]), "{strict:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_is_misspelt_proves_nothing() {
    let (server, folder) = (provider().await, TempDir::new().unwrap());
    let mut misspelt = file("shop", &[shows_the_order(json!({}))]);
    misspelt["provider"]["name"] = json!("order");
    std::fs::write(folder.path().join("pact.json"), misspelt.to_string()).unwrap();

    let alone = by_itself(&server, dir(&folder), FilterInfo::None).await;
    let strict = strictly(&server, &[misspelt]).await;

    assert!(alone.result, "pact_verifier is green");
    assert_eq!(strict.verdict(), Verdict::Inconclusive);
    let [Problem::UnknownProvider { known, .. }] = &strict.problems[..] else {
        panic!("{strict:?}");
    };
    assert_eq!(known, &["order"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_that_matches_nothing_proves_nothing() {
    let server = provider().await;
    let pact = file("shop", &[shows_the_order(json!({}))]);

    let filter = FilterInfo::Description("no such thing".to_owned());
    let alone = by_itself(&server, PactSource::String(pact.to_string()), filter).await;
    let filter = Filter {
        description: Some("no such thing".to_owned()),
        ..Filter::default()
    };
    let strict = selected(&server, &Selection::new(PROVIDER, &[found(&pact)], filter, "here")).await;

    assert!(alone.result, "pact_verifier is green");
    assert_eq!(strict.verdict(), Verdict::Inconclusive);
    assert!(
        matches!(strict.problems[..], [Problem::NothingMatches { total: 1, .. }]),
        "{strict:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_pact_in_a_folder_below_is_found() {
    let (server, folder) = (provider().await, TempDir::new().unwrap());
    let mut broken = shows_the_order(json!({}));
    broken["response"]["status"] = json!(404);
    let below = folder.path().join("below");
    std::fs::create_dir(&below).unwrap();
    std::fs::write(below.join("pact.json"), file("shop", &[broken]).to_string()).unwrap();

    let alone = by_itself(&server, dir(&folder), FilterInfo::None).await;
    let pacts = Source::Folder(folder.path().to_owned()).read().unwrap();
    let strict = selected(&server, &Selection::new(PROVIDER, &pacts, Filter::default(), "here")).await;

    assert!(alone.result, "pact_verifier is green");
    assert_eq!(strict.verdict(), Verdict::Fail);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_endpoint_that_fails_with_the_right_body_has_failed() {
    let server = provider().await;
    let failing = ResponseTemplate::new(500).set_body_json(json!({ "paid": 1 }));
    answers(&server, "/messages", failing).await;
    let pact = file("shop", &[tells_of_payment(json!({}))]);

    let alone = by_itself(&server, PactSource::String(pact.to_string()), FilterInfo::None).await;
    let strict = strictly(&server, &[pact]).await;

    assert!(alone.result, "pact_verifier is green");
    assert_eq!(strict.verdict(), Verdict::Fail);
    let (_, failed) = strict.failures().next().unwrap();
    assert!(
        matches!(&failed.outcome, Outcome::Failed { stage: Stage::Ask, reason } if reason.contains("answered 500")),
        "{failed:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mark_that_makes_failures_not_count_is_refused() {
    let server = provider().await;
    let mut broken = shows_the_order(json!({ "pending": true }));
    broken["response"]["status"] = json!(404);
    let pact = file("shop", &[broken]);

    let alone = by_itself(&server, PactSource::String(pact.to_string()), FilterInfo::None).await;
    let strict = strictly(&server, &[pact]).await;

    assert!(alone.result, "pact_verifier is green");
    assert_eq!(strict.verdict(), Verdict::Fail);
    assert!(matches!(strict.problems[..], [Problem::Pending { .. }]), "{strict:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_without_interactions_is_refused() {
    let server = provider().await;
    let pact = file("shop", &[]);

    let alone = by_itself(&server, PactSource::String(pact.to_string()), FilterInfo::None).await;
    let strict = strictly(&server, &[pact]).await;

    assert!(alone.result, "pact_verifier is green");
    assert_eq!(strict.verdict(), Verdict::Fail);
    assert!(
        matches!(strict.problems[..], [Problem::NoInteractions { .. }]),
        "{strict:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_where_version_4_has_none_is_missed_and_said() {
    let server = provider().await;
    let mut pact = file("shop", &[shows_the_order(json!({}))]);
    pact["messages"] = json!([{ "description": "an order is paid", "contents": { "paid": 1 } }]);

    let alone = by_itself(&server, PactSource::String(pact.to_string()), FilterInfo::None).await;
    let strict = strictly(&server, &[pact]).await;

    assert!(alone.result, "pact_verifier is green");
    assert_eq!(strict.verdict(), Verdict::Fail);
    let [
        Problem::Miscounted {
            expected: 2,
            verified: 1,
            ..
        },
    ] = &strict.problems[..]
    else {
        panic!("{strict:?}");
    };
    assert!(!strict.consumers[0].passed() && !strict.is_whole());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_text_of_a_filter_is_no_regular_expression() {
    let server = provider().await;
    let pact = file("shop", &[shows_the_order(json!({ "description": "show (an order" }))]);

    let filter = FilterInfo::Description("(".to_owned());
    let alone = by_itself(&server, PactSource::String(pact.to_string()), filter);
    let alone = AssertUnwindSafe(alone).catch_unwind().await;
    let filter = Filter {
        description: Some("(".to_owned()),
        ..Filter::default()
    };
    let strict = selected(&server, &Selection::new(PROVIDER, &[found(&pact)], filter, "here")).await;

    assert!(alone.is_err(), "pact_verifier panics");
    assert_eq!(strict.verdict(), Verdict::Pass, "{strict:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_without_contents_promises_nothing_and_is_refused() {
    let server = provider().await;
    answers(
        &server,
        "/messages",
        ResponseTemplate::new(200).set_body_string("anything"),
    )
    .await;
    let pact = file("shop", &[tells_of_payment(json!({ "contents": null }))]);

    let strict = strictly(&server, &[pact]).await;

    assert_eq!(strict.verdict(), Verdict::Fail);
    assert!(
        matches!(strict.problems[..], [Problem::NoContents { .. }]),
        "{strict:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interaction_that_stands_there_twice_is_refused() {
    let server = provider().await;
    let again = shows_the_order(json!({ "request": { "method": "GET", "path": "/orders/2" } }));

    let strict = strictly(&server, &[file("shop", &[shows_the_order(json!({})), again])]).await;

    assert!(matches!(strict.problems[..], [Problem::Doubled { .. }]), "{strict:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_files_between_the_same_two_are_refused() {
    let server = provider().await;
    let pact = file("shop", &[shows_the_order(json!({}))]);

    let strict = strictly(&server, &[pact.clone(), pact]).await;

    assert!(matches!(strict.problems[..], [Problem::TwoFiles { .. }]), "{strict:?}");
    assert_eq!(strict.verdict(), Verdict::Fail);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_does_not_run_could_not_be_verified() {
    let server = provider().await;
    let pact = found(&file("shop", &[shows_the_order(json!({}))]));
    let selection = Selection::new(PROVIDER, &[pact], Filter::default(), "here");
    let free = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    drop(server);

    let nobody = verifier::HttpProvider::new(&format!("http://{free}"), None, None).unwrap();
    let strict = verifier::verify(&selection, &nobody, None).await;

    assert_eq!(strict.verdict(), Verdict::CouldNotRun);
    assert!(matches!(strict.problems[..], [Problem::NotReady { .. }]), "{strict:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn http_and_messages_of_version_3_are_in_two_files_that_both_hold() {
    let server = provider().await;
    let paid = ResponseTemplate::new(200).set_body_json(json!({ "paid": 1 }));
    answers(&server, "/messages", paid).await;
    let http = version_3(json!({ "status": 200 }));
    let messages = |paid: u16| {
        let mut pact = version_3(json!({}));
        pact.as_object_mut().unwrap().remove("interactions");
        pact["messages"] = json!([{ "description": "an order is paid", "contents": { "paid": paid } }]);
        pact
    };
    let mut version_4 = http.clone();
    version_4["metadata"]["pactSpecification"]["version"] = json!("4.0");
    version_4["interactions"][0]["type"] = json!("Synchronous/HTTP");

    for (pacts, wanted) in [
        ([http.clone(), messages(1)], Verdict::Pass),
        ([messages(1), http.clone()], Verdict::Pass),
        ([http.clone(), messages(2)], Verdict::Fail),
    ] {
        let strict = strictly(&server, &pacts).await;
        assert_eq!(strict.verdict(), wanted, "{strict:?}");
        assert_eq!((strict.results().count(), strict.consumers.len()), (2, 2));
    }
    for copies in [
        vec![http.clone(), http.clone()],
        vec![messages(1), messages(2)],
        vec![http.clone(), messages(1), http],
        vec![version_4, messages(1)],
    ] {
        let strict = strictly(&server, &copies).await;
        assert_eq!(strict.verdict(), Verdict::Fail);
        assert!(matches!(strict.problems[..], [Problem::TwoFiles { .. }]), "{strict:?}");
    }
}
