//! Scenarios that include files: what belongs to them, and what is refused with which place.

use simulator::scenario::Scenario;

use crate::files::assert_says;

/// The result of reading a scenario that includes files, by name and content.
fn including(own: &str, files: &[(&str, &str)]) -> Result<Scenario, String> {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).expect("a file in it");
    }
    Scenario::parse(own, &folder.path().join("own.toml")).map_err(|error| error.to_string())
}

/// A scenario of one step and these lines.
fn small(lines: &str) -> String {
    format!("name = \"small\"\nabout = \"a\"\ntopology = \"none\"\n{lines}\n[workload]\ncount = 1\nconcurrency = 1\n")
}

const STEP: &str = "[[step]]\nname = \"look\"\nnode = \"shop\"\npath = \"/\"\n";

fn claim(name: &str, violations: &str) -> String {
    format!("[[invariant]]\nname = \"{name}\"\nviolations = \"{violations}\"\nchecked = \"SELECT 1\"\n")
}

#[test]
fn what_a_scenario_includes_belongs_to_it_and_its_own_entries_take_the_place_of_those_of_the_same_name() {
    let first = format!("{STEP}{}{}", claim("a", "SELECT 1"), claim("b", "SELECT 2"));
    let second = claim("c", "SELECT 3");
    let own = small("include = [\"first.toml\", \"second.toml\"]");
    let own = format!("{own}{}{}", claim("d", "SELECT 4"), claim("b", "SELECT 5"));

    let scenario = including(&own, &[("first.toml", &first), ("second.toml", &second)]).expect("it is right");

    let claims = scenario.invariants.iter();
    let claims: Vec<(&str, &str)> = claims.map(|it| (it.name.as_str(), it.violations.as_str())).collect();
    let wanted = [
        ("a", "SELECT 1"),
        ("b", "SELECT 5"),
        ("c", "SELECT 3"),
        ("d", "SELECT 4"),
    ];
    assert_eq!(claims, wanted);
}

#[test]
fn a_mistake_in_an_included_file_is_said_with_its_own_line() {
    let own = format!("{}{}", small("include = [\"part.toml\"]"), claim("a", "SELECT 1"));
    let of = |part: &str| including(&own, &[("part.toml", part)]).expect_err("a mistake");

    let unknown = of(&format!("\n{STEP}until_ever = 1\n"));
    let nameless = of(&format!(
        "\n\n{STEP}[[step]]\nname = \"go\"\nnode = \"shop\"\npath = \"/${{id}}\"\n"
    ));
    let twice = of(&format!("{STEP}{STEP}"));

    assert_says(&unknown, &["part.toml", "line 6", "until_ever"]);
    assert_says(&nameless, &["part.toml:8:", "nothing is called \"id\""]);
    assert_says(&twice, &["part.toml:6:", "another step has this name"]);
    assert_says(&of("[workload]\ncount = 1\n"), &["part.toml", "workload", "step"]);
}

#[test]
fn two_entries_of_one_name_are_refused_though_one_takes_the_place_of_an_included_one() {
    let own = small("include = [\"part.toml\"]");
    let own = format!("{own}{STEP}{STEP}{}", claim("a", "SELECT 1"));

    let refusal = including(&own, &[("part.toml", STEP)]).expect_err("two steps");

    assert_says(&refusal, &["own.toml:13:", "another step has this name"]);
}

#[test]
fn a_file_that_can_not_be_included_is_named_with_what_is_wanted() {
    let of = |include: &str| including(&small(include), &[("part.toml", STEP)]).expect_err("no such file");

    let missing = of("include = [\"prat.toml\"]");
    let twice = of("include = [\"part.toml\", \"part.toml\"]");
    let named = small("include = [\"prat.toml\"]").replace("about = \"a\"", "about = \"to include\"");
    let named = including(&named, &[]).expect_err("no such file");

    assert_says(
        &missing,
        &["own.toml:4:", "\"prat.toml\"", "from the folder of this file"],
    );
    assert_says(&twice, &["own.toml:4:", "\"part.toml\"", "each file once"]);
    assert_says(&named, &["own.toml:4:", "\"prat.toml\""]);
}
