//! Messages whose example has parts that only the provider knows.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use verifier::{Outcome, Stage, Verdict};
use wiremock::{MockServer, ResponseTemplate};

use crate::shop::{PROVIDER, answers, file, provider, strictly, tells_of_payment};

/// A pact of version 3 with one message.
fn third(message: Value) -> Value {
    json!({
        "consumer": { "name": "shop" },
        "provider": { "name": PROVIDER },
        "messages": [message],
        "metadata": { "pactSpecification": { "version": "3.0.0" } },
    })
}

async fn gives(contents: Value, metadata: Value) -> MockServer {
    let server = MockServer::start().await;
    let message = ResponseTemplate::new(200).set_body_json(contents);
    let message = message.insert_header("pact-message-metadata", STANDARD.encode(metadata.to_string()));
    answers(&server, "/messages", message).await;
    let values = ResponseTemplate::new(200).set_body_json(json!({ "id": "0904" }));
    answers(&server, "/states", values).await;
    server
}

#[tokio::test(flavor = "multi_thread")]
async fn the_media_type_is_that_of_the_message_and_not_of_the_way_to_it() {
    let typed = "application/json; charset=UTF-8";
    let pact = |name: &str| {
        third(json!({
            "description": "an order is paid", "metaData": { name: typed }, "contents": { "n": 1 },
        }))
    };
    for name in ["Content-Type", "contentType", "content-type"] {
        let server = gives(json!({ "n": 1 }), json!({ name: typed })).await;
        let strict = strictly(&server, &[pact(name)]).await;
        assert_eq!(strict.verdict(), Verdict::Pass, "{name}: {strict:?}");
        let server = gives(json!({ "n": 1 }), json!({ name: "text/xml" })).await;
        let strict = strictly(&server, &[pact(name)]).await;
        assert_eq!(strict.verdict(), Verdict::Fail, "{name}: {strict:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn values_of_states_are_wanted_in_contents_and_metadata() {
    let generator = json!({ "type": "ProviderState", "expression": "${id}" });
    let generators = json!({ "body": { "$.order": generator }, "metadata": { "key": generator } });
    let states = json!([{ "name": "an order" }]);
    let of_3 = third(json!({
        "description": "an order is paid", "providerStates": states, "contents": { "order": "4beb" },
        "metaData": { "contentType": "application/json", "key": "4beb" }, "generators": generators,
    }));
    let of_4 = file(
        "shop",
        &[tells_of_payment(json!({
            "providerStates": states, "generators": generators,
            "contents": { "content": { "order": "4beb" }, "contentType": "application/json", "encoded": false },
            "metadata": { "key": "4beb" },
        }))],
    );
    for pact in [of_3, of_4] {
        for (order, key, wanted) in [
            ("0904", "0904", Verdict::Pass),
            ("4beb", "0904", Verdict::Fail),
            ("0904", "4beb", Verdict::Fail),
        ] {
            let server = gives(json!({ "order": order }), json!({ "key": key })).await;
            let strict = strictly(&server, std::slice::from_ref(&pact)).await;
            assert_eq!(strict.verdict(), wanted, "{order} {key}: {strict:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_whose_value_no_state_hands_back_fails() {
    let server = provider().await;
    let generators = json!({ "body": { "$.paid": { "type": "ProviderState", "expression": "${nothing}" } } });
    let pact = file("shop", &[tells_of_payment(json!({ "generators": generators }))]);

    let strict = strictly(&server, &[pact]).await;

    let (_, failed) = strict.failures().next().unwrap();
    assert!(
        matches!(&failed.outcome, Outcome::Failed { stage: Stage::Ask, reason } if reason.contains("nothing")),
        "{failed:?}"
    );
}
