//! Parts of a pact that the content hash depends on, and parts that it does not.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::pact;

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>()
            .prop_filter("JSON has no NaN", |x| x.is_finite())
            .prop_map(Value::from),
        "[a-c\"\\\\/é]{0,3}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-d]|id|key", inner, 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

fn interaction() -> impl Strategy<Value = Value> {
    ("[a-b]{1,2}", any_json(), any_json(), 0..3u8, any::<bool>()).prop_map(
        |(description, body, param, kind, pending)| {
            let body = json!({ "content": body });
            let mut json = json!({
                "description": description,
                "providerStates": [{ "name": "s", "params": { "p": param } }],
                "pending": pending,
            });
            let rest = match kind {
                0 => json!({ "type": "Synchronous/HTTP", "request": { "path": "/" }, "response": { "body": body } }),
                1 => json!({ "type": "Asynchronous/Messages", "contents": body }),
                _ => json!({ "type": "Synchronous/Messages", "request": {}, "response": [{ "contents": body }] }),
            };
            let fields = json.as_object_mut().unwrap();
            fields.extend(rest.as_object().unwrap().clone());
            json
        },
    )
}

fn interactions() -> impl Strategy<Value = Vec<Value>> {
    prop::collection::vec(interaction(), 1..5)
}

fn file(interactions: &[Value], metadata: &Value) -> Value {
    let mut metadata = metadata.as_object().cloned().unwrap_or_default();
    metadata.insert("pactSpecification".to_owned(), json!({ "version": "4.0" }));
    json!({
        "consumer": { "name": "c" }, "provider": { "name": "p" }, "interactions": interactions, "metadata": metadata,
    })
}

/// The JSON with the keys of every object written backwards, which no map of serde_json does.
fn backwards(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let fields: Vec<String> = fields
                .iter()
                .rev()
                .map(|(name, value)| format!("{}: {}", Value::from(name.as_str()), backwards(value)))
                .collect();
            format!("{{ {} }}", fields.join(" ,\n"))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(backwards).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}

/// The paths of all values below this one.
fn paths(value: &Value) -> Vec<String> {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), value)).collect(),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(index, value)| (index.to_string(), value))
            .collect(),
        _ => Vec::new(),
    };
    let mut all = Vec::new();
    for (name, value) in children {
        all.push(format!("/{name}"));
        all.extend(paths(value).into_iter().map(|path| format!("/{name}{path}")));
    }
    all
}

/// Says whether the reader accepts any value at this place; other places have a type.
fn is_free(path: &str) -> bool {
    [
        "/response/body/content",
        "/contents/content",
        "/response/0/contents/content",
        "/providerStates/0/params/",
    ]
    .into_iter()
    .any(|free| path.starts_with(free))
}

proptest! {
    #[test]
    fn the_hash_does_not_depend_on_the_order_of_keys(interactions in interactions()) {
        let json = file(&interactions, &json!({}));
        let other = ledger::document::Document::parse("other.json", backwards(&json).as_bytes()).unwrap();
        prop_assert_eq!(other.content_hash(), pact(&json).content_hash());
        prop_assert_eq!(other.to_file_text(), pact(&json).to_file_text());
    }

    #[test]
    fn the_hash_does_not_depend_on_the_order_of_interactions(
        (one, other) in interactions().prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle()))
    ) {
        let (one, other) = (pact(&file(&one, &json!({}))), pact(&file(&other, &json!({}))));
        prop_assert_eq!(other.content_hash(), one.content_hash());
        prop_assert_eq!(other.to_file_text(), one.to_file_text());
    }

    #[test]
    fn the_hash_does_not_depend_on_metadata_and_what_tools_generate(
        interactions in interactions(), by_tools in any_json()
    ) {
        let plain = pact(&file(&interactions, &json!({})));
        let marked: Vec<Value> = interactions.iter().cloned().map(|mut interaction| {
            for name in ["key", "id", "_id", "_links"] {
                interaction[name] = by_tools.clone();
            }
            interaction
        }).collect();
        let mut marked = file(&marked, &json!({ "pactRust": by_tools.clone() }));
        marked["_links"] = by_tools;
        let marked = pact(&marked);
        prop_assert_eq!(marked.content_hash(), plain.content_hash());
        prop_assert_eq!(marked.to_file_text(), plain.to_file_text());
    }

    #[test]
    fn any_change_in_an_interaction_changes_the_hash(
        all in interactions(),
        which in any::<prop::sample::Index>(),
        place in any::<prop::sample::Index>(),
        new in any_json()
    ) {
        let before = pact(&file(&all, &json!({}))).content_hash();
        let mut changed = all;
        let one = which.get(&changed).clone();
        let free: Vec<String> = paths(&one).into_iter().filter(|path| is_free(path)).collect();
        let path = place.get(&free);
        let at = which.index(changed.len());
        let old = changed[at].pointer_mut(path).unwrap();
        prop_assume!(*old != new);
        *old = new;
        prop_assert_ne!(pact(&file(&changed, &json!({}))).content_hash(), before.clone(), "{}", path);

        changed[at] = one;
        changed[at]["description"] = "another".into();
        prop_assert_ne!(pact(&file(&changed, &json!({}))).content_hash(), before.clone());
        changed.remove(at);
        prop_assert_ne!(pact(&file(&changed, &json!({}))).content_hash(), before);
    }

    #[test]
    fn the_hash_depends_on_both_names(interactions in interactions()) {
        let json = file(&interactions, &json!({}));
        let before = pact(&json).content_hash();
        for side in ["consumer", "provider"] {
            let mut other: Map<String, Value> = json.as_object().unwrap().clone();
            other.insert(side.to_owned(), json!({ "name": "another" }));
            prop_assert_ne!(pact(&Value::Object(other)).content_hash(), before.clone());
        }
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "[\\[\\]{}\":,0-9a-z ]{0,60}") {
        let _ = ledger::document::Document::parse("any.json", text.as_bytes());
    }
}

#[test]
fn the_same_message_of_another_kind_is_another_promise() {
    let as_kind = |kind: &str| {
        let one = json!({ "type": kind, "description": "d", "request": {}, "response": [] });
        pact(&file(&[one], &json!({}))).content_hash()
    };
    assert_ne!(as_kind("Asynchronous/Messages"), as_kind("Synchronous/Messages"));
}
