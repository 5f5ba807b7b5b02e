use serde_json::json;
use verifier::{Verification, report};

use crate::shop::{file, provider, shows_the_order, strictly};

/// One consumer breaks, with a text that is dangerous in XML; another does not.
async fn broken() -> Verification {
    let server = provider().await;
    let mut broken = shows_the_order(json!({ "description": "show <b>\"it\"</b> & more" }));
    broken["response"]["body"]["content"]["status"] = json!("<shipped>");
    strictly(
        &server,
        &[file("app", &[broken]), file("shop", &[shows_the_order(json!({}))])],
    )
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_text_leads_with_what_broke_for_whom_and_where() {
    let text = report::text(&broken().await);

    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    assert_eq!(lines[0], "orders breaks app: show <b>\"it\"</b> & more");
    assert_eq!(
        lines[1..4],
        ["body $.status", "expected \"<shipped>\"", "got      \"paid\""]
    );
    assert_eq!(lines.last(), Some(&"FAIL orders v1: 1 of 2 interactions"));
}

#[tokio::test(flavor = "multi_thread")]
async fn json_has_the_verdict_and_every_difference() {
    let json = report::json(&[broken().await]);

    let verification = &json["verifications"][0];
    assert_eq!(verification["verdict"], "fail");
    let difference = &verification["consumers"][0]["interactions"][0]["differences"][0];
    assert_eq!(
        (&difference["part"], &difference["path"]),
        (&json!("body"), &json!("$.status"))
    );
    assert_eq!(verification["consumers"][1]["interactions"][0]["outcome"], "passed");
}

#[tokio::test(flavor = "multi_thread")]
async fn junit_has_a_case_for_each_interaction_and_escapes_what_it_says() {
    let xml = report::junit(&[broken().await]);

    assert_eq!(xml.matches("<testcase ").count(), 2);
    assert_eq!(xml.matches("<failure ").count(), 1);
    assert!(
        xml.contains("name=\"show &lt;b&gt;&quot;it&quot;&lt;/b&gt; &amp; more\""),
        "{xml}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn junit_is_not_green_where_nothing_was_verified() {
    let nothing = strictly(&provider().await, &[]).await;

    let xml = report::junit(&[nothing]);

    assert!(xml.contains("<failure type=\"no_pacts\""), "{xml}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_stands_alone_and_escapes_what_it_says() {
    let page = report::html(&[broken().await], &[]);

    assert!(page.contains("show &lt;b&gt;&quot;it&quot;&lt;/b&gt; &amp; more"));
    assert!(
        !page.contains("<b>") && !page.contains("http://") && !page.contains("https://"),
        "{page}"
    );
    assert!(page.contains("&lt;shipped&gt;"));
}
