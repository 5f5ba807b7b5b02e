use ledger::document::Document;
use serde_json::{Value, json};

fn refusal(text: &str) -> String {
    Document::parse("shop.json", text.as_bytes()).unwrap_err().to_string()
}

fn sound() -> Value {
    json!({
        "consumer": { "name": "c" }, "provider": { "name": "p" },
        "interactions": [{ "type": "Synchronous/HTTP", "description": "d", "request": {}, "response": {} }],
        "metadata": { "pactSpecification": { "version": "4.0" } },
    })
}

/// The refusal of a sound pact in which one field is another, or is missing.
fn refusal_with(path: &str, value: Option<Value>) -> String {
    let mut json = sound();
    let (parent, name) = path.rsplit_once('/').unwrap();
    let parent = json.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    match value {
        Some(value) => drop(parent.insert(name.to_owned(), value)),
        None => drop(parent.remove(name)),
    }
    refusal(&json.to_string())
}

#[test]
fn json_that_is_cut_off_is_refused_with_the_place_where_it_ends() {
    let text = format!("{:#}", sound());
    let cut = &text[..text.find("interactions").unwrap()];
    assert_eq!(
        refusal(cut),
        "shop.json is cut off: its JSON ends at line 5 column 3; restore it from git, or make \
         its consumer's suite write it again"
    );
    for end in 0..text.trim_end().len() {
        assert!(refusal(&text[..end]).contains("shop.json is cut off"), "cut at {end}");
    }
}

#[test]
fn what_is_not_json_is_refused_with_line_and_column() {
    let said = refusal("{\n  \"consumer\": <<<<<<< ours\n");
    assert!(
        said.starts_with("shop.json is not JSON: expected value at line 2 column 15"),
        "{said}"
    );
}

#[test]
fn json_of_another_kind_is_refused_as_no_pact() {
    for (text, seen) in [
        ("[1]", "it is an array; wanted"),
        ("7", "it is the number 7; wanted"),
        (
            r#"{"openapi":"3.1.0"}"#,
            "it is an object without consumer and provider and interactions; wanted",
        ),
        (
            r#"{"consumer":1,"provider":2}"#,
            "it is an object without interactions; wanted",
        ),
    ] {
        let said = refusal(text);
        assert!(
            said.starts_with("shop.json is JSON, but not a pact: ") && said.contains(seen),
            "{said}"
        );
    }
}

#[test]
fn another_version_of_the_specification_is_refused_by_its_number() {
    for (version, seen) in [(json!("0.9"), "'0.9'"), (json!("5"), "'5'"), (json!("new"), "'new'")] {
        let said = refusal_with("/metadata/pactSpecification/version", Some(version));
        assert!(
            said.contains(&format!("follows version {seen}")) && said.contains("wanted 1, 2, 3 or 4"),
            "{said}"
        );
    }
}

/// Path, value, and the words of the refusal.
type Case = (&'static str, Option<Value>, &'static str);

fn all_refused(cases: impl IntoIterator<Item = Case>) {
    for (path, value, wanted) in cases {
        let said = refusal_with(path, value);
        let named = said.starts_with("shop.json: ") && said.contains(wanted);
        assert!(named, "wanted {wanted}, got {said}");
    }
}

#[test]
fn a_field_of_the_file_that_is_missing_or_mistyped_is_named_with_what_stands_there() {
    all_refused([
        ("/consumer/name", None, "/consumer/name is missing; wanted text"),
        ("/provider", Some(json!("p")), "/provider/name is missing; wanted text"),
        (
            "/provider/name",
            Some(json!("")),
            "/provider/name is the text ''; wanted text that is not empty",
        ),
        (
            "/interactions",
            Some(json!({})),
            "/interactions is an object; wanted an array",
        ),
        (
            "/interactions",
            Some(json!([1])),
            "/interactions/0 is the number 1; wanted an object",
        ),
    ]);
}

#[test]
fn a_field_of_an_interaction_that_is_missing_or_mistyped_is_named_with_what_is_wanted() {
    let bad_params = json!([{ "name": "n", "params": [] }]);
    let states = "/interactions/0/providerStates";
    all_refused([
        (
            "/interactions/0/description",
            None,
            "/interactions/0/description is missing",
        ),
        (
            "/interactions/0/type",
            None,
            "type is missing; wanted one of 'Synchronous/HTTP'",
        ),
        (
            "/interactions/0/type",
            Some(json!("Pigeon")),
            "the text 'Pigeon'; wanted one of",
        ),
        (
            "/interactions/0/request",
            None,
            "/interactions/0/request is missing; wanted an object",
        ),
        (
            "/interactions/0/response",
            Some(json!([])),
            "response is an array; wanted an object",
        ),
        (
            "/interactions/0/pending",
            Some(json!("no")),
            "pending is the text 'no'; wanted true or false",
        ),
        (
            states,
            Some(json!([{}])),
            "/providerStates/0/name is missing; wanted text",
        ),
        (states, Some(json!({})), "/providerStates is an object; wanted an array"),
        (
            states,
            Some(bad_params),
            "/providerStates/0/params is an array; wanted an object",
        ),
    ]);
}

#[test]
fn a_body_without_its_content_is_refused_as_it_would_ask_for_nothing() {
    let wanted = "is missing; wanted what is sent, as JSON or text";
    let wrapper = || Some(json!({ "contentType": "application/json", "encoded": false }));
    all_refused([
        (
            "/interactions/0/response/body",
            wrapper(),
            "/interactions/0/response/body/content is missing",
        ),
        (
            "/interactions/0/request/body",
            wrapper(),
            "/interactions/0/request/body/content is missing",
        ),
        (
            "/interactions/0/response/body",
            Some(json!([])),
            "/interactions/0/response/body is an array; wanted an object",
        ),
    ]);
    for (kind, part) in [
        ("Asynchronous/Messages", json!({ "contents": {} })),
        (
            "Synchronous/Messages",
            json!({ "request": { "contents": {} }, "response": [] }),
        ),
        (
            "Synchronous/Messages",
            json!({ "request": {}, "response": [{ "contents": {} }] }),
        ),
    ] {
        let mut one = json!({ "type": kind, "description": "d" });
        one.as_object_mut().unwrap().extend(part.as_object().unwrap().clone());
        let said = refusal_with("/interactions", Some(json!([one])));
        assert!(said.contains(&format!("contents/content {wanted}")), "{said}");
    }
    let mut empty = sound();
    empty["interactions"][0]["response"]["body"] = json!({ "content": "" });
    assert!(
        Document::parse("shop.json", empty.to_string().as_bytes()).is_ok(),
        "an empty body is a promise too"
    );
}

#[test]
fn a_file_that_is_not_there_is_refused_by_its_name() {
    let said = Document::read("no/such.json".as_ref()).unwrap_err().to_string();
    assert!(said.starts_with("cannot read no/such.json: "), "{said}");
}

#[test]
fn a_status_that_http_does_not_have_is_refused_by_its_path() {
    let path = "/interactions/0/response/status";
    for (status, seen) in [
        (json!("200"), "the text '200'"),
        (json!(null), "null"),
        (json!([200]), "an array"),
        (json!(-1), "the number -1"),
        (json!(200.5), "the number 200.5"),
        (json!(99), "the number 99"),
        (json!(600), "the number 600"),
        (json!(65736), "the number 65736"),
    ] {
        let said = refusal_with(path, Some(status));
        assert!(
            said.starts_with(&format!("shop.json: {path} is {seen}; wanted a whole number")),
            "{said}"
        );
    }
    let mut edges = sound();
    for status in [100, 200, 599] {
        edges["interactions"][0]["response"]["status"] = json!(status);
        assert!(
            Document::parse("shop.json", edges.to_string().as_bytes()).is_ok(),
            "{status}"
        );
    }
}

#[test]
fn a_whole_number_beyond_64_bits_is_refused_by_its_path_since_it_would_be_rounded() {
    for digits in [
        "18446744073709551616",
        "-9223372036854775809",
        "12345678901234567890123",
    ] {
        let mut json = sound();
        json["interactions"][0]["response"]["body"] = json!({ "content": { "a/b": [true, "1\"", { "i": "NUMBER" }] } });
        let said = refusal(&json.to_string().replace("\"NUMBER\"", digits));
        let place = "/interactions/0/response/body/content/a~1b/2/i";
        assert!(
            said.starts_with(&format!("shop.json: {place} is the number {digits}; wanted")),
            "{said}"
        );
    }
    let mut json = sound();
    json["interactions"][0]["response"]["body"] =
        json!({ "content": [u64::MAX, i64::MIN, 1e300, 2.5e22, "123456789012345678901234567890"] });
    assert!(Document::parse("shop.json", json.to_string().as_bytes()).is_ok());
}

#[test]
fn a_byte_order_mark_is_named() {
    for mark in [&b"\xEF\xBB\xBF"[..], b"\xFF\xFE", b"\xFE\xFF"] {
        let text = [mark, sound().to_string().as_bytes()].concat();
        let said = Document::parse("shop.json", &text).unwrap_err().to_string();
        assert!(said.starts_with("shop.json begins with a byte-order mark"), "{said}");
    }
}
