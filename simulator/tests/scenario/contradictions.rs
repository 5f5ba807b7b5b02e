//! Faults and invariants that contradict themselves are refused, with their line and what to do.

use std::path::Path;

use simulator::scenario::Scenario;

use super::{
    SHOP,
    files::{assert_says, refusal},
};

/// The fault of the shop's scenario.
const FAULT: &str = "kind = \"kill\"\nnode = \"bank\"\nat = 0.5\nlasts = [\"5ms\", \"10ms\"]";

#[test]
fn a_fault_of_links_that_contradicts_itself_is_refused_with_its_line_and_what_to_do() {
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
    ] {
        assert_says(&refusal(FAULT, &fault), &parts);
    }
}

#[test]
fn a_crash_is_at_a_point_of_one_node() {
    let crash = FAULT.replace("\"kill\"", "\"crash\"");
    for (fault, parts) in [
        (crash.clone(), ["shop.toml:67", "point is \"\"", "--fail-points"]),
        (
            format!("{crash}\npoint = \"a:2\""),
            ["shop.toml:67", "point is \"a:2\"", "wanted a point"],
        ),
        (
            format!("{crash}\npoint = \"a\"\nnth = 0"),
            ["\"fault 1\"", "nth is 0", "from 1"],
        ),
        (
            format!("{FAULT}\npoint = \"a\""),
            ["\"fault 1\"", "point and nth belong to", "kind = \"crash\""],
        ),
        (
            format!("{FAULT}\nnth = 2"),
            ["\"fault 1\"", "point and nth belong to", "kind = \"crash\""],
        ),
        (
            crash.replace("node = \"bank\"", "any_of = [\"bank\"]\npoint = \"a\""),
            ["\"fault 1\"", "one program", "in place of any_of"],
        ),
        (
            "link = \"shop -> bank\"\ndoes = { refuse = {} }\npoint = \"a\"\nat = 0.5".to_owned(),
            ["shop.toml:67", "point and nth belong to", "kind = \"crash\""],
        ),
    ] {
        assert_says(&refusal(FAULT, &fault), &parts);
    }
}

#[test]
fn a_fault_of_a_node_that_contradicts_itself_is_refused_with_its_line_and_what_to_do() {
    for (fault, parts) in [
        (FAULT.replace("\"kill\"", "\"link\""), ["line 67", "`link`", "`pause`"]),
        (
            FAULT.replace("\"kill\"", "\"restart\""),
            ["\"fault 1\"", "no lasts", "`stop`"],
        ),
        (
            FAULT.replace("\"5ms\"", "\"5min\""),
            ["line 70", "`5min` is no duration", "ms"],
        ),
        (
            FAULT.replace("\"5ms\"", "\"5s\""),
            ["line 70", "lasts goes from", "upwards"],
        ),
        (FAULT.replace("\"5ms\"", "5"), ["line 70", "5 is no duration", "250ms"]),
        (
            FAULT.replace("0.5", "{ journey = 0 }"),
            ["line 69", "at.journey is 0", "from 1"],
        ),
        (
            FAULT.replace("0.5", "{ journey = 21 }"),
            ["\"fault 1\"", "at.journey is 21", "20 journeys"],
        ),
        (
            FAULT.replace("0.5", "{ when = 1 }"),
            ["line 69", "\"when\"", "{ journey = 50 }"],
        ),
        (
            FAULT.replace("0.5", "{ fault = \"x\" }"),
            ["no fault is called \"x\"", "known:", "fault 1"],
        ),
        (
            FAULT.replace("0.5", "{ fault = \"fault 1\" }"),
            ["\"fault 1\"", "waits for itself", "67"],
        ),
        (
            format!("{FAULT}\nevery = \"1s\""),
            ["every and times belong together", "times = 3", "67"],
        ),
        (
            format!("{FAULT}\nevery = \"1s\"\ntimes = 0"),
            ["times is 0", "1 to 1000", "67"],
        ),
        (
            format!("{FAULT}\nname = \"x\"\n[[fault]]\nname = \"x\"\n{FAULT}"),
            ["shop.toml:74", "the name \"x\"", "another"],
        ),
        (
            format!("{FAULT}\nheal_after_ms = [1, 2]"),
            ["line 71", "`heal_after_ms`", "`lasts`"],
        ),
    ] {
        assert_says(&refusal(FAULT, &fault), &parts);
    }
}

fn refused_invariant(invariant: &str, parts: &[&str]) {
    let text = format!("{SHOP}\n[[invariant]]\nname = 'x'\n{invariant}\n");
    let refused = Scenario::parse(&text, Path::new("shop.toml")).expect_err(invariant);
    assert_says(&refused.to_string(), parts);
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
            "errors = { below = 0.1 }\nduring = 'converge'",
            ["line 112", "during is \"converge\"", "{ healed = \"name\" }"],
        ),
        (
            "errors = { below = 0.1 }\nduring = { fault = 'fault 1', after = '1s' }",
            ["line 112", "wanted \"steady\"", "the last with or without"],
        ),
        (
            "errors = { below = 0.1 }\nduring = { healed = 'x' }",
            ["\"x\"", "no fault is called \"x\"", "known: fault 1"],
        ),
        (
            "command = ['a']\nduring = 'steady'",
            ["\"x\"", "during is for latency, errors and log", "the moment at which"],
        ),
        (
            "violations = ''\nchecked = ''\nduring = 'steady'",
            ["\"x\"", "during", "an invariant of their own"],
        ),
        (
            "log = { node = 'shop' }",
            ["\"x\"", "one of must and must_not", "regular"],
        ),
        ("log = { node = 'shop', must = '(' }", ["\"x\"", "regex", "("]),
    ] {
        refused_invariant(invariant, &parts);
    }
}

#[test]
fn a_probe_that_asks_nothing_that_is_there_is_refused() {
    for (invariant, parts) in [
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
        refused_invariant(invariant, &parts);
    }
}

#[test]
fn a_command_as_the_workload_that_has_journeys_too_is_refused() {
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
