use serde_json::{Value, json};
use verifier::{
    Part,
    mutate::{Operator, Strength, Subject},
    report,
};

use super::support::{answering, mutated, named, pact, rule, strength};

/// An interaction whose body is this text.
fn answering_text(content_type: &str, body: &str, rules: Value) -> Value {
    let mut interaction = answering(&json!(body), &rules);
    interaction["response"]["headers"]["content-type"] = json!([content_type]);
    interaction["response"]["body"]["contentType"] = json!(content_type);
    interaction
}

/// Bodies of the mutants that change the body, each with its operator and path.
fn bodies(interaction: &Value) -> Vec<(Operator, String, String)> {
    let pact = pact(interaction);
    let subject = Subject::load(&pact, &pact.document.interactions()[0]).unwrap();
    let of_body = subject.mutants().into_iter().filter(|mutant| mutant.part == Part::Body);
    let body = |text: &[u8]| String::from_utf8(text.to_vec()).unwrap();
    of_body
        .map(|mutant| (mutant.operator, mutant.path.clone(), body(mutant.reply.body())))
        .collect()
}

fn is_whole(strength: &Strength) -> bool {
    strength.unmutated.is_empty() && strength.survivors.is_empty() && strength.reaches(100)
}

#[tokio::test]
async fn text_is_changed_as_a_whole_even_if_it_could_be_json() {
    for (content_type, text) in [("text/plain", "paid"), ("text/csv", "a,b"), ("text/plain", "7")] {
        let exact = answering_text(content_type, text, json!({}));
        let operators: Vec<_> = bodies(&exact).iter().map(|(operator, ..)| *operator).collect();
        assert_eq!(operators, [Operator::Dropped, Operator::OutOfRange], "{text}");
        assert!(is_whole(&strength(&exact).await), "{text}");
    }
    let rules = json!({ "$": rule(json!({ "match": "regex", "regex": "^(paid|lost)$" })) });
    let one_of = answering_text("text/plain", "paid", rules);
    assert!(bodies(&one_of).contains(&(Operator::InRange, "$".to_owned(), "lost".to_owned())));
    assert!(is_whole(&strength(&one_of).await));
}

#[tokio::test]
async fn text_under_a_rule_that_takes_any_is_unprotected() {
    let rules = json!({ "$": rule(json!({ "match": "regex", "regex": "^.+$" })) });
    let any = strength(&answering_text("text/plain", "paid", rules)).await;
    assert_eq!((any.permitted, named(&any.survivors)), (1, Vec::new()), "{any:?}");
}

#[tokio::test]
async fn a_form_is_changed_field_by_field() {
    let form = |rules| answering_text("application/x-www-form-urlencoded", "id=7&note=a+b", rules);
    let digits = json!({ "$.id": rule(json!({ "match": "regex", "regex": "^[0-9]$" })) });
    let exact = [
        (Operator::Dropped, "$", ""),
        (Operator::Dropped, "$.id", "note=a+b"),
        (Operator::Renamed, "$.note", "id=7&note_=a+b"),
        (Operator::OutOfRange, "$.id", "id=1&note=a+b"),
    ];
    let under_rule = [
        (Operator::InRange, "$.id", "id=1&note=a+b"),
        (Operator::OutOfRange, "$.id", "id=7x&note=a+b"),
    ];
    for (rules, wanted) in [(json!({}), &exact[..]), (digits, &under_rule)] {
        let form = form(rules);
        let all = bodies(&form);
        for (operator, path, body) in wanted {
            let mutant = (*operator, (*path).to_owned(), (*body).to_owned());
            assert!(all.contains(&mutant), "{mutant:?} is missing: {all:?}");
        }
        assert!(is_whole(&strength(&form).await), "{all:?}");
    }
}

#[tokio::test]
async fn xml_is_changed_in_each_element_attribute_and_text() {
    let order = concat!(
        r#"<?xml version="1.0"?><!-- an order --><order id="a1" note='x'>"#,
        "\n  <total cur = \"EUR\" >3</total><line>lamp</line><line>sofa</line><gift/></order>"
    );
    let xml = |rules| answering_text("application/xml", order, rules);
    let exact = xml(json!({}));
    let all = bodies(&exact);
    let changes = |wanted: Operator, path: &str, old: &str, new: &str| {
        let body = order.replacen(old, new, 1);
        assert_ne!(body, order, "{old}");
        let is_it =
            |(operator, at, text): &(Operator, String, String)| *operator == wanted && at == path && *text == body;
        assert!(all.iter().any(is_it), "{wanted:?} {path} {body}: {all:#?}");
    };
    changes(
        Operator::Dropped,
        "$.order.total",
        "<total cur = \"EUR\" >3</total>",
        "",
    );
    changes(Operator::Dropped, "$.order.gift", "<gift/>", "");
    changes(Operator::Renamed, "$.order.gift", "<gift/>", "<gift_/>");
    changes(
        Operator::Renamed,
        "$.order.total",
        "<total cur = \"EUR\" >3</total>",
        "<total_ cur = \"EUR\" >3</total_>",
    );
    changes(Operator::Dropped, "$.order['@id']", "id=\"a1\"", "");
    changes(Operator::Renamed, "$.order['@note']", "note=", "note_=");
    changes(Operator::OutOfRange, "$.order['@note']", "'x'", "'a'");
    changes(Operator::OutOfRange, "$.order.total['@cur']", "\"EUR\"", "\"EUA\"");
    changes(Operator::OutOfRange, "$.order.total['#text']", ">3<", ">1<");
    changes(Operator::OutOfRange, "$.order.line['#text']", "sofa", "sofb");
    assert!(
        !all.iter()
            .any(|(operator, path, _)| path == "$.order.line" && *operator == Operator::Dropped)
    );
    let exact = strength(&exact).await;
    assert!(is_whole(&exact), "{exact:?}");

    let digits = xml(json!({ "$.order.total.#text": rule(json!({ "match": "regex", "regex": "^[0-9]$" })) }));
    let in_range = |(operator, path, _): &(Operator, String, String)| {
        *operator == Operator::InRange && path == "$.order.total['#text']"
    };
    assert!(bodies(&digits).iter().any(in_range));
    assert!(is_whole(&strength(&digits).await));
}

#[tokio::test]
async fn xml_under_a_type_rule_is_protected_in_its_elements_and_not_in_its_texts() {
    let under_type = json!({ "$": rule(json!({ "match": "type" })) });
    let one = strength(&answering_text(
        "application/xml",
        "<order><id>1</id></order>",
        under_type,
    ))
    .await;
    assert!(is_whole(&one), "{one:?}");
    assert!(one.permitted > 0 && one.contradictions.is_empty(), "{one:?}");
}

#[tokio::test]
async fn a_body_in_which_no_change_is_tried_is_reported_and_keeps_the_score_below_100() {
    for (content_type, body) in [
        ("application/xml", r#"<order xmlns="urn:orders"><id>1</id></order>"#),
        ("text/xml", "<order>a &amp; b</order>"),
        ("application/soap+xml", "<order><![CDATA[a]]></order>"),
        ("application/octet-stream", "abc"),
    ] {
        let interaction = answering_text(content_type, body, json!({}));
        let mutation = mutated(pact(&interaction)).await;
        let one = &mutation.pairs[0];
        assert_eq!(one.unmutated.len(), 1, "{one:?}");
        assert_eq!(one.killed, one.mutants, "{one:?}");
        assert!(
            !one.reaches(100) && one.reaches(99) && one.score() == "99.9 %",
            "{one:?}"
        );
        let text = report::strength_text(std::slice::from_ref(&mutation));
        let words = format!("in which no change was tried\n  {content_type}\n    in 'get an order'\n");
        assert!(text.contains(&words), "{text}");
        let page = report::html(&[], std::slice::from_ref(&mutation));
        assert!(page.contains(content_type) && page.contains("not tried"), "{page}");
        let value = report::strength_json(&[mutation]);
        assert_eq!(value["mutations"][0]["pairs"][0]["score"], 99.9);
        assert_eq!(
            value["mutations"][0]["pairs"][0]["unmutated"][0]["content_type"],
            content_type
        );
    }
}

#[tokio::test]
async fn a_header_with_several_values_is_changed_line_by_line() {
    let mut reply = answering(&json!({}), &json!({}));
    reply["response"]["headers"]["X-Response"] = json!(["one", "two"]);
    reply["response"]["headers"]["Vary"] = json!(["Accept", "Origin"]);

    let strength = strength(&reply).await;

    assert_eq!(named(&strength.survivors), []);
    let pact = pact(&reply);
    let subject = Subject::load(&pact, &pact.document.interactions()[0]).unwrap();
    let of_header = |name: &str| {
        let mutants = subject.mutants().into_iter();
        mutants.filter(|mutant| mutant.path == name).count()
    };
    assert_eq!((of_header("X-Response"), of_header("Vary")), (4, 2));
}
