//! Answers that are compressed, and numbers that are written in another way, hold the same as others.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};
use verifier::{Outcome, Verdict, Verification};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::path};

use crate::shop::{provider_of, strictly, version_3};

fn gzip(body: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(body.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn pact(headers: Value) -> Value {
    let mut pact = version_3(json!({ "headers": { "content-type": "application/json" }, "body": { "a": 1 } }));
    pact["interactions"][0]["request"]["headers"] = headers;
    pact
}

async fn answered(coding: &str, body: Vec<u8>, pact: Value) -> Verification {
    let server = MockServer::start().await;
    let answer = ResponseTemplate::new(200).set_body_raw(body, "application/json");
    let answer = answer.insert_header("content-encoding", coding);
    Mock::given(path("/orders/1")).respond_with(answer).mount(&server).await;
    strictly(&server, &[pact]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_in_gzip_is_read_whether_it_was_asked_for_or_not() {
    for headers in [json!({}), json!({ "Accept-Encoding": "gzip" })] {
        let right = answered("gzip", gzip(r#"{"a":1}"#), pact(headers.clone())).await;
        assert_eq!(right.verdict(), Verdict::Pass, "{right:?}");
        let wrong = answered("gzip", gzip(r#"{"a":2}"#), pact(headers)).await;
        let (_, failed) = wrong.failures().next().unwrap();
        assert!(matches!(&failed.outcome, Outcome::Differs { differences } if differences[0].got == "2"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_not_in_the_coding_it_names_fails() {
    for coding in ["gzip", "deflate"] {
        let strict = answered(coding, br#"{"a":1}"#.to_vec(), pact(json!({}))).await;
        assert_eq!(strict.verdict(), Verdict::Fail);
        let (_, failed) = strict.failures().next().unwrap();
        let words = format!("GET /orders/1: the body is not encoded as {coding}, which its Content-Encoding says");
        assert!(format!("{failed:?}").contains(&words), "{failed:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_coding_that_is_not_decoded_is_named() {
    let strict = answered("br", b"\x0b\x03\x80{}\x03".to_vec(), pact(json!({}))).await;
    assert_eq!(strict.verdict(), Verdict::Fail);
    assert!(
        format!("{strict:?}").contains("it is encoded as br; only gzip and deflate are decoded"),
        "{strict:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_is_the_same_however_it_is_written() {
    let with = |example: &str, rule: Option<&str>| {
        let mut pact = version_3(json!({ "headers": { "content-type": "application/json" } }));
        let response = &mut pact["interactions"][0]["response"];
        response["body"] = json!({ "list": [{ "n": serde_json::from_str::<Value>(example).unwrap() }] });
        if let Some(rule) = rule {
            response["matchingRules"] = json!({ "body": { "$.list[0].n": { "matchers": [{ "match": rule }] } } });
        }
        pact
    };
    for (example, rule, answer, wanted) in [
        ("10.0", None, "10", Verdict::Pass),
        ("10", None, "10.0", Verdict::Pass),
        ("10", None, "1e1", Verdict::Pass),
        ("10.0", Some("equality"), "10", Verdict::Pass),
        ("10.0", None, "11", Verdict::Fail),
        ("10.5", None, "10", Verdict::Fail),
        ("10.0", None, "\"10\"", Verdict::Fail),
        ("9007199254740993", None, "9007199254740992.0", Verdict::Fail),
        ("10.0", Some("decimal"), "10", Verdict::Fail),
        ("10", Some("integer"), "10.0", Verdict::Fail),
    ] {
        let body = format!(r#"{{"list":[{{"n":{answer}}}]}}"#);
        let server = provider_of("application/json", &body, json!({})).await;
        let strict = strictly(&server, &[with(example, rule)]).await;
        assert_eq!(strict.verdict(), wanted, "{example} {rule:?} {answer}: {strict:?}");
    }
}
