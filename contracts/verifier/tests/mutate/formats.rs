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
    let exact = form(json!({}));
    let all = bodies(&exact);
    let has = |operator, path: &str, body: &str| all.contains(&(operator, path.to_owned(), body.to_owned()));
    assert!(has(Operator::Dropped, "$", ""), "{all:?}");
    assert!(has(Operator::Dropped, "$.id", "note=a+b"), "{all:?}");
    assert!(has(Operator::Renamed, "$.note", "id=7&note_=a+b"), "{all:?}");
    assert!(has(Operator::OutOfRange, "$.id", "id=1&note=a+b"), "{all:?}");
    assert!(is_whole(&strength(&exact).await));

    let digits = form(json!({ "$.id": rule(json!({ "match": "regex", "regex": "^[0-9]$" })) }));
    let all = bodies(&digits);
    let has = |operator, path: &str, body: &str| all.contains(&(operator, path.to_owned(), body.to_owned()));
    assert!(has(Operator::InRange, "$.id", "id=1&note=a+b"), "{all:?}");
    assert!(has(Operator::OutOfRange, "$.id", "id=7x&note=a+b"), "{all:?}");
    assert!(is_whole(&strength(&digits).await));
}

#[tokio::test]
async fn a_body_in_which_no_change_is_tried_is_reported_and_keeps_the_score_below_100() {
    let under_type = json!({ "$": rule(json!({ "match": "type" })) });
    for (content_type, body, rules) in [
        ("application/xml", "<order><id>1</id></order>", under_type),
        ("text/xml", "<order/>", json!({})),
        ("application/octet-stream", "abc", json!({})),
    ] {
        let interaction = answering_text(content_type, body, rules);
        let mutation = mutated(pact(&interaction)).await;
        let one = &mutation.pairs[0];
        assert_eq!(one.unmutated.len(), 1, "{one:?}");
        assert_eq!(one.killed, one.mutants, "{one:?}");
        assert!(
            !one.reaches(100) && one.reaches(99) && one.score() == "99.9 %",
            "{one:?}"
        );
        let text = report::strength_text(std::slice::from_ref(&mutation));
        let words = format!(
            "\nbodies that shop expects of orders, in which no change was tried\n  {content_type}\n    in 'get an order'\n"
        );
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
