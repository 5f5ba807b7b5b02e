use ledger::records::{
    Record,
    VerificationResult::{Failed, Passed},
};
use serde_json::{Value, json};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::path};

use crate::shop::Shop;

/// Orders 1 is live and has passed the pact that storefront 1 holds.
fn open_shop() -> Shop {
    let shop = Shop::new();
    shop.seam("publish storefront --version 1").is(
        0,
        "storefront 1 holds 1 pacts; recorded in pacts/ledger/publication/storefront/",
    );
    shop.seam("publish orders --version 1 --calls-nobody")
        .is(0, "orders 1 holds 0 pacts");
    shop.verified("1", Passed);
    shop.seam("record-deployment orders --version 1 --to production").is(
        0,
        "live in production: orders 1; gone: none\nrecorded in pacts/ledger/deployment/orders/",
    );
    shop
}

#[test]
fn the_whole_way_from_a_pact_to_production_and_out_again() {
    let shop = open_shop();
    shop.seam("can-i-deploy storefront --version 1 --to production")
        .is(0, "yes: storefront 1 can go to production");
    shop.seam("record-deployment storefront --version 1 --to production")
        .is(0, "");
    shop.seam("can-i-undeploy orders --version 1 --from production")
        .is(1, "no: orders 1 can't leave production");

    shop.seam("publish orders --version 2 --calls-nobody").is(0, "");
    shop.seam("can-i-deploy orders --version 2 --to production")
        .is(3, "seam verify orders --version 2");
    shop.verified("2", Passed);
    shop.seam("can-i-deploy orders --version 2 --to production")
        .is(0, "yes: ");
    shop.seam("record-deployment orders --version 2 --to production --beside")
        .is(0, "live in production: orders 1, 2; gone: none");
    shop.seam("can-i-undeploy orders --version 1 --from production")
        .is(0, "yes: ");
    shop.seam("record-undeployment orders --version 1 --from production")
        .is(0, "live in production: orders 2; gone: 1");
    shop.seam("can-i-rollback orders --version 1 --in production")
        .is(0, "yes: orders 1 can come back");
    shop.seam("record-deployment orders --version 1 --to production")
        .is(0, "live in production: orders 1; gone: 2");
}

#[test]
fn yes_no_and_unknown_exit_with_0_1_and_3_in_every_format() {
    let shop = open_shop();
    shop.seam("publish orders --version 2 --calls-nobody").is(0, "");
    shop.seam("publish orders --version 3 --calls-nobody").is(0, "");
    shop.seam("record-deployment storefront --version 1 --to production")
        .is(0, "");
    shop.verified("2", Failed);
    for (version, code, answer) in [("1", 0, "yes"), ("2", 1, "no"), ("3", 3, "unknown")] {
        let line = format!("can-i-deploy orders --version {version} --to production");
        shop.seam(&line).is(code, &format!("{answer}: "));
        let json = shop.seam(&format!("{line} --json")).is(code, "").out;
        let json: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(json["answer"], answer);
    }
}

#[test]
fn the_version_is_the_revision_that_is_checked_out_and_records_do_not_change_that_nor_does_a_commit_of_them() {
    let shop = Shop::new();
    shop.write("src/lib.rs", "");
    let revision = shop.commit();
    shop.seam("publish storefront")
        .is(0, &format!("storefront {revision} holds 1 pacts"));
    shop.seam("publish orders --calls-nobody").is(0, "");
    shop.verified(&revision, Passed);
    shop.seam("record-deployment orders --to staging")
        .is(0, &format!("live in staging: orders {revision}"));
    shop.seam("can-i-deploy storefront --to staging")
        .is(0, &format!("yes: storefront {revision} can go to staging"));

    shop.commit();
    shop.seam("can-i-deploy storefront --to staging")
        .is(0, &format!("yes: storefront {revision} can go to staging"));

    shop.write("src/main.rs", "fn main() {}");
    shop.seam("can-i-deploy storefront --to staging").refuses(&format!(
        "no version was given, and 1 files differ from revision {revision}: src/main.rs; commit them, or give \
             a version with --version"
    ));
    shop.seam(&format!("can-i-deploy storefront --version {revision} --to staging"))
        .is(0, "yes");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_that_an_unknown_prints_appends_the_record_that_makes_it_a_yes() {
    let orders = MockServer::start().await;
    let reads = Mock::given(path("/v2/orders/o-1"));
    let order = ResponseTemplate::new(200).set_body_json(json!({ "id": "o-1" }));
    reads.respond_with(order).mount(&orders).await;
    let shop = Shop::new();
    shop.write_pact(&json!({ "id": "o-1" }));
    let live = shop.commit();
    shop.seam("publish storefront").is(0, "");
    shop.seam("record-deployment storefront --to production").is(0, "");
    // What is checked out when orders is asked about holds another pact, which orders does not keep.
    shop.write_pact(&json!({ "number": "1" }));
    let revision = shop.commit();
    shop.seam("publish orders --calls-nobody").is(0, "");

    let before = shop.seam("can-i-deploy orders --to production").is(3, "");
    let line = before.out.lines().find_map(|line| line.trim().strip_prefix("seam "));
    let line = line.expect("a command");
    assert_eq!(
        line,
        format!("verify orders --version {revision} --record --pacts git:{live}:pacts")
    );
    shop.seam(&format!("{line} --provider-url {}", orders.uri())).is(0, "");

    shop.seam("can-i-deploy orders --to production").is(0, "yes: ");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_beside_a_pass_of_a_fast_clock_is_a_no_that_names_it_and_whose_command_mends_it() {
    let orders = MockServer::start().await;
    let order = ResponseTemplate::new(200).set_body_json(json!({ "id": { "content": "o-1" } }));
    Mock::given(path("/v2/orders/o-1"))
        .respond_with(order)
        .mount(&orders)
        .await;
    let shop = Shop::new();
    shop.write_pact(&json!({ "id": { "content": "o-1" } }));
    shop.commit();
    shop.seam("publish storefront --version 1").is(0, "");
    shop.seam("record-deployment storefront --version 1 --to production")
        .is(0, "");
    shop.seam("publish orders --version 2 --calls-nobody").is(0, "");
    // Two machines, neither of which had the other's record; the one that passed is two hours ahead.
    for (result, time) in [(Failed, "2026-11-21T12:00:00Z"), (Passed, "2026-11-21T14:00:00Z")] {
        let mut record = shop.verification("2", result);
        record.at = time.parse().unwrap();
        shop.ledger().append(&Record::Verification(record)).unwrap();
    }

    let before = shop
        .seam("can-i-deploy orders --version 2 --to production")
        .is(1, "no: ");
    assert!(
        before.out.contains("ledger/verification/orders/20261121T120000Z-"),
        "{}",
        before.out
    );
    assert!(
        before.out.contains("nothing proves that it is the later one"),
        "{}",
        before.out
    );
    let line = before.out.lines().find_map(|line| line.trim().strip_prefix("seam "));
    let line = line.expect("a command");
    shop.seam(&format!("{line} --provider-url {}", orders.uri())).is(0, "");
    shop.seam("can-i-deploy orders --version 2 --to production")
        .is(0, "yes: ");
}

#[test]
fn two_that_need_each_other_are_asked_about_together() {
    let shop = open_shop();
    shop.seam("can-i-deploy storefront --version 1 --to staging")
        .is(1, "no version of orders is live in staging");
    shop.seam("can-i-deploy storefront --version 1 --with orders=1 --to staging")
        .is(0, "yes: storefront 1 with orders 1 can go");
    shop.seam("can-i-deploy storefront --version 1 --with orders --to staging")
        .refuses("wanted SERVICE=VERSION");
}

#[test]
fn every_consumer_is_published_at_once_and_a_changed_pact_is_another_content() {
    let shop = open_shop();
    shop.write_pact(&json!({ "id": "o-1", "total": 5 }));
    let json = shop.seam("publish --version 2 --json").is(0, "").out;
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["published"][0]["consumer"], "storefront");
    shop.seam("can-i-deploy storefront --version 2 --to production")
        .is(3, "orders 1 was not verified against the pact of storefront 2");
}

#[test]
fn the_matrix_is_a_table_json_and_a_page() {
    let shop = open_shop();
    shop.seam("record-deployment storefront --version 1 --to production")
        .is(0, "");
    shop.seam("matrix")
        .is(0, "production: 2 versions of 2 services are live; 1 of 1 pairs passed");
    let json = shop.seam("matrix --json --html matrix.html").is(0, "").out;
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["environments"]["production"]["rows"][0]["state"]["is"], "passed");
    let page = std::fs::read_to_string(shop.path().join("matrix.html")).unwrap();
    assert!(
        page.contains("<svg") && page.contains("<td><div class=\"good\">passed"),
        "{page}"
    );
    shop.seam("matrix --html no/such/folder/matrix.html")
        .refuses("cannot write no/such/folder/matrix.html");
}
