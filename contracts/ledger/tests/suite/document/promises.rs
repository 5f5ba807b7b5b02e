//! Parts of a pact that the content hash depends on, and parts that it does not.

use std::collections::BTreeSet;

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
    fn one_text_in_two_versions_of_the_specification_is_two_promises(interactions in interactions()) {
        let hash = |version: &str| {
            let http = interactions.iter().cloned().map(|mut one| {
                one["type"] = "Synchronous/HTTP".into();
                one["request"] = json!({ "path": "/" });
                one["response"] = json!({ "status": 200, "body": one["contents"] });
                one
            });
            let mut json = file(&http.collect::<Vec<_>>(), &json!({}));
            json["metadata"]["pactSpecification"]["version"] = version.into();
            pact(&json).content_hash()
        };
        let hashes: BTreeSet<_> = ["2.0.0", "3.0.0", "4.0"].into_iter().map(hash).collect();
        prop_assert_eq!(hashes.len(), 3);
        prop_assert_eq!(hash("3.0.0"), hash("3.0.1"), "they are read in the same way");
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

#[test]
fn a_plugin_that_reads_the_contents_is_part_of_the_promise() {
    let message = json!({ "type": "Asynchronous/Messages", "description": "d" });
    let with = |plugins: Value| pact(&file(std::slice::from_ref(&message), &json!({ "plugins": plugins })));
    let plain = pact(&file(std::slice::from_ref(&message), &json!({})));
    let csv = with(json!([{ "name": "csv", "version": "0.0.1" }]));
    assert_ne!(csv.content_hash(), plain.content_hash());
    assert_ne!(
        csv.content_hash(),
        with(json!([{ "name": "csv", "version": "0.0.2" }])).content_hash()
    );
    assert_eq!(with(json!([])).content_hash(), plain.content_hash());
    assert_eq!(
        pact(&serde_json::from_str(&csv.to_file_text()).unwrap()).content_hash(),
        csv.content_hash()
    );
}

/// A pact of this version with one interaction of its list, and the paths of all that it can say.
fn everything_said(version: &str, list: &str) -> Value {
    let rules = json!({ "body": { "$.a": { "matchers": [{ "match": "type" }] } } });
    let generators = json!({ "body": { "$.a": { "type": "Uuid" } } });
    let (request_body, response_body) = match version {
        "4.0" => (
            json!({ "content": { "a": 1 }, "encoded": false }),
            json!({ "content": { "a": 2 } }),
        ),
        _ => (json!({ "a": 1 }), json!({ "a": 2 })),
    };
    let mut interaction = if list == "messages" || list == "asynchronous" {
        json!({
            "description": "d", "providerStates": [{ "name": "s", "params": { "p": 1 } }], "contents": request_body,
            "metadata": { "topic": "t" }, "matchingRules": rules, "generators": generators,
        })
    } else {
        json!({
            "description": "d", "providerStates": [{ "name": "s", "params": { "p": 1 } }],
            "request": {
                "method": "POST", "path": "/a", "query": { "q": ["1"] }, "headers": { "X-Sent": "1" },
                "body": request_body, "matchingRules": rules, "generators": generators,
            },
            "response": {
                "status": 201, "headers": { "X-Got": "1" }, "body": response_body, "matchingRules": rules,
                "generators": generators,
            },
        })
    };
    if version == "4.0" {
        let kind = if list == "asynchronous" {
            "Asynchronous/Messages"
        } else {
            "Synchronous/HTTP"
        };
        interaction["type"] = kind.into();
        interaction["pending"] = false.into();
        interaction["transport"] = "http".into();
        interaction["pluginConfiguration"] = json!({ "csv": 1 });
    }
    let list = if list == "messages" { list } else { "interactions" };
    json!({
        "consumer": { "name": "c" }, "provider": { "name": "p" }, list: [interaction],
        "metadata": { "pactSpecification": { "version": version } },
    })
}

#[test]
fn nothing_that_an_interaction_says_can_go_or_change_under_the_same_hash() {
    for (version, list) in [
        ("3.0.0", "interactions"),
        ("3.0.0", "messages"),
        ("4.0", "interactions"),
        ("4.0", "asynchronous"),
    ] {
        let json = everything_said(version, list);
        let before = pact(&json).content_hash();
        let place = if list == "messages" {
            "/messages/0"
        } else {
            "/interactions/0"
        };
        let said = paths(json.pointer(place).unwrap());
        let mut seen = 0;
        for path in said.iter().map(|path| format!("{place}{path}")) {
            let mut less = json.clone();
            let (parent, name) = path.rsplit_once('/').unwrap();
            match less.pointer_mut(parent).unwrap() {
                Value::Object(fields) => drop(fields.remove(name)),
                Value::Array(items) => drop(items.remove(0)),
                _ => unreachable!(),
            }
            let mut other = json.clone();
            let value = other.pointer_mut(&path).unwrap();
            *value = match &*value {
                Value::String(text) => format!("{text}x").into(),
                Value::Number(number) => (number.as_i64().unwrap() + 1).into(),
                Value::Bool(flag) => (!*flag).into(),
                Value::Array(items) => json!([items.as_slice(), &[json!(1)]].concat()),
                Value::Object(fields) => {
                    let mut more = fields.clone();
                    more.insert("more".to_owned(), json!(1));
                    more.into()
                }
                Value::Null => json!(1),
            };
            for changed in [less, other] {
                // A field that an interaction must have can't go; the reader says so.
                if let Ok(changed) = ledger::document::Document::parse("changed.json", changed.to_string().as_bytes()) {
                    assert_ne!(changed.content_hash(), before, "{version} {list}: {path}");
                    seen += 1;
                }
            }
        }
        assert!(seen > 20, "{version} {list}: only {seen} changes were read");
    }
}
