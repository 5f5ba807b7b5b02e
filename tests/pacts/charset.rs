//! JSON is JSON, however the provider spells the name of its charset: `pact_consumer`'s shortcut for JSON would
//! promise one spelling.

use std::path::Path;

use ledger::{
    document::Document,
    source::{FoundPact, Source},
};
use pact_consumer::builders::{HttpPartBuilder, InteractionBuilder};
use pact_models::v4::interaction::V4Interaction;
use serde_json::json;
use verifier::mutate::{Reply, Subject};

const AS_WELL: &str = "application/json;charset=utf-8";

/// Number of JSON replies in the pact, and of those that it refuses under the other spelling.
async fn refused(pact: &FoundPact) -> (usize, usize) {
    let (mut replies, mut refused) = (0, 0);
    for interaction in pact.document.interactions() {
        let subject = Subject::load(pact, interaction).unwrap();
        let Reply::Http(mut reply) = subject.example().clone() else {
            continue;
        };
        let types = reply.headers.iter_mut();
        for (_, value) in types.filter(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
            AS_WELL.clone_into(value);
            replies += 1;
        }
        let differences = subject.judge(&Reply::Http(reply)).await.unwrap();
        refused += usize::from(!differences.is_empty());
    }
    (replies, refused)
}

#[tokio::test]
async fn no_committed_pact_promises_how_the_charset_is_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../pacts");
    for pact in Source::Folder(folder).read().unwrap() {
        let (replies, refused) = refused(&pact).await;
        assert!(replies > 0 && refused == 0, "{}: {refused} of {replies}", pact.file);
    }
}

#[tokio::test]
async fn the_shortcut_for_json_would() {
    let mut interaction = InteractionBuilder::new("get an order", "");
    interaction.request.get().path("/orders/1");
    interaction.response.status(200).json_utf8().body("{}");
    let file = json!({
        "consumer": { "name": "shop" },
        "provider": { "name": "orders" },
        "interactions": [interaction.build_v4().to_json()],
        "metadata": { "pactSpecification": { "version": "4.0" } },
    });
    let document = Document::parse("shop-orders.json", file.to_string().as_bytes()).unwrap();
    let pact = FoundPact {
        file: "shop-orders.json".to_owned(),
        document,
    };

    assert_eq!(refused(&pact).await, (1, 1));
}
