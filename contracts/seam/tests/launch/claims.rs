//! The claim that an operator's request brings.

use http::{HeaderName, header};
use seam::launch::{CLAIM_HEADER, Stage, Status};
use serde_json::Value;

use crate::admin::{OFF, Place, TOKEN, ask, asked, reads};

#[tokio::test]
async fn a_claim_in_a_request_is_judged_by_in_its_answer_alone_and_one_that_is_none_is_refused() {
    let place = Place::new(OFF);
    let body = serde_json::to_value(reads(Stage::Shadow, "5 %")).unwrap();
    asked(&place.admin, "PUT /admin/launch/till", "*", body).await.is(200);
    let token = format!("Bearer {TOKEN}");
    let judged = async |claim: Option<&str>| {
        let mut headers = vec![(header::AUTHORIZATION, token.as_str())];
        headers.extend(claim.map(|claim| (HeaderName::from_static(CLAIM_HEADER), claim)));
        ask(&place.admin, "GET /admin/launch/till", &headers, &Value::Null).await
    };
    let needed = async |claim: Option<&str>| {
        let status: Status = judged(claim).await.is(200).read();
        status.gate.methods[0].needed
    };

    assert_eq!(needed(Some(r#"{"mismatches_below":0.05}"#)).await, 60);
    assert_eq!(needed(None).await, 3_000);
    for (claim, says) in [
        ("{", "x-seam-claim: EOF"),
        (r#"{"bound":0.05}"#, "unknown field `bound`"),
        (
            r#"{"mismatches_below":0.0}"#,
            "mismatches_below is 0, wanted a share above 0",
        ),
        (
            r#"{"left_out_below":1.5}"#,
            "left_out_below is 1.5, wanted a share above 0",
        ),
        (r#"{"exempt":[["pay"," "]]}"#, "exempt method pay has no reason"),
    ] {
        let error = judged(Some(claim)).await.is(422).error();
        assert!(error.contains(says), "{error}");
    }
}
