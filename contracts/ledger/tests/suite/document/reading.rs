use ledger::document::{ContentHash, Document, Kind, Specification};
use serde_json::{Value, json};

use super::pact;

fn version_2() -> Value {
    json!({
        "consumer": { "name": "storefront" },
        "provider": { "name": "orders" },
        "interactions": [{
            "description": "an order is read",
            "providerState": "order 5 exists",
            "request": { "method": "get", "path": "/v1/orders/5" },
            "response": { "status": 200, "body": { "id": 5 }, "matchingRules": { "$.body.id": { "match": "type" } } },
        }],
        "metadata": { "pact-specification": { "version": "2.0.0" }, "pact-rust": { "version": "0.1.2" } },
    })
}

fn version_3_messages() -> Value {
    json!({
        "consumer": { "name": "orders" },
        "provider": { "name": "payments" },
        "messages": [{
            "description": "a payment was captured",
            "providerStates": [{ "name": "a payment", "params": { "amount": 7 } }, { "name": "a customer" }],
            "contents": { "kind": "PaymentCaptured" },
            "metaData": { "topic": "payments" },
        }],
        "metadata": { "pactSpecification": { "version": "3.0.0" } },
    })
}

fn version_4() -> Value {
    json!({
        "consumer": { "name": "orders" },
        "provider": { "name": "inventory" },
        "interactions": [
            { "type": "Synchronous/Messages", "description": "stock is asked for",
              "request": {}, "response": [{}], "unheard": { "of": [1] } },
            { "type": "Asynchronous/Messages", "description": "stock was released",
              "contents": { "content": {} }, "pending": true },
            {
                "type": "Synchronous/HTTP", "key": "d1c2", "description": "stock is reserved", "pending": false,
                "providerStates": [{ "name": "there is stock", "params": { "sku": "a", "left": 3 } }],
                "request": { "method": "POST", "path": "/v2/reservations" },
                "response": { "status": 201 },
            },
        ],
        "metadata": { "pactRust": { "models": "1.3.17" }, "pactSpecification": { "version": "4.0" } },
    })
}

#[test]
fn version_2_is_read_with_its_one_state() {
    let document = pact(&version_2());

    assert_eq!(document.version(), Specification::V2);
    assert_eq!((document.consumer(), document.provider()), ("storefront", "orders"));
    let [interaction] = document.interactions() else {
        panic!("{document:?}")
    };
    assert_eq!(interaction.kind, Kind::Http);
    assert_eq!(interaction.description, "an order is read");
    assert_eq!(interaction.states[0].name, "order 5 exists");
    assert!(interaction.states[0].params.is_empty() && !interaction.pending);
    assert_eq!(interaction.raw, version_2()["interactions"][0]);
}

#[test]
fn versions_1_and_1_1_are_version_2_and_may_not_have_its_rules() {
    for version in ["1.0.0", "1.1.0", "1"] {
        let mut old = version_2();
        old["metadata"] = json!({ "pactSpecification": { "version": version } });
        let refused = Document::parse("shop.json", old.to_string().as_bytes()).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "shop.json: /interactions/0/response/matchingRules is an object; wanted nothing, since version 1 of the \
             specification has no rules, or version 2; fix the suite that writes it"
        );

        old["interactions"][0]["response"]["matchingRules"] = json!({});
        let document = pact(&old);
        assert_eq!(document.version(), Specification::V2);
        assert_eq!(document.interactions()[0].states[0].name, "order 5 exists");
    }
}

#[test]
fn the_messages_of_version_3_are_interactions_with_states_and_parameters() {
    let document = pact(&version_3_messages());

    assert_eq!(document.version(), Specification::V3);
    let [interaction] = document.interactions() else {
        panic!("{document:?}")
    };
    assert_eq!(interaction.kind, Kind::AsyncMessage);
    let states: Vec<_> = interaction.states.iter().map(|state| state.name.as_str()).collect();
    assert_eq!(states, ["a payment", "a customer"], "in the order of the file");
    assert_eq!(interaction.states[0].params["amount"], 7);
}

#[test]
fn version_4_is_read_with_all_three_kinds_and_what_is_not_understood_is_kept() {
    let document = pact(&version_4());

    let kinds: Vec<_> = document.interactions().iter().map(|one| one.kind).collect();
    assert_eq!(kinds, [Kind::SyncMessage, Kind::AsyncMessage, Kind::Http]);
    let pending: Vec<_> = document.interactions().iter().map(|one| one.pending).collect();
    assert_eq!(pending, [false, true, false]);
    assert_eq!(document.interactions()[0].raw["unheard"], json!({ "of": [1] }));
    assert_eq!(document.raw(), &version_4());
}

#[test]
fn a_file_without_a_version_is_read_as_version_3() {
    let mut json = version_2();
    json.as_object_mut().unwrap().remove("metadata");
    assert_eq!(pact(&json).version(), Specification::V3);
    json["metadata"] = json!({ "pactSpecification": { "version": null } });
    assert_eq!(pact(&json).version(), Specification::V3, "some tools write null");
}

#[test]
fn what_is_committed_reads_back_with_the_same_hash_and_holds_no_versions_of_tools() {
    for json in [version_2(), version_3_messages(), version_4()] {
        let document = pact(&json);
        let text = document.to_file_text();
        let again = Document::parse("again.json", text.as_bytes()).unwrap();

        assert_eq!(again.content_hash(), document.content_hash());
        assert_eq!(again.version(), document.version());
        assert_eq!(
            again.to_file_text(),
            text,
            "the canonical form of the canonical form is itself"
        );
        assert!(
            !text.contains("rust") && !text.contains("Rust") && !text.contains("d1c2"),
            "{text}"
        );
    }
}

#[test]
fn what_is_committed_looks_like_this() {
    let mut json = version_4();
    json["interactions"].as_array_mut().unwrap().drain(..2);
    let wanted = r#"{
  "consumer": {
    "name": "orders"
  },
  "interactions": [
    {
      "description": "stock is reserved",
      "pending": false,
      "providerStates": [
        {
          "name": "there is stock",
          "params": {
            "left": 3,
            "sku": "a"
          }
        }
      ],
      "request": {
        "method": "POST",
        "path": "/v2/reservations"
      },
      "response": {
        "status": 201
      },
      "type": "Synchronous/HTTP"
    }
  ],
  "metadata": {
    "pactSpecification": {
      "version": "4.0"
    }
  },
  "provider": {
    "name": "inventory"
  }
}
"#;
    assert_eq!(pact(&json).to_file_text(), wanted);
}

#[test]
fn a_hash_is_64_digits_and_nothing_else_is_one() {
    let hash = pact(&version_4()).content_hash();
    assert_eq!(hash.as_str().len(), 64);
    assert_eq!(hash.as_str().parse::<ContentHash>().unwrap(), hash);

    let error = "ABC".parse::<ContentHash>().unwrap_err().to_string();
    assert_eq!(error, "'ABC' is not a content hash; wanted 64 lower-case hex digits");
    assert!(serde_json::from_value::<ContentHash>(json!(hash.short())).is_err());
}
