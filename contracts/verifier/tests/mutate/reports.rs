use serde_json::json;
use verifier::report;

use super::support::{answering, mutated, pact, rule};

fn weak() -> serde_json::Value {
    let rules = json!({ "$.total": rule(json!({ "match": "type" })) });
    answering(&json!({ "total": 3 }), &rules)
}

#[tokio::test]
async fn the_report_has_a_table_and_then_what_is_unprotected() {
    let mutation = mutated(pact(&weak())).await;
    let strength = &mutation.pairs[0];
    let (mutants, killed, score) = (strength.mutants, strength.killed, strength.score());

    let text = report::strength_text(std::slice::from_ref(&mutation));

    let row = format!(
        "shop      orders    {mutants:7}  {killed:6}  {score:>7}  {:9}",
        strength.permitted
    );
    let wanted = format!(
        "consumer  provider  mutants  killed    score  permitted\n{row}\n\n\
        shop would not notice that orders changes\n  body $.total: decimal\n    in 'get an order'\n"
    );
    assert_eq!(text, wanted);
}

#[tokio::test]
async fn a_score_is_rounded_down_so_that_only_a_whole_one_reads_100() {
    let mut strength = mutated(pact(&weak())).await.pairs.remove(0);

    (strength.killed, strength.mutants) = (9_999, 10_000);
    assert_eq!(
        (strength.score().as_str(), strength.reaches(99), strength.reaches(100)),
        ("99.9 %", true, false)
    );
    (strength.killed, strength.mutants) = (0, 0);
    assert_eq!((strength.score().as_str(), strength.reaches(0)), ("-", false));
}

#[tokio::test]
async fn machines_read_the_score_in_percent_and_each_survivor() {
    let mutation = mutated(pact(&weak())).await;
    let percent = mutation.pairs[0].killed as f64 * 100.0 / mutation.pairs[0].mutants as f64;

    let value = report::strength_json(&[mutation]);

    let pair = &value["mutations"][0]["pairs"][0];
    let score = pair["score"].as_f64().unwrap();
    assert!(score <= percent && percent < score + 0.1, "{score} {percent}");
    assert_eq!(pair["survivors"][0]["operators"], json!(["decimal"]));
    assert_eq!(pair["survivors"][0]["field"], "$.total");
}

#[tokio::test]
async fn the_page_shows_the_score_and_escapes_what_it_names() {
    let mut interaction = weak();
    interaction["description"] = json!("get <an> order");
    let mutation = mutated(pact(&interaction)).await;
    let score = mutation.pairs[0].score();

    let page = report::html(&[], &[mutation]);

    assert!(
        page.contains(&score) && page.contains("$.total") && page.contains("get &lt;an&gt; order"),
        "{page}"
    );
    assert!(!page.contains("<an>"), "{page}");
}
