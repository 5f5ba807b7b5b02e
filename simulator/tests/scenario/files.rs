//! Scenario files that are not right are refused, with what to do.

use std::path::Path;

use simulator::scenario::Scenario;

/// The refusal of the shop's scenario with one thing replaced; where it is said to stand must be where it stands.
fn refusal(original: &str, replacement: &str) -> String {
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
        &["[[fault]] needs one of node and any_of"],
    );
}

#[test]
fn a_fault_that_contradicts_itself_is_refused_with_its_line_and_what_to_do() {
    let whole = "kind = \"kill\"\nnode = \"bank\"\nat = 0.5\nlasts = [\"5ms\", \"10ms\"]";
    let link = "link = \"shop -> bank\"\nat = 0.5\n";
    let slow = "does = { latency = { delay = \"1ms\" } }\n";
    for (fault, parts) in [
        (
            "at = 0.5".to_owned(),
            ["shop.toml:67", "it needs one of kind", "link (with does)"],
        ),
        (
            link.to_owned(),
            ["shop.toml:67", "a link needs an effect", "does = { latency"],
        ),
        (
            format!("{link}{slow}node = \"bank\""),
            ["shop.toml:67", "\"fault 1\"", "link stands alone"],
        ),
        (
            format!("{link}{slow}on = {{ for = \"1s\" }}"),
            ["\"fault 1\"", "on.for", "give lasts"],
        ),
        (
            format!("{link}does = {{ latency = {{ delay = \"1\" }} }}"),
            ["line 69", "`1` is no duration", "such as `250ms`"],
        ),
        (
            format!("{link}does = {{ latency = {{ dealy = \"1s\" }} }}"),
            ["line 69", "`dealy`", "`delay`"],
        ),
        (
            format!("{link}does = {{ slowness = {{}} }}"),
            ["line 69", "`slowness`", "`latency`"],
        ),
        (
            format!("{link}does = {{ latency = {{ delay = \"2h\" }} }}"),
            ["does.latency.delay", "2h", "at most 1h"],
        ),
        (
            format!("{link}{slow}on = {{ conections = \"all\" }}"),
            ["line 70", "`conections`", "`connections`"],
        ),
        (
            link.replace("->", "to") + slow,
            ["shop.toml:67", "has no caller", "\"orders -> payments\""],
        ),
        (
            "partition = [\"a\", \"a\"]\nat = 0.5".to_owned(),
            ["shop.toml:67", "between two nodes", "orders"],
        ),
        (
            "partition = [\"a\"]\nat = 0.5".to_owned(),
            ["line 67", "partition", "2"],
        ),
        (whole.replace("\"kill\"", "\"link\""), ["line 67", "`link`", "`pause`"]),
        (
            whole.replace("\"kill\"", "\"restart\""),
            ["\"fault 1\"", "no lasts", "`stop`"],
        ),
        (
            whole.replace("\"5ms\"", "\"5min\""),
            ["line 70", "`5min` is no duration", "ms"],
        ),
        (
            whole.replace("\"5ms\"", "\"5s\""),
            ["line 70", "lasts goes from", "upwards"],
        ),
        (whole.replace("\"5ms\"", "5"), ["line 70", "5 is no duration", "250ms"]),
        (
            whole.replace("0.5", "{ journey = 0 }"),
            ["line 69", "at.journey is 0", "from 1"],
        ),
        (
            whole.replace("0.5", "{ journey = 21 }"),
            ["\"fault 1\"", "at.journey is 21", "20 journeys"],
        ),
        (
            whole.replace("0.5", "{ when = 1 }"),
            ["line 69", "\"when\"", "{ journey = 50 }"],
        ),
        (
            whole.replace("0.5", "{ fault = \"x\" }"),
            ["no fault is called \"x\"", "known:", "fault 1"],
        ),
        (
            whole.replace("0.5", "{ fault = \"fault 1\" }"),
            ["\"fault 1\"", "waits for itself", "67"],
        ),
        (
            format!("{whole}\nevery = \"1s\""),
            ["every and times belong together", "times = 3", "67"],
        ),
        (
            format!("{whole}\nevery = \"1s\"\ntimes = 0"),
            ["times is 0", "1 to 1000", "67"],
        ),
        (
            format!("{whole}\nname = \"x\"\n[[fault]]\nname = \"x\"\n{whole}"),
            ["shop.toml:74", "the name \"x\"", "another"],
        ),
        (
            format!("{whole}\nheal_after_ms = [1, 2]"),
            ["line 71", "`heal_after_ms`", "`lasts`"],
        ),
    ] {
        assert_says(&refusal(whole, &fault), &parts);
    }
}

#[test]
fn an_invariant_that_is_two_things_or_none_is_refused() {
    for (invariant, parts) in [
        ("", ["\"x\"", "needs one of violations", "probe"]),
        ("violations = 'SELECT 1'", ["\"x\"", "needs both", "checked"]),
        (
            "violations = 'SELECT 1'\ncommand = ['a']",
            ["\"x\"", "command", "an invariant of their own"],
        ),
        ("command = []", ["\"x\"", "command is empty", "a program"]),
        (
            "command = ['a']\nevery = '1s'",
            ["\"x\"", "every goes with", "throughout"],
        ),
        (
            "command = ['a']\nwhen = 'sometimes'",
            ["line 112", "`sometimes`", "`throughout`"],
        ),
        ("errors = { below = 0 }", ["\"x\"", "errors.below is 0", "above 0"]),
        (
            "errors = { below = 0.1, step = 'ordre' }",
            ["\"x\"", "no step \"ordre\"", "order, follow, say thanks"],
        ),
        (
            "latency = { percentile = 101, below = '1s' }",
            ["\"x\"", "percentile is 101", "at most 100"],
        ),
        (
            "latency = { percentile = 9, below = '1s' }\nwhen = 'once'",
            ["\"x\"", "look back", "probe and command"],
        ),
        (
            "log = { node = 'shop' }",
            ["\"x\"", "one of must and must_not", "regular"],
        ),
        ("log = { node = 'shop', must = '(' }", ["\"x\"", "regex", "("]),
        (
            "probe = { node = 'shop', path = 'x' }",
            ["\"x\"", "probe.path is \"x\"", "from /"],
        ),
        (
            "probe = { node = 'shop', path = '/${key}' }",
            ["\"x\"", "\"key\"", "run, seed"],
        ),
        (
            "probe = { node = 'shop', path = '/', pointer = '/a' }",
            ["\"x\"", "belong together", "one_of"],
        ),
    ] {
        let text = format!("{}\n[[invariant]]\nname = 'x'\n{invariant}\n", super::SHOP);
        let refused = Scenario::parse(&text, Path::new("shop.toml")).expect_err(invariant);
        assert_says(&refused.to_string(), &parts);
    }
    for (workload, parts) in [
        ("command = ['a']", ["[workload]", "or a command alone"]),
        ("rate = 3", ["[workload]", "or a command alone"]),
    ] {
        let found = if workload.starts_with('c') {
            "count = 20"
        } else {
            "count = 20\nconcurrency = 4"
        };
        assert_says(&refusal(found, workload), &parts);
    }
    let whole = "count = 20\nconcurrency = 4\npatience_ms = 1000\nanswer_within_ms = 200";
    assert_says(&refusal(whole, "command = ['a']"), &["is a command", "[[step]]"]);
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
