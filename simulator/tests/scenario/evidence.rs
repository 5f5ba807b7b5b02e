//! What an invariant examines is what the nodes said, with its types; or it says that it examined nothing.

use std::path::Path;

use simulator::scenario::{Report, Scenario, Verdict};

use crate::{
    SHOP, run_on,
    shop::{Defect, Shop},
};

/// The report of a sound shop on its scenario with another text in place of one.
async fn report_with(find: &str, replace: &str) -> Report {
    let text = SHOP.replacen(find, replace, 1);
    assert_ne!(text, SHOP, "{find:?} is in the file");
    let scenario = Scenario::parse(&text, Path::new("shop.toml")).expect("the scenario is right");
    run_on(&Shop::with(Defect::None), &scenario, 1).await.0
}

#[tokio::test]
async fn a_run_on_data_that_has_seen_its_keys_proves_nothing() {
    let seen = run_on(&Shop::with(Defect::HasSeenItAll), &super::scenario(), 1).await.0;
    assert_eq!(seen.verdict, Verdict::Inconclusive);
    let reason = seen.nothing_new.unwrap_or_default();
    assert!(
        reason.contains("all 20 idempotency keys") && reason.contains("--seed"),
        "{reason}"
    );

    // Repeats within a run are nothing of the kind.
    let repeated = run_on(&Shop::with(Defect::LosesAnswers), &super::scenario(), 1).await.0;
    assert_eq!((repeated.verdict, repeated.nothing_new), (Verdict::Pass, None));
}

const COLUMNS: &str = r#"columns = { id = "/id", status = "/status", amount = "/amount" }"#;

fn verdict(report: &Report, name: &str) -> Verdict {
    let found = report.invariants.iter().find(|invariant| invariant.name == name);
    found.expect("the invariant is in the report").verdict
}

#[tokio::test]
async fn a_column_that_is_one_variable_has_its_type_and_compares_with_what_a_node_says() {
    let columns = r#"columns = { id = "/id", status = "/status", amount = "/amount", drawn = "${amount}" }

[[invariant]]
name = "each order is for the amount that was drawn"
violations = "SELECT id, drawn, amount FROM orders WHERE drawn != amount"
checked = "SELECT count(*) FROM orders WHERE drawn = amount AND typeof(drawn) = 'integer'"
"#;

    let report = report_with(COLUMNS, columns).await;

    assert_eq!(
        verdict(&report, "each order is for the amount that was drawn"),
        Verdict::Pass,
        "{report:?}"
    );
    assert_eq!(report.verdict, Verdict::Pass);
}

#[tokio::test]
async fn a_column_of_texts_and_numbers_is_refused_by_name_and_what_names_its_table_is_inconclusive() {
    let columns = r#"columns = { id = "/id", status = "/status", amount = "/amount", mixed = "${order.mixed}" }"#;
    let (order, mixed) = (r#"value = { amount"#, r#"value = { mixed = "${mixed}", amount"#);
    let choice = r#"[[choose]]
name = "mixed"
one_of = [{ value = 9 }, { value = "9" }]

[[choose]]
name = "order""#;
    let text = SHOP.replacen(COLUMNS, columns, 1).replacen(order, mixed, 1).replacen(
        "[[choose]]\nname = \"order\"",
        choice,
        1,
    );
    let scenario = Scenario::parse(&text, Path::new("shop.toml")).expect("the scenario is right");

    let (report, _) = run_on(&Shop::with(Defect::None), &scenario, 1).await;

    let said = &report
        .unsettled
        .iter()
        .find(|one| one.name == "table orders could be collected")
        .unwrap()
        .reason;
    assert!(
        said.contains(r#"column mixed holds texts, such as "9", and numbers, such as 9"#),
        "{said}"
    );
    assert_eq!(
        verdict(&report, "each paid order is charged once, in full"),
        Verdict::Inconclusive
    );
    assert_eq!(report.verdict, Verdict::Fail);
}

#[tokio::test]
async fn an_invariant_over_a_table_that_could_not_be_collected_is_inconclusive_and_the_others_are_judged() {
    let report = report_with(r#"rows = "/items""#, r#"rows = "/nowhere""#).await;

    assert_eq!(
        verdict(&report, "each paid order is charged once, in full"),
        Verdict::Inconclusive
    );
    assert_eq!(verdict(&report, "bad cards are refused"), Verdict::Pass);
    assert_eq!(report.verdict, Verdict::Fail);
    assert!(
        report
            .unsettled
            .iter()
            .any(|one| one.name == "table charges could be collected"),
        "{report:?}"
    );
}

#[tokio::test]
async fn an_invariant_may_ask_for_the_faults_as_they_went_and_for_what_passed_the_links() {
    let fault = "[[fault]]\nkind = \"kill\"";
    let more = r#"[[fault]]
name = "slow"
link = "shop -> bank"
does = { latency = { delay = "1ms" } }
at = 0.2
lasts = "5ms"

[[invariant]]
name = "the link met seven, and the node's fault none"
violations = "SELECT name FROM faults WHERE (name = 'slow') != (link IS 'shop -> bank' AND met = 7 AND fired = 7)"
checked = "SELECT count(*) FROM faults WHERE healed_ms >= at_ms + 5"

[[invariant]]
name = "nine requests passed"
violations = "SELECT link FROM links WHERE requests != 9 OR connections != 2 OR link != 'outside -> bank'"
checked = "SELECT count(*) FROM links"

[[fault]]
kind = "kill""#;

    let report = report_with(fault, more).await;

    let checked = |name| {
        report
            .invariants
            .iter()
            .find(|it| it.name == name)
            .map(|it| (it.verdict, it.checked))
    };
    let faults = checked("the link met seven, and the node's fault none");
    assert_eq!(faults, Some((Verdict::Pass, 2)), "{report:#?}");
    assert_eq!(checked("nine requests passed"), Some((Verdict::Pass, 1)));
}
