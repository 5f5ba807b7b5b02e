//! Scenario files that are not right are refused, with what to do.

use std::path::Path;

use simulator::scenario::Scenario;

/// The refusal of the shop's scenario with one thing replaced; where it is said to stand must be where it stands.
pub(crate) fn refusal(original: &str, replacement: &str) -> String {
    let text = super::SHOP.replacen(original, replacement, 1);
    assert_ne!(text, super::SHOP, "{original:?} is in the file");
    match Scenario::parse(&text, Path::new("shop.toml")) {
        Ok(_) => panic!("{replacement:?} was taken"),
        Err(error) => error.to_string(),
    }
}

pub(crate) fn assert_says(refusal: &str, parts: &[&str]) {
    for part in parts {
        assert!(refusal.contains(part), "{part:?} is not in: {refusal}");
    }
}

#[test]
fn an_unknown_key_is_named_with_its_line_and_the_keys_known() {
    assert_says(
        &refusal("count = 20", "cuont = 20"),
        &["shop.toml", "line 7", "`cuont`", "`count`", "`concurrency`"],
    );
}

#[test]
fn an_unknown_key_of_a_step_is_named_with_the_keys_known() {
    assert_says(
        &refusal("expect = [201]", "expects = [201]"),
        &["`expects`", "`expect`", "`until`"],
    );
}

#[test]
fn a_wrong_type_is_named() {
    assert_says(
        &refusal("count = 20", "count = \"many\""),
        &["line 7", "invalid type: string \"many\""],
    );
}

#[test]
fn an_unknown_kind_of_fault_is_refused_with_the_kinds_known() {
    assert_says(
        &refusal("kind = \"kill\"", "kind = \"tickle\""),
        &["`tickle`", "`kill`"],
    );
}

#[test]
fn a_fault_at_no_moment_of_the_run_is_refused() {
    assert_says(
        &refusal("at = 0.5", "at = 1.5"),
        &["at is 1.5", "from 0 to 1", "\"random\""],
    );
    assert_says(&refusal("at = 0.5", "at = \"noon\""), &["at is \"noon\"", "\"random\""]);
}

#[test]
fn a_fault_without_a_target_is_refused() {
    assert_says(
        &refusal("node = \"bank\"\nat", "at"),
        &["[[fault]] \"fault 1\": it needs one of node and any_of"],
    );
}

#[test]
fn limits_that_limit_nothing_are_refused() {
    for (table, parts) in [
        (
            "[[stop]]\nerrors_above = 1.0",
            ["[[stop]]", "errors_above = 1", "below 1"],
        ),
        (
            "[[stop]]\nfailed_journeys = 0",
            ["[[stop]]", "failed_journeys, 1 or more", "errors_above"],
        ),
        (
            "[[stop]]",
            ["shop.toml:1", "needs one of failed_journeys", "after_requests"],
        ),
        (
            "[steady]\njourneys = 20",
            ["[steady]", "20 of 20 journeys", "wanted fewer"],
        ),
        (
            "[steady]\nfor = \"long\"",
            ["line 17", "`long` is no duration", "such as"],
        ),
        ("[limits]\ntotal = 5", ["line 17", "5 is no duration", "250ms"]),
        ("[limits]\nall = \"5s\"", ["line 17", "`all`", "`total`"]),
    ] {
        assert_says(&refusal("[converge]", &format!("{table}\n[converge]")), &parts);
    }
    assert_says(
        &refusal("concurrency = 4", "concurrency = 4\nrate = 0.0"),
        &["[workload]", "rate of 0", "more than 0"],
    );
}

#[test]
fn a_name_that_nothing_has_is_refused_with_its_line_and_the_names_known() {
    let refusal = refusal("path = \"/thanks/${order_id}\"", "path = \"/thanks/${ordre_id}\"");

    assert_says(
        &refusal,
        &[
            "shop.toml:60",
            "step \"say thanks\"",
            "\"ordre_id\"",
            "order_id",
            "amount",
        ],
    );
}

#[test]
fn a_step_cannot_use_what_a_later_step_saves() {
    assert_says(
        &refusal("path = \"/orders\"", "path = \"/orders/${status}\""),
        &["step \"order\"", "\"status\"", "known:"],
    );
}

#[test]
fn a_choice_cannot_use_a_later_choice() {
    assert_says(
        &refusal("value = \"good\"", "value = \"${order}\""),
        &["choice \"card\"", "\"order\""],
    );
}

#[test]
fn a_choice_of_nothing_is_refused() {
    assert_says(
        &refusal("between = [1, 100]", "between = [9, 1]"),
        &["choice \"amount\"", "between 9 and 1"],
    );
    assert_says(
        &refusal("between = [1, 100]", ""),
        &["choice \"amount\" needs one of one_of and between"],
    );
    assert_says(
        &refusal("weight = 3 }, { value = \"bad\" }", "weight = 0 }"),
        &["choice \"card\"", "weights"],
    );
}

#[test]
fn a_list_that_is_not_there_is_refused_with_the_lists_known() {
    assert_says(
        &refusal("for_each = \"product\"", "for_each = \"prodcut\""),
        &["\"prodcut\"", "lists: product"],
    );
}

#[test]
fn a_pointer_that_is_none_is_refused() {
    assert_says(
        &refusal("\"/id\" }", "\"id\" }"),
        &["step \"order\"", "\"id\" is not a JSON pointer"],
    );
}

#[test]
fn a_table_name_that_sql_could_not_take_is_refused() {
    assert_says(
        &refusal("table = \"charges\"", "table = \"charges; --\""),
        &["table \"charges; --\"", "lower-case"],
    );
}

#[test]
fn two_tables_of_one_name_are_refused() {
    assert_says(
        &refusal("table = \"charges\"", "table = \"product\""),
        &["\"product\" has the name of another"],
    );
    assert_says(
        &refusal("table = \"charges\"", "table = \"journey\""),
        &["\"journey\" has the name of another"],
    );
    for own in ["faults", "links"] {
        assert_says(
            &refusal("table = \"charges\"", &format!("table = \"{own}\"")),
            &[own, "has the name of another"],
        );
    }
}

#[test]
fn a_scenario_that_could_prove_nothing_is_refused() {
    let (before, _) = super::SHOP
        .split_once("[[invariant]]")
        .expect("the file has invariants");

    let refusal = Scenario::parse(before, Path::new("shop.toml"))
        .expect_err("nothing to prove")
        .to_string();

    assert_says(&refusal, &["no [[invariant]]"]);
}

#[test]
fn a_workload_of_nothing_is_refused() {
    assert_says(&refusal("count = 20", "count = 0"), &["[workload]", "wanted 1 or more"]);
}

#[test]
fn a_scenario_that_is_not_there_is_refused_with_those_that_are() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("scenarios")).expect("a folder in it");
    std::fs::write(folder.path().join("scenarios/shop.toml"), super::SHOP).expect("a scenario in it");

    let refusal = Scenario::load("shpo", folder.path())
        .expect_err("no such scenario")
        .to_string();

    assert_says(&refusal, &["shpo", "shop", "scenarios"]);
    assert!(Scenario::load("shop", folder.path()).is_ok());
}
